package io.contrast4j.random;

import java.util.random.RandomGenerator;

/** The beta distribution with two equal parameters, symmetric about ½: how much of each of two pictures a mixture has. */
public final class Beta {
    private Beta() {}

    /**
     * A draw from Beta(α, α), as G₁/(G₁ + G₂) of two draws from the gamma distribution with shape α.
     *
     * @param alpha above 0; 1 gives the uniform distribution on 0…1
     */
    public static double symmetric(double alpha, RandomGenerator rng) {
        if (alpha == 1) {
            return rng.nextDouble();
        }
        // In logarithms: for a small α both draws may be below the least positive number.
        double first = logGamma(alpha, rng);
        double second = logGamma(alpha, rng);
        return 1 / (1 + Math.exp(second - first));
    }

    /** The logarithm of a gamma draw: Marsaglia and Tsang, "A simple method for generating gamma variables" (2000). */
    private static double logGamma(double shape, RandomGenerator rng) {
        if (shape < 1) {
            return logGamma(shape + 1, rng) + Math.log(1 - rng.nextDouble()) / shape;
        }
        double d = shape - 1.0 / 3;
        double c = 1 / Math.sqrt(9 * d);
        while (true) {
            double x = rng.nextGaussian();
            double v = Math.pow(1 + c * x, 3);
            if (v > 0 && Math.log(1 - rng.nextDouble()) < x * x / 2 + d - d * v + d * Math.log(v)) {
                return Math.log(d * v);
            }
        }
    }
}
