package io.contrast4j.prepare;

import io.contrast4j.data.Dataset;
import io.contrast4j.data.Sample;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * What one part of a data set is made of. Counts are of all samples; sizes, statistics, damage and fingerprints are of
 * those whose pictures were read.
 *
 * @param name of the part
 * @param data the part
 * @param classCounts how many samples each class has
 * @param unlabelled samples without a class
 * @param chosen indices of the samples that were to be read, ascending
 * @param widths of the pictures that could be read, ascending
 * @param heights likewise
 * @param aspects width divided by height, likewise
 * @param grey pictures without any colour
 * @param pixels statistics of all their pixels
 * @param damaged those that could not be read, by index
 * @param fingerprints of those that could, by index
 */
public record Inspection(
        String name,
        Dataset data,
        int[] classCounts,
        int unlabelled,
        int[] chosen,
        int[] widths,
        int[] heights,
        double[] aspects,
        int grey,
        PixelSums pixels,
        List<Damage> damaged,
        List<Fingerprint> fingerprints) {
    /**
     * A sample that cannot be read.
     *
     * @param index in its part
     * @param reason names the file and says what is wrong
     */
    public record Damage(int index, String reason) {}

    /**
     * The content of a picture.
     *
     * @param index in its part
     * @param hash 64 bits of its size and pixels; the same for the same picture, whatever its file looks like
     */
    public record Fingerprint(int index, long hash) {}

    /**
     * How to look.
     *
     * @param workers threads
     * @param samples how many pictures to read, drawn at random; those of the whole part if it has no more
     * @param seed the draw depends on it only
     */
    public record Options(int workers, int samples, long seed) {}

    /**
     * Looks at a part. The result does not depend on the number of threads.
     *
     * @param read is told how many pictures more have been read
     */
    public static Inspection of(String name, Dataset data, Options options, IntConsumer read) {
        int[] counts = new int[data.classes().size()];
        int unlabelled = 0;
        for (int index = 0; index < data.size(); index++) {
            int label = data.label(index);
            if (label < 0) {
                unlabelled++;
            } else {
                counts[label]++;
            }
        }
        int[] chosen = options.samples >= data.size()
                ? IntStream.range(0, data.size()).toArray()
                : Arrays.stream(CounterRandom.of(options.seed).permutation(data.size()))
                        .limit(options.samples)
                        .sorted()
                        .toArray();
        Worker all = read(data, chosen, options.workers, read);
        List<Fingerprint> prints = all.prints.stream()
                .sorted(Comparator.comparingInt(Fingerprint::index))
                .toList();
        return new Inspection(
                name,
                data,
                counts,
                unlabelled,
                chosen,
                all.shapes.stream().mapToInt(Shape::width).sorted().toArray(),
                all.shapes.stream().mapToInt(Shape::height).sorted().toArray(),
                all.shapes.stream()
                        .mapToDouble(shape -> (double) shape.width / shape.height)
                        .sorted()
                        .toArray(),
                all.grey,
                all.sums,
                all.damaged.stream()
                        .sorted(Comparator.comparingInt(Damage::index))
                        .toList(),
                prints);
    }

    /** How many pictures could be read. */
    public int readable() {
        return widths.length;
    }

    private static Worker read(Dataset data, int[] chosen, int workers, IntConsumer read) {
        AtomicInteger next = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(workers, task -> {
            Thread thread = new Thread(task, "inspector");
            thread.setDaemon(true);
            return thread;
        });
        try {
            List<Future<Worker>> running = new ArrayList<>();
            for (int i = 0; i < workers; i++) {
                running.add(threads.submit(() -> new Worker().work(data, chosen, next, read)));
            }
            Worker all = new Worker();
            for (Future<Worker> worker : running) {
                all.add(worker.get());
            }
            return all;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UserError(UserError.FAILED, "The inspection was interrupted; run it again.", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failed) {
                throw failed;
            }
            throw new IllegalStateException(e.getCause());
        } finally {
            threads.shutdownNow();
        }
    }

    private record Shape(int width, int height) {}

    /** What one thread has seen. All of it can be added up in any order. */
    private static final class Worker {
        private final List<Shape> shapes = new ArrayList<>();
        private final List<Damage> damaged = new ArrayList<>();
        private final List<Fingerprint> prints = new ArrayList<>();
        private PixelSums sums = PixelSums.NONE;
        private int grey;

        Worker work(Dataset data, int[] chosen, AtomicInteger next, IntConsumer read) {
            PixelReader pixels = new PixelReader();
            for (int at = next.getAndIncrement(); at < chosen.length; at = next.getAndIncrement()) {
                int index = chosen[at];
                try (Scope scope = Scope.open()) {
                    Sample sample = data.read(index);
                    pixels.read(sample.rgb());
                    shapes.add(new Shape(sample.rgb().cols(), sample.rgb().rows()));
                    prints.add(new Fingerprint(index, pixels.hash()));
                    sums = sums.plus(pixels.sums());
                    grey += pixels.grey() ? 1 : 0;
                } catch (IOException e) {
                    damaged.add(new Damage(index, Reasons.of(data.describe(index), e)));
                }
                read.accept(1);
            }
            return this;
        }

        void add(Worker other) {
            shapes.addAll(other.shapes);
            damaged.addAll(other.damaged);
            prints.addAll(other.prints);
            sums = sums.plus(other.sums);
            grey += other.grey;
        }
    }
}
