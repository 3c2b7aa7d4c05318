package io.contrast4j.metrics;

import java.util.ArrayList;
import java.util.List;

/**
 * How values are distributed: counts in buckets of equal width from the least to the greatest. What is no finite number is
 * left out.
 *
 * @param count of the values
 * @param sum of the values
 * @param squares sum of their squares
 * @param least of them; 0 if there are none
 * @param limits upper end of each bucket, the greatest value last
 * @param counts values in each bucket
 */
public record Histogram(
        long count, double sum, double squares, double least, List<Double> limits, List<Double> counts) {
    private static final int BUCKETS = 60;

    public Histogram {
        limits = List.copyOf(limits);
        counts = List.copyOf(counts);
    }

    public static Histogram of(float[] values) {
        long count = 0;
        double sum = 0;
        double squares = 0;
        double least = Double.POSITIVE_INFINITY;
        double greatest = Double.NEGATIVE_INFINITY;
        for (float value : values) {
            if (Float.isFinite(value)) {
                count++;
                sum += value;
                squares += (double) value * value;
                least = Math.min(least, value);
                greatest = Math.max(greatest, value);
            }
        }
        if (count == 0) {
            return new Histogram(0, 0, 0, 0, List.of(0.0), List.of(0.0));
        }
        double width = (greatest - least) / BUCKETS;
        if (width == 0) {
            return new Histogram(count, sum, squares, least, List.of(greatest), List.of((double) count));
        }
        double[] counts = new double[BUCKETS];
        for (float value : values) {
            if (Float.isFinite(value)) {
                counts[Math.min(BUCKETS - 1, (int) ((value - least) / width))]++;
            }
        }
        List<Double> limits = new ArrayList<>();
        List<Double> held = new ArrayList<>();
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            limits.add(bucket == BUCKETS - 1 ? greatest : least + width * (bucket + 1));
            held.add(counts[bucket]);
        }
        return new Histogram(count, sum, squares, least, limits, held);
    }

    /** The greatest value. */
    public double greatest() {
        return limits.get(limits.size() - 1);
    }
}
