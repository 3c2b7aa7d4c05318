package io.contrast4j.embed;

import io.contrast4j.data.Views;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.random.RandomGenerator;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Some pictures that go through the network together, and the memory that their views are rendered into, each in a place of
 * its own. So results do not depend on which thread renders what.
 */
final class Chunk implements AutoCloseable {
    /** The middle of a picture takes no chances. */
    private static final RandomGenerator NO_CHANCE = CounterRandom.of();

    private final List<Picture> pictures;
    private final int first;
    private final Encoding model;
    private final Views views;
    private final List<Tensor> memory = new ArrayList<>();
    private final List<FutureTask<Void>> tasks = new ArrayList<>();
    private final Map<Integer, UnreadablePicture> unreadable = new ConcurrentHashMap<>();
    private volatile boolean isNeeded = true;

    /**
     * Begins to read the pictures.
     *
     * @param first the position of the first one in the whole
     * @param threads where they are read and rendered
     */
    Chunk(List<Picture> pictures, int first, Encoding model, Executor threads) {
        this.pictures = pictures;
        this.first = first;
        this.model = model;
        this.views = model.views();
        try (Scope scope = Scope.open()) {
            for (int view = 0; view < views.count(); view++) {
                int size = views.size(view);
                memory.add(
                        Scope.keep(Tensors.empty(ScalarType.Float, pictures.size(), views.channels(view), size, size)));
            }
        }
        for (int slot = 0; slot < pictures.size(); slot++) {
            int place = slot;
            tasks.add(new FutureTask<>(() -> render(place), null));
        }
        tasks.forEach(threads::execute);
    }

    /** The position of the first picture in the whole. */
    int first() {
        return first;
    }

    /** The position behind the last one. */
    int end() {
        return first + pictures.size();
    }

    private void render(int slot) {
        if (!isNeeded) {
            return;
        }
        try (Scope scope = Scope.open()) {
            List<Mat> targets = targets(slot);
            try {
                views.render(model.loaded(pictures.get(slot).read()), NO_CHANCE, targets);
            } catch (ClosedByInterruptException stopped) {
                CancellationException cancelled = new CancellationException(
                        "interrupted while the picture " + pictures.get(slot).name() + " was read");
                cancelled.initCause(stopped);
                throw cancelled;
            } catch (IOException failed) {
                // The others of the chunk are computed beside it.
                targets.forEach(target -> target.put(Scalar.all(0)));
                int index = first + slot;
                unreadable.put(
                        index, new UnreadablePicture(index, pictures.get(slot).name(), failed));
            } catch (RuntimeException bug) {
                throw new IllegalStateException(
                        "the picture " + pictures.get(slot).name() + " could not be rendered", bug);
            }
        }
    }

    private List<Mat> targets(int slot) {
        List<Mat> targets = new ArrayList<>();
        for (int view = 0; view < views.count(); view++) {
            int size = views.size(view);
            int rows = views.channels(view) * size;
            long bytes = (long) rows * size * Float.BYTES;
            targets.add(new Mat(
                    rows,
                    size,
                    opencv_core.CV_32FC1,
                    new BytePointer(memory.get(view).data_ptr()).getPointer(slot * bytes)));
        }
        return targets;
    }

    /**
     * Waits until all pictures have been read.
     *
     * @return those that could not be, by their position in the whole
     */
    Map<Integer, UnreadablePicture> await() {
        tasks.forEach(Waiting::result);
        return unreadable;
    }

    /** N×C×H×W for each view. */
    List<Tensor> images() {
        return memory;
    }

    /** Gives the memory back, once nothing writes to it any more. */
    @Override
    public void close() {
        isNeeded = false;
        for (FutureTask<Void> task : tasks) {
            try {
                Waiting.result(task);
            } catch (RuntimeException | Error alreadyThrown) {
                // By await, or by what ended the whole before it came to this chunk.
            }
        }
        memory.forEach(Tensor::close);
        memory.clear();
    }
}
