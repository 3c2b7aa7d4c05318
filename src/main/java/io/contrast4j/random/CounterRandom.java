package io.contrast4j.random;

import java.util.random.RandomGenerator;

/**
 * A generator derived from a tuple of counters, such as (seed, epoch, sample, view).
 *
 * <p>SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014): number k of a
 * stream is {@code mix(key + k·γ)} with γ = 0x9E3779B97F4A7C15. The key is a hash of the tuple in which every element
 * passes through the full mixer, so that neighbouring tuples give unrelated streams. Not for cryptography.
 */
public final class CounterRandom implements RandomGenerator {
    private static final long GAMMA = 0x9E3779B97F4A7C15L;

    private long state;

    private CounterRandom(long key) {
        this.state = key;
    }

    /** The generator of these counters; the same counters always give the same numbers. */
    public static CounterRandom of(long... counters) {
        return new CounterRandom(key(counters));
    }

    /** A 64-bit hash of the counters: a seed for a generator that is not ours. */
    public static long key(long... counters) {
        long key = counters.length;
        for (long counter : counters) {
            key = mix((key ^ mix(counter + GAMMA)) + GAMMA);
        }
        return key;
    }

    @Override
    public long nextLong() {
        state += GAMMA;
        return mix(state);
    }

    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** A uniform permutation of 0 … n−1 (Fisher–Yates). */
    public int[] permutation(int n) {
        int[] order = new int[n];
        for (int i = 0; i < n; i++) {
            int j = nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }
}
