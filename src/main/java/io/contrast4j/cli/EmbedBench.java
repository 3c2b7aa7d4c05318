package io.contrast4j.cli;

import io.contrast4j.data.Views;
import io.contrast4j.embed.Embedder;
import io.contrast4j.embed.Picture;
import io.contrast4j.image.Decoder;
import io.contrast4j.model.ModelFile;
import io.contrast4j.model.TrainedModel;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What an {@link Embedder} takes longer than its work: reading a picture, making the network's input of it, and the forward
 * pass, done here with the same model one after the other in one thread.
 */
final class EmbedBench implements AutoCloseable {
    /** Calls in a row, before it is the other's turn; the first ones wake the threads that had a rest meanwhile. */
    private static final int CALLS = 8;

    private static final int WAKING = 2;

    /** The middle of a picture takes no chances. */
    private static final RandomGenerator NO_CHANCE = CounterRandom.of();

    private final Arena arena = new Arena();
    private final List<Path> files;
    private final TrainedModel model;
    private final Views views;
    private final List<Integer> chosen;
    private final String output;
    private final Embedder embedder;

    /** N×C×H×W for each view, batch by batch. */
    private final List<List<Tensor>> batches = new ArrayList<>();

    /**
     * @param model as {@link Embedder#load} takes it
     * @param files at least one
     */
    EmbedBench(Path model, List<Path> files, int batchSize, String device) {
        this.files = files;
        ModelFile file = new ModelFile(model, Optional.empty(), List.of());
        try (Scope scope = Scope.open()) {
            this.model = new TrainedModel(file.read(), file.file().toString(), device);
        }
        try {
            this.views = this.model.views();
            this.chosen = this.model.chosen(List.of());
            this.output = this.model.usualOutput();
            for (int first = 0; first < files.size(); first += batchSize) {
                List<Path> some = files.subList(first, Math.min(files.size(), first + batchSize));
                batches.add(arena.own(() -> batch(some)));
            }
            this.embedder =
                    Embedder.builder(model).device(device).batchSize(batchSize).load();
        } catch (RuntimeException | Error failed) {
            release();
            throw failed;
        }
    }

    /**
     * One picture, in milliseconds.
     *
     * @param read decoding
     * @param prepare scaling, cutting out, normalising
     * @param forward the pass, and its result as Java's numbers
     */
    record Parts(double read, double prepare, double forward) {
        double together() {
            return read + prepare + forward;
        }
    }

    /**
     * Medians over the rounds, in milliseconds.
     *
     * @param call {@link Embedder#embed(Path)}
     * @param adds what the call takes longer than the parts together; the median of the differences within a round
     */
    record Single(Parts parts, double direct, double call, double adds) {}

    /**
     * Medians over the rounds, in milliseconds.
     *
     * @param forward all batches, which are in memory, through the network
     * @param folder the pictures' files through {@link Embedder#embedEach}
     * @param ratio the median of the ratios within a round
     */
    record Folder(double forward, double folder, double ratio) {}

    /** Single calls and their parts, in turns. */
    Single single(int rounds) {
        List<Parts> parts = new ArrayList<>();
        double[] direct = new double[rounds];
        double[] calls = new double[rounds];
        int at = 0;
        for (int round = 0; round < rounds; round++) {
            List<Parts> these = new ArrayList<>();
            List<Double> those = new ArrayList<>();
            // Who comes first changes.
            for (int turn = 0; turn < 2; turn++) {
                for (int call = 0; call < CALLS; call++) {
                    Path file = files.get(at++ % files.size());
                    if ((turn + round) % 2 == 0) {
                        these.add(parts(file));
                    } else {
                        long start = System.nanoTime();
                        embedder.embed(file);
                        those.add(millis(start, System.nanoTime()));
                    }
                }
            }
            List<Parts> awake = these.subList(WAKING, CALLS);
            parts.addAll(awake);
            direct[round] = median(awake, Parts::together);
            calls[round] = median(those.subList(WAKING, CALLS), call -> call);
        }
        double[] adds = new double[rounds];
        Arrays.setAll(adds, round -> calls[round] - direct[round]);
        return new Single(
                new Parts(median(parts, Parts::read), median(parts, Parts::prepare), median(parts, Parts::forward)),
                BenchReport.median(direct),
                BenchReport.median(calls),
                BenchReport.median(adds));
    }

