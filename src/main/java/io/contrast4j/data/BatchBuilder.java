package io.contrast4j.data;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A batch whose slots are filled by several threads, each slot by one. {@link #slotDone()}, {@link #complete()} and what comes
 * after are called under the lock of the owner.
 */
final class BatchBuilder {
    private final Canvas canvas;
    private final int[] indices;
    private final int[] labels;
    private final boolean[] filled;
    private final boolean mayBeEmpty;
    private final @Nullable Throwable[] failures;
    private int open;

    /**
     * @param indices the samples that belong in the slots
     * @param mayBeEmpty whether it is no error if none of them can be read
     */
    BatchBuilder(Canvas canvas, int[] indices, boolean mayBeEmpty) {
        this.canvas = canvas;
        this.mayBeEmpty = mayBeEmpty;
        this.indices = indices;
        this.labels = new int[indices.length];
        this.filled = new boolean[indices.length];
        this.failures = new Throwable[indices.length];
        this.open = indices.length;
    }

    int slots() {
        return indices.length;
    }

    int index(int slot) {
        return indices[slot];
    }

    /** Puts a sample into a slot; nothing if it is to be left out. */
    @FunctionalInterface
    interface Renderer {
        Optional<Sample> render(Canvas.Slot slot);
    }

    /** Fills a slot with a sample, which may be another than the one that belongs there. */
    void put(int slot, Renderer renderer) {
        renderer.render(canvas.slot(slot)).ifPresent(sample -> {
            indices[slot] = sample.index();
            labels[slot] = sample.label();
            filled[slot] = true;
        });
    }

    void fail(int slot, Throwable reason) {
        failures[slot] = reason;
    }

    void slotDone() {
        open--;
    }

    boolean complete() {
        return open == 0;
    }

    /** Whether {@link #finish()} will give pictures, and not fail. */
    boolean isSound() {
        return complete()
                && IntStream.range(0, slots()).anyMatch(slot -> filled[slot])
                && Arrays.stream(failures).allMatch(Objects::isNull);
    }

    /** Hands over the batch, without the slots that were left empty. */
    Batch finish() {
        for (Throwable failure : failures) {
            if (failure != null) {
                free();
                throw unchecked(failure);
            }
        }
        int[] kept = IntStream.range(0, slots()).filter(slot -> filled[slot]).toArray();
        if (kept.length == 0 && !mayBeEmpty) {
            throw new UserError(
                    UserError.FAILED,
                    "None of the " + slots() + " samples of a batch can be read; check the data set.");
        }
        try (Scope scope = Scope.open()) {
            Canvas.Pictures pictures = canvas.finish(kept);
            return new Batch(pictures.tensors(), pictures.rendering(), column(labels, kept), column(indices, kept));
        }
    }

    private static Tensor column(int[] values, int[] slots) {
        long[] chosen = Arrays.stream(slots).mapToLong(slot -> values[slot]).toArray();
        return Scope.keep(Tensors.of(chosen, chosen.length));
    }

    void free() {
        canvas.free();
    }

    private static RuntimeException unchecked(Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        return failure instanceof RuntimeException exception ? exception : new IllegalStateException(failure);
    }
}
