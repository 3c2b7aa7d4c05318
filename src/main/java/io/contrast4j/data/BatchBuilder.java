package io.contrast4j.data;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.MatVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A batch whose slots are filled by several threads, each slot by one. Views are written straight into the memory of the
 * final tensors. {@link #slotDone()}, {@link #complete()} and what comes after are called under the lock of the owner.
 */
final class BatchBuilder {
    private final Views views;
    private final int[] indices;
    private final int[] labels;
    private final boolean[] filled;
    private final @Nullable Throwable[] failures;
    private int open;
    private List<Tensor> tensors = List.of();

    /** @param indices the samples that belong in the slots */
    BatchBuilder(Views views, int[] indices) {
        this.views = views;
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

    /** Copies the rendered views of a sample, which may be another than the one that belongs there. */
    void put(int slot, Sample sample, List<Mat> rendered) {
        List<Tensor> targets = memory();
        for (int view = 0; view < targets.size(); view++) {
            copy(rendered.get(view), targets.get(view), slot);
        }
        indices[slot] = sample.index();
        labels[slot] = sample.label();
        filled[slot] = true;
    }

    /** Allocated when the first sample is there, by a thread that can report a failure. */
    private synchronized List<Tensor> memory() {
        if (tensors.isEmpty()) {
            List<Tensor> allocated = new ArrayList<>();
            for (int view = 0; view < views.count(); view++) {
                allocated.add(Scope.keep(
                        Tensors.empty(ScalarType.Float, slots(), views.channels(view), views.size(), views.size())));
            }
            tensors = allocated;
        }
        return tensors;
    }

    /** Writes a view as planes. It is H×W pixels, or such planes already: C·H×W, one channel. */
    private static void copy(Mat view, Tensor target, int slot) {
        int channels = (int) target.size(1);
        int height = (int) target.size(2);
        int width = (int) target.size(3);
        boolean planes = view.channels() == 1 && view.rows() == channels * height;
        boolean pixels = view.channels() == channels && view.rows() == height;
        if (view.depth() != opencv_core.CV_32F || !(planes || pixels) || view.cols() != width) {
            throw new IllegalStateException("a view is not the float32 picture of " + channels + " channels and "
                    + height + "×" + width + " pixels that was announced");
        }
        Mat all = memory(target, slot, channels * height, width);
        if (planes) {
            view.copyTo(all);
        } else {
            Mat[] separate = new Mat[channels];
            for (int channel = 0; channel < channels; channel++) {
                separate[channel] = all.rowRange(channel * height, (channel + 1) * height);
            }
            opencv_core.split(view, new MatVector(separate));
        }
    }

    /** The memory of a slot as a Mat. */
    private static Mat memory(Tensor target, int slot, int rows, int width) {
        long bytes = (long) rows * width * Float.BYTES;
        return new Mat(rows, width, opencv_core.CV_32FC1, new BytePointer(target.data_ptr()).getPointer(slot * bytes));
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
        if (kept.length == 0) {
            throw new UserError(
                    UserError.FAILED,
                    "None of the " + slots() + " samples of a batch can be read; check the data set.");
        }
        try (Scope scope = Scope.open()) {
            if (kept.length < slots()) {
                leaveOut(Tensors.of(Arrays.stream(kept).asLongStream().toArray(), kept.length));
            }
            return new Batch(tensors, column(labels, kept), column(indices, kept));
        }
    }

    private void leaveOut(Tensor keptSlots) {
        List<Tensor> smaller = tensors.stream()
                .map(tensor -> Scope.keep(tensor.index_select(0, keptSlots)))
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
