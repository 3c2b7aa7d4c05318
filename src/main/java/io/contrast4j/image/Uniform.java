package io.contrast4j.image;

import java.util.random.RandomGenerator;

/** The uniform distribution on an interval, which may be a single point. */
final class Uniform {
    private Uniform() {}

    static double between(double low, double high, RandomGenerator rng) {
        return low + (high - low) * rng.nextDouble();
    }
}
