package io.contrast4j.cli;

import com.sun.management.OperatingSystemMXBean;
import io.contrast4j.data.Batch;
import io.contrast4j.data.BatchLoader;
import io.contrast4j.data.Batches;
import io.contrast4j.data.Batching;
import io.contrast4j.data.Dataset;
import io.contrast4j.data.EpochOrder;
import io.contrast4j.data.MemoryFormat;
import io.contrast4j.data.OnCorrupt;
import io.contrast4j.data.Sample;
import io.contrast4j.data.Views;
import io.contrast4j.image.Decoder;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Measures decoding alone and whole pipelines, from files to batches, on the same files. The contestants take turns, so
 * that what else the machine does disturbs all of them alike; figures are medians over the rounds, and a ratio is the
 * median of the ratios within a round.
 */
final class DataBench {
    private static final int ROUNDS = 7;
    private static final int BATCH = 16;
    private static final int PREFETCH = 4;

    /** More than any round can read: the files over and over. */
    private static final int SAMPLES = 1 << 20;

    private final List<Path> files;
    private final List<Integer> workers;
    private final double seconds;

    /**
     * @param workers numbers of threads, in ascending order
     * @param seconds that each contestant runs, warm-up not counted
     */
    DataBench(List<Path> files, List<Integer> workers, double seconds) {
        this.files = files;
        this.workers = workers;
        this.seconds = seconds;
    }

    /**
     * A line of the result.
     *
     * @param imagesPerSecond of all threads together
     * @param cpuMillis processor time of an image, which other work on the machine hardly changes
     * @param ofDecoding ratio to bare decoding with as many threads
     * @param scaling speed-up over the least number of threads, divided by the increase of threads
     */
    record Row(
            String pipeline,
            int workers,
            double imagesPerSecond,
            double cpuMillis,
            double ofDecoding,
            double scaling) {}

    /** Something that is measured; no views means bare decoding. */
    private record Contestant(String name, Optional<Views> views, int workers) {}

    List<Row> run() {
        List<Contestant> contestants = new ArrayList<>();
        for (int threads : workers) {
            contestants.add(new Contestant("bare decoding", Optional.empty(), threads));
            for (DataPipelines.Pipeline pipeline : DataPipelines.all()) {
                contestants.add(new Contestant(pipeline.name(), Optional.of(pipeline.views()), threads));
            }
        }
        double[][] speeds = new double[contestants.size()][ROUNDS];
        double[][] cpu = new double[contestants.size()][ROUNDS];
        // A third of the time for the compiler, which then knows all pipelines.
        contestants.forEach(contestant -> speed(contestant, seconds / 3));
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < contestants.size(); i++) {
                Slice slice = speed(contestants.get(i), seconds / ROUNDS);
                speeds[i][round] = slice.images / slice.seconds;
                cpu[i][round] = slice.cpuSeconds * 1000 / slice.images;
            }
        }
        int pipelines = contestants.size() / workers.size();
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < contestants.size(); i++) {
            Contestant contestant = contestants.get(i);
            double[] decoding = speeds[i / pipelines * pipelines];
            double[] least = speeds[i % pipelines];
            double threads = (double) contestant.workers / workers.get(0);
            rows.add(new Row(
                    contestant.name,
                    contestant.workers,
                    BenchReport.median(speeds[i]),
                    BenchReport.median(cpu[i]),
                    medianRatio(speeds[i], decoding),
                    medianRatio(speeds[i], least) / threads));
        }
        return rows;
    }

    private static double medianRatio(double[] a, double[] b) {
        double[] ratios = new double[a.length];
        Arrays.setAll(ratios, i -> a[i] / b[i]);
        return BenchReport.median(ratios);
    }

    /** What was done in a while. */
    private record Slice(long images, double seconds, double cpuSeconds) {}

    /** Measures from now on. */
    private static final class Clock {
        private final long start = System.nanoTime();
        private final long cpuStart = cpuNanos();

        boolean before(double seconds) {
            return System.nanoTime() - start < seconds * 1e9;
        }

        Slice slice(long images) {
            return new Slice(images, (System.nanoTime() - start) / 1e9, (cpuNanos() - cpuStart) / 1e9);
        }

        private static long cpuNanos() {
            return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class)
                    .getProcessCpuTime();
        }
    }

    private Slice speed(Contestant contestant, double duration) {
        return contestant
                .views
                .map(views -> loadingSpeed(views, contestant.workers, duration))
                .orElseGet(() -> decodingSpeed(contestant.workers, duration));
    }

    private Slice decodingSpeed(int threads, double duration) {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            Clock clock = new Clock();
            List<Future<Long>> counts = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                int first = thread * files.size() / threads;
                counts.add(pool.submit(() -> decode(first, clock, duration)));
            }
            long images = 0;
            for (Future<Long> count : counts) {
                images += count.get();
            }
            return clock.slice(images);
        } catch (ExecutionException e) {
            throw new UserError(
                    UserError.FAILED, "Cannot decode " + e.getCause().getMessage() + ".", e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            pool.shutdown();
        }
    }

    private long decode(int first, Clock clock, double duration) throws IOException {
        long images = 0;
        while (images == 0 || clock.before(duration)) {
            try (Scope scope = Scope.open()) {
                Decoder.read(files.get((int) ((first + images++) % files.size())));
            }
        }
        return images;
    }

    private Slice loadingSpeed(Views views, int threads, double duration) {
        BatchLoader loader = new BatchLoader(
                new Files(files),
                views,
                new EpochOrder.Sequential(SAMPLES),
                new Batching(BATCH, Batching.Last.DROP),
                1,
                new BatchLoader.Config(threads, PREFETCH, OnCorrupt.FAIL, MemoryFormat.CONTIGUOUS, true, true));
        try (Batches batches = loader.epoch(0)) {
            // The clock starts when a batch is handed over and stops when another one is.
            batches.next().close();
            Clock clock = new Clock();
            long images = 0;
            while (images == 0 || clock.before(duration)) {
                try (Batch batch = batches.next()) {
                    images += batch.size();
                }
            }
            return clock.slice(images);
        }
    }

    /** The files over and over, without classes. */
    private record Files(List<Path> files) implements Dataset {
        @Override
        public int size() {
            return SAMPLES;
        }

        @Override
        public List<String> classes() {
            return List.of("all");
        }

        @Override
        public int label(int index) {
            return 0;
        }

        @Override
        public Sample read(int index) throws IOException {
            return new Sample(Decoder.read(files.get(index % files.size())), 0, index);
        }

        @Override
        public String describe(int index) {
            return files.get(index % files.size()).toString();
        }
    }
}
