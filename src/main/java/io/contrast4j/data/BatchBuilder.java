package io.contrast4j.data;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A batch whose slots are filled by several threads, each slot by one. Views are written straight into the memory of the
 * final tensors. {@link #slotDone()}, {@link #complete()} and what comes after are called under the lock of the owner.
 */
final class BatchBuilder {
    private final Views views;
    private final BatchMemory memory;
    private final TensorPool pool;
    private final int[] indices;
    private final int[] labels;
    private final boolean[] filled;
    private final boolean mayBeEmpty;
    private final @Nullable Throwable[] failures;
    private int open;
    private List<Tensor> tensors = List.of();

    /**
     * @param pool where tensors come from
     * @param indices the samples that belong in the slots
     * @param mayBeEmpty whether it is no error if none of them can be read
     */
    BatchBuilder(Views views, BatchMemory memory, TensorPool pool, int[] indices, boolean mayBeEmpty) {
        this.mayBeEmpty = mayBeEmpty;
        this.views = views;
        this.memory = memory;
        this.pool = pool;
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

    /** Renders a sample; nothing if it is to be left out. */
    @FunctionalInterface
    interface Renderer {
        Optional<Sample> render(Supplier<List<Mat>> targets);
    }

    /** Fills a slot with a sample, which may be another than the one that belongs there. */
    void put(int slot, Renderer renderer) {
        List<Mat> targets = new ArrayList<>();
        renderer.render(() -> {
                    tensors().forEach(tensor -> targets.add(memory.target(tensor, slot)));
                    return targets;
                })
                .ifPresent(sample -> {
                    for (int view = 0; view < targets.size(); view++) {
                        memory.store(targets.get(view), tensors().get(view), slot);
                    }
                    indices[slot] = sample.index();
                    labels[slot] = sample.label();
                    filled[slot] = true;
                });
    }

    /** Taken from the pool when the first sample is there, by a thread that can report a failure. */
    private synchronized List<Tensor> tensors() {
        if (tensors.isEmpty()) {
            List<Tensor> taken = new ArrayList<>();
            for (int view = 0; view < views.count(); view++) {
                taken.add(pool.take(slots(), views.channels(view), views.size(view), views.size(view)));
            }
            tensors = taken;
        }
        return tensors;
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
            tensors();
            if (kept.length < slots()) {
                leaveOut(Tensors.of(Arrays.stream(kept).asLongStream().toArray(), kept.length));
            }
            return new Batch(tensors, column(labels, kept), column(indices, kept));
        }
    }

    private void leaveOut(Tensor keptSlots) {
        List<Tensor> smaller = tensors.stream()
                .map(tensor -> memory.selected(tensor, keptSlots))
                .toList();
        free();
        tensors = smaller;
    }

    private static Tensor column(int[] values, int[] slots) {
        long[] chosen = Arrays.stream(slots).mapToLong(slot -> values[slot]).toArray();
        return Scope.keep(Tensors.of(chosen, chosen.length));
    }

    void free() {
        tensors.forEach(Tensor::close);
        tensors = List.of();
    }

    private static RuntimeException unchecked(Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        return failure instanceof RuntimeException exception ? exception : new IllegalStateException(failure);
    }
}
