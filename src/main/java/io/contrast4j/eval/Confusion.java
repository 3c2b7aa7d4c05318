package io.contrast4j.eval;

import java.util.Arrays;

/**
 * Which classes are taken for which.
 *
 * @param counts right class → class it is taken for → pictures
 */
public record Confusion(long[][] counts) {
    /**
     * @param labels the right classes
     * @param predictions the classes that the same pictures are taken for
     */
    public static Confusion of(long[] labels, long[] predictions, int classes) {
        if (labels.length != predictions.length) {
            throw new IllegalArgumentException(labels.length + " labels, and predictions of " + predictions.length);
        }
        long[][] counts = new long[classes][classes];
        for (int i = 0; i < labels.length; i++) {
            counts[Math.toIntExact(labels[i])][Math.toIntExact(predictions[i])]++;
        }
        return new Confusion(counts);
    }

    /** The number of pictures of a class. */
    public long pictures(int label) {
        return Arrays.stream(counts[label]).sum();
    }

    /** How many of a class's pictures are taken for it, in percent; NaN if it has none. */
    public double accuracy(int label) {
        return 100.0 * counts[label][label] / pictures(label);
    }
}
