package io.contrast4j.negatives;

import java.util.random.RandomGenerator;

/**
 * Draws from a discrete distribution in constant time by the alias method (Walker 1977, in the form of Vose 1991): pick
 * an outcome i uniformly, keep it with probability prob[i], else take alias[i].
 *
 * <p>For distributions that are not uniform; {@link Draws#keyed} is, and needs no table.
 *
 * <p>Single precision throughout, like the tables of the published memory banks.
 */
public final class AliasTable {
    /** Weights whose sum differs from 1 by no more than rounding are taken as they are. */
    private static final float NORMALISED = 1e-6f;

    private final float[] prob;
    private final int[] alias;

    /**
     * @param weights at least one, none negative, some positive; they need not sum to 1
     * @throws IllegalArgumentException otherwise
     */
    public AliasTable(float... weights) {
        float sum = 0;
        for (float weight : weights) {
            if (!(weight >= 0) || Float.isInfinite(weight)) {
                throw new IllegalArgumentException("a weight must be a finite number of at least 0, not " + weight);
            }
            sum += weight;
        }
        if (!(sum > 0) || Float.isInfinite(sum)) {
            throw new IllegalArgumentException("the weights must have a positive, finite sum, not " + sum);
        }
        int n = weights.length;
        float scale = Math.abs(sum - 1) <= NORMALISED ? 1 : sum;
        prob = new float[n];
        alias = new int[n];
        int[] small = new int[n];
        int[] large = new int[n];
        int smalls = 0;
        int larges = 0;
        for (int i = 0; i < n; i++) {
            prob[i] = n * (weights[i] / scale);
            if (prob[i] < 1) {
                small[smalls++] = i;
            } else {
                large[larges++] = i;
            }
        }
        while (smalls > 0 && larges > 0) {
            int s = small[--smalls];
            int g = large[--larges];
            alias[s] = g;
            prob[g] = (prob[g] - 1) + prob[s];
            if (prob[g] < 1) {
                small[smalls++] = g;
            } else {
                large[larges++] = g;
            }
        }
        // Only rounding keeps these from being exactly 1; an outcome without weight still must never come up.
        while (smalls > 0) {
            int s = small[--smalls];
            prob[s] = weights[s] > 0 ? 1 : 0;
            alias[s] = weights[s] > 0 ? s : heaviest(weights);
        }
        while (larges > 0) {
            prob[large[--larges]] = 1;
        }
    }

    private static int heaviest(float[] weights) {
        int best = 0;
        for (int i = 1; i < weights.length; i++) {
            best = weights[i] > weights[best] ? i : best;
        }
        return best;
    }

    /** Number of outcomes. */
    public int size() {
        return prob.length;
    }

    /** The next outcome, 0 … size−1. */
    public int draw(RandomGenerator random) {
        int i = random.nextInt(prob.length);
        return random.nextFloat() < prob[i] ? i : alias[i];
    }

    /** Probability of keeping each outcome once it is picked. */
    public float[] prob() {
        return prob.clone();
    }

    /** The outcome taken instead. */
    public int[] alias() {
        return alias.clone();
    }
}