    /** The whole folder, and the bare passes of the same batches, in turns. */
    Folder folder(int rounds) {
        double[] forward = new double[rounds];
        double[] folder = new double[rounds];
        double[] ratios = new double[rounds];
        for (int round = 0; round < rounds; round++) {
            if (round % 2 == 0) {
                forward[round] = forward();
                folder[round] = folder();
            } else {
                folder[round] = folder();
                forward[round] = forward();
            }
            ratios[round] = folder[round] / forward[round];
        }
        return new Folder(BenchReport.median(forward), BenchReport.median(folder), BenchReport.median(ratios));
    }

    /** The bare passes of all batches. */
    double forward() {
        long start = System.nanoTime();
        batches.forEach(this::forward);
        return millis(start, System.nanoTime());
    }

    /** From files to vectors. */
    double folder() {
        long start = System.nanoTime();
        embedder.embedEach(files.stream().map(Picture::of).toList(), (index, vector) -> {});
        return millis(start, System.nanoTime());
    }

    /** What is measured, as {@code pooled of 512 numbers}. */
    String about() {
        return embedder.output() + " of " + embedder.dimension() + " numbers, views of " + views.size(chosen.get(0))
                + " pixels";
    }

    int batches() {
        return batches.size();
    }

    private Parts parts(Path file) {
        try (Scope scope = Scope.open()) {
            long start = System.nanoTime();
            Mat picture = Decoder.read(file);
            long read = System.nanoTime();
            List<Tensor> images = blank(1);
            render(picture, images, 0);
            long prepared = System.nanoTime();
            forward(images);
            return new Parts(millis(start, read), millis(read, prepared), millis(prepared, System.nanoTime()));
        } catch (IOException failed) {
            throw unreadable(file, failed);
        }
    }

    private List<Tensor> batch(List<Path> some) {
        List<Tensor> images = blank(some.size());
        for (int slot = 0; slot < some.size(); slot++) {
            try (Scope scope = Scope.open()) {
                render(Decoder.read(some.get(slot)), images, slot);
            } catch (IOException failed) {
                throw unreadable(some.get(slot), failed);
            }
        }
        return images;
    }

    private List<Tensor> blank(int pictures) {
        List<Tensor> images = new ArrayList<>();
        for (int view = 0; view < views.count(); view++) {
            int size = views.size(view);
            images.add(Tensors.empty(ScalarType.Float, pictures, views.channels(view), size, size));
        }
        return images;
    }

    private void render(Mat picture, List<Tensor> images, int slot) {
        List<Mat> targets = new ArrayList<>();
        for (int view = 0; view < views.count(); view++) {
            int size = views.size(view);
            int rows = views.channels(view) * size;
            BytePointer memory = new BytePointer(images.get(view).data_ptr());
            targets.add(new Mat(
                    rows, size, opencv_core.CV_32FC1, memory.getPointer((long) slot * rows * size * Float.BYTES)));
        }
        views.render(model.loaded(picture), NO_CHANCE, targets);
    }

    private float[] forward(List<Tensor> images) {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            List<Tensor> sides = new ArrayList<>();
            for (int view : chosen) {
                Tensor input = Tensors.to(images.get(view), model.device());
                sides.add(model.backbones()
                        .get(view)
                        .forward(input, Set.of(output))
                        .get(output)
                        .flatten(1, -1));
            }
            return Tensors.floats(torch.cat(new TensorVector(sides.toArray(new Tensor[0])), 1));
        }
    }

    private static UserError unreadable(Path file, IOException failed) {
        return new UserError(
                UserError.FAILED,
                "Cannot read the picture " + Reasons.of(file.toString(), failed) + "; repair it or leave it out.",
                failed);
    }

    private static <T> double median(List<T> of, ToDoubleFunction<T> number) {
        return BenchReport.median(of.stream().mapToDouble(number).toArray());
    }

    private static double millis(long from, long to) {
        return (to - from) / 1e6;
    }

    private void release() {
        arena.close();
        model.close();
    }

    @Override
    public void close() {
        embedder.close();
        release();
    }
}
