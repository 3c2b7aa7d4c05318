package io.contrast4j.data;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.pytorch.Tensor;

/** Views that the loader's threads make, written straight into the memory of the final tensors. */
final class RenderedCanvas implements Canvas {
    private final Views views;
    private final BatchMemory memory;
    private final TensorPool pool;
    private final int slots;
    private List<Tensor> tensors = List.of();

    private RenderedCanvas(Views views, BatchMemory memory, TensorPool pool, int slots) {
        this.views = views;
        this.memory = memory;
        this.pool = pool;
        this.slots = slots;
    }

    /** For batches under way, one that is in use, and one that is about to be. */
    static Source source(Views views, BatchLoader.Config config) {
        BatchMemory memory = BatchMemory.of(config);
        TensorPool pool = new TensorPool(memory, (config.prefetch() + 2) * views.count());
        return new Source() {
            @Override
            public Canvas blank(int slots) {
                return new RenderedCanvas(views, memory, pool, slots);
            }

            @Override
            public void close() {
                pool.close();
            }
        };
    }

    @Override
    public Slot slot(int number) {
        return (rgb, rng, mixture) -> put(number, rgb, rng, mixture);
    }

    private void put(int slot, Mat rgb, RandomGenerator rng, Consumer<List<Mat>> mixture) {
        List<Mat> targets = new ArrayList<>();
        tensors().forEach(tensor -> targets.add(memory.target(tensor, slot)));
        views.render(rgb, rng, targets);
        mixture.accept(targets);
        for (int view = 0; view < targets.size(); view++) {
            memory.store(targets.get(view), tensors().get(view), slot);
        }
    }

    /** Taken from the pool when the first sample is there, by a thread that can report a failure. */
    private synchronized List<Tensor> tensors() {
        if (tensors.isEmpty()) {
            List<Tensor> taken = new ArrayList<>();
            for (int view = 0; view < views.count(); view++) {
                taken.add(pool.take(slots, views.channels(view), views.size(view), views.size(view)));
            }
            tensors = taken;
        }
        return tensors;
    }

    @Override
    public Pictures finish(int[] kept) {
        tensors();
        if (kept.length < slots) {
            try (Scope scope = Scope.open()) {
                leaveOut(Tensors.of(Arrays.stream(kept).asLongStream().toArray(), kept.length));
            }
        }
        return new Pictures(tensors, Batch.Rendering.DONE);
    }

    private void leaveOut(Tensor keptSlots) {
        List<Tensor> smaller = tensors.stream()
                .map(tensor -> memory.selected(tensor, keptSlots))
                .toList();
        free();
        tensors = smaller;
    }

    @Override
    public void free() {
        tensors.forEach(Tensor::close);
        tensors = List.of();
    }
}
