package io.contrast4j.data;

import io.contrast4j.spec.Problems;
import java.util.Arrays;

/**
 * How an epoch is cut into batches.
 *
 * @param size samples in a batch
 * @param last what becomes of the samples that do not fill a batch
 */
public record Batching(int size, Last last) {
    public Batching {
        new Problems().atLeast("size", size, 1).raise();
    }

    /** What becomes of the samples at the end of an epoch that do not fill a batch. */
    public enum Last {
        /** They are a smaller batch. */
        KEEP,
        /** They are left out of this epoch. */
        DROP
    }

    /** The number of batches that so many samples make. */
    public int count(int samples) {
        return last == Last.DROP ? samples / size : (int) (((long) samples + size - 1) / size);
    }

    int[] cut(int[] indices, int batch) {
        int start = batch * size;
        return Arrays.copyOfRange(indices, start, Math.min(start + size, indices.length));
    }
}
