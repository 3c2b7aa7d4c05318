package io.contrast4j.data;

import io.contrast4j.random.Beta;
import java.util.random.RandomGenerator;

/** The random choices of a mixture, so that recorded ones can take their place. */
public interface Chance {
    /** Uniform in 0…1: compared with a probability. */
    double unit();

    /** Uniform in low…high. */
    double uniform(double low, double high);

    /** Uniform among low … high − 1. */
    int integer(int low, int high);

    /** From Beta(α, α). */
    double beta(double alpha);

    /** A sample to mix with, uniform among 0 … samples − 1. */
    int partner(int samples);

    /** Choices drawn from a generator. */
    static Chance of(RandomGenerator rng) {
        return new Chance() {
            @Override
            public double unit() {
                return rng.nextDouble();
            }

            @Override
            public double uniform(double low, double high) {
                return low + (high - low) * rng.nextDouble();
            }

            @Override
            public int integer(int low, int high) {
                return low + rng.nextInt(high - low);
            }

            @Override
            public double beta(double alpha) {
                return Beta.symmetric(alpha, rng);
            }

            @Override
            public int partner(int samples) {
                return rng.nextInt(samples);
            }
        };
    }
}
