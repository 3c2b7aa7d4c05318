package io.contrast4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.contrast4j.image.ColorSpace;
import io.contrast4j.image.Mats;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class BatchLoaderTest {
    private static final Views VIEWS = CropViewsTest.split(ColorSpace.LAB, 24).random();
    private static final PhotoCrops.Config CROPS = new PhotoCrops.Config(32, 3, 1, 0.3);

    /** A batch on the Java heap. */
    private record Copy(List<float[]> views, long[] labels, long[] indices) {
        static Copy of(Batch batch) {
            return new Copy(
                    batch.views().stream().map(Tensors::floats).toList(),
                    Tensors.longs(batch.labels()),
                    Tensors.longs(batch.indices()));
        }

        void assertSame(Copy other) {
            assertThat(indices).isEqualTo(other.indices);
            assertThat(labels).isEqualTo(other.labels);
            for (int view = 0; view < views.size(); view++) {
                assertThat(Arrays.equals(views.get(view), other.views.get(view)))
                        .isTrue();
            }
        }
    }

    private static BatchLoader loader(Dataset data, Batching batching, int workers, OnCorrupt onCorrupt) {
        EpochOrder order = new EpochOrder.Shuffled(data.size(), 11);
        return new BatchLoader(
                data,
                VIEWS,
                order,
                batching,
                11,
                new BatchLoader.Config(workers, 2, onCorrupt, MemoryFormat.CONTIGUOUS, true, true));
    }

    private static BatchLoader mixing(Mixture mixture, int workers) {
        Dataset data = CROPS.openTrain();
        return new BatchLoader(
                data,
                VIEWS,
                mixture,
                new EpochOrder.Shuffled(data.size(), 11),
                new Batching(4, Batching.Last.KEEP),
                11,
                new BatchLoader.Config(workers, 2, OnCorrupt.FAIL, MemoryFormat.CONTIGUOUS, true, true));
    }

    private static BatchLoader loader(int workers) {
        return loader(CROPS.openTrain(), new Batching(4, Batching.Last.KEEP), workers, OnCorrupt.FAIL);
    }

    private static List<Copy> copies(Batches batches) {
        List<Copy> copies = new ArrayList<>();
        try (batches) {
            while (batches.hasNext()) {
                try (Batch batch = batches.next()) {
                    copies.add(Copy.of(batch));
                }
            }
        }
        return copies;
    }

    @Test
    void mixturesAreRepeatableAndLeaveLabelsAlone() {
        List<Copy> plain = copies(loader(1).epoch(2));
        Mixture both = new Mixture.Both(new Mixture.Global(1, 2, 0.5), new Mixture.Region(1, 2, 0.5, 1));
        List<Copy> mixed = copies(mixing(both, 1).epoch(2));
        List<Copy> again = copies(mixing(both, 3).epoch(2));
        List<Copy> never = copies(mixing(new Mixture.Global(1, 2, 0), 2).epoch(2));
        int changed = 0;
        for (int batch = 0; batch < plain.size(); batch++) {
            mixed.get(batch).assertSame(again.get(batch));
            plain.get(batch).assertSame(never.get(batch));
            assertThat(mixed.get(batch).indices).isEqualTo(plain.get(batch).indices);
            assertThat(mixed.get(batch).labels).isEqualTo(plain.get(batch).labels);
            changed += Arrays.equals(
                            mixed.get(batch).views.get(0),
                            plain.get(batch).views.get(0))
                    ? 0
                    : 1;
        }
        assertThat(changed).isEqualTo(plain.size());
    }

    @Test
    void aLastBatchOfOneThatCannotBeReadIsNoReasonToGiveUp(@TempDir Path root) throws IOException {
        for (int i = 0; i < 5; i++) {
            Pictures.write(root.resolve("class/" + i + ".jpg"), 20, 20, i);
        }
        Pictures.truncate(root.resolve("class/4.jpg"));
        BatchLoader loader = new BatchLoader(
                ImageFolder.open(root),
                VIEWS,
                new EpochOrder.Sequential(5),
                new Batching(4, Batching.Last.KEEP),
                1,
                new BatchLoader.Config(2, 1024, OnCorrupt.SKIP, MemoryFormat.CONTIGUOUS, true, true));
        List<Copy> copies = copies(loader.epoch(0));
        assertThat(copies.get(0).labels).hasSize(4);
        assertThat(copies.get(1).labels).isEmpty();
    }

    @Test
    void theNumberOfThreadsChangesNothing() {
        List<Copy> one = copies(loader(1).epoch(2));
        assertThat(one).hasSize(6);
        for (int workers : new int[] {2, 5}) {
            List<Copy> many = copies(loader(workers).epoch(2));
            assertThat(many).hasSameSizeAs(one);
            for (int i = 0; i < one.size(); i++) {
                many.get(i).assertSame(one.get(i));
            }
        }
    }

    @Test
    void anInterruptedEpochGoesOnWhereItWas() {
        BatchLoader loader = loader(2);
        List<Copy> whole = copies(loader.epoch(1));
        List<Copy> rest = copies(loader.epoch(1, 4));
        assertThat(rest).hasSize(2);
        rest.get(0).assertSame(whole.get(4));
        rest.get(1).assertSame(whole.get(5));
        assertThat(copies(loader.epoch(1, 6))).isEmpty();
        assertThatThrownBy(() -> loader.epoch(1, 7)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void everySampleComesOnceAnEpochInAnotherOrderAndCrop() {
        BatchLoader loader = loader(2);
        List<Copy> first = copies(loader.epoch(0));
        List<Copy> second = copies(loader.epoch(1));
        assertThat(indices(first))
                .containsExactlyInAnyOrder(
                        IntStream.range(0, 21).mapToObj(i -> (long) i).toArray(Long[]::new));
        assertThat(indices(second))
                .containsExactlyInAnyOrderElementsOf(indices(first))
                .isNotEqualTo(indices(first));
        assertThat(pixel(first, 5)).isNotEqualTo(pixel(second, 5));
    }

    private static List<Long> indices(List<Copy> copies) {
        return copies.stream()
                .flatMap(copy -> Arrays.stream(copy.indices).boxed())
                .toList();
    }

    /** The first values of view 0 of a sample. */
    private static float[] pixel(List<Copy> copies, long index) {
        for (Copy copy : copies) {
            for (int slot = 0; slot < copy.indices.length; slot++) {
                if (copy.indices[slot] == index) {
                    return Arrays.copyOfRange(copy.views.get(0), slot * 24 * 24, slot * 24 * 24 + 50);
                }
            }
        }
        throw new AssertionError("no sample " + index);
    }

    @Test
    void tensorsHoldThePlanesOfTheViews() {
        Dataset data = CROPS.openTrain();
        try (Batches batches = loader(2).epoch(0)) {
            try (Batch batch = batches.next();
                    Scope scope = Scope.open()) {
                assertThat(batch.size()).isEqualTo(4);
                assertThat(Tensors.shape(batch.views().get(0))).containsExactly(4, 1, 24, 24);
                assertThat(Tensors.shape(batch.views().get(1))).containsExactly(4, 2, 24, 24);
                assertThat(batch.views()).allMatch(Tensor::is_contiguous);
                long[] indices = Tensors.longs(batch.indices());
                long[] labels = Tensors.longs(batch.labels());
                float[] colour = Tensors.floats(batch.views().get(1));
                for (int slot = 0; slot < 4; slot++) {
                    assertThat(labels[slot]).isEqualTo(data.label((int) indices[slot]));
                    CounterRandom rng = CounterRandom.of(11, 0, indices[slot], 0);
                    double[] pixels = Mats.doubles(
                            Views.rendered(VIEWS, data.read((int) indices[slot]).rgb(), rng)
                                    .get(1));
                    for (int i = 0; i < 2 * 24 * 24; i++) {
                        assertThat((double) colour[slot * 2 * 24 * 24 + i]).isEqualTo(pixels[i]);
                    }
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Test
    void whatDoesNotFillABatchIsKeptOrDropped() {
        Dataset data = CROPS.openTrain();
        BatchLoader kept = loader(data, new Batching(8, Batching.Last.KEEP), 2, OnCorrupt.FAIL);
        BatchLoader dropped = loader(data, new Batching(8, Batching.Last.DROP), 2, OnCorrupt.FAIL);
        assertThat(kept.batchesPerEpoch()).isEqualTo(3);
        assertThat(copies(kept.epoch(0)).get(2).indices).hasSize(5);
        assertThat(dropped.batchesPerEpoch()).isEqualTo(2);
        assertThat(copies(dropped.epoch(0))).hasSize(2);
        try (Batches batches = dropped.epoch(0, 2)) {
            assertThat(batches.hasNext()).isFalse();
            assertThatThrownBy(batches::next).isInstanceOf(NoSuchElementException.class);
        }
    }

    private static ImageFolder damagedFolder(Path root) throws IOException {
        for (int i = 0; i < 12; i++) {
            Pictures.write(root.resolve("class" + i % 3 + "/" + i + ".jpg"), 30, 30, i);
        }
        Pictures.truncate(root.resolve("class0/6.jpg"));
        Files.write(root.resolve("class2/11.jpg"), new byte[0]);
        return ImageFolder.open(root);
    }

    @Test
    void aDamagedFileEndsTheRun(@TempDir Path root) throws IOException {
        ImageFolder data = damagedFolder(root);
        BatchLoader loader = loader(data, new Batching(4, Batching.Last.KEEP), 3, OnCorrupt.FAIL);
        assertThatThrownBy(() -> copies(loader.epoch(0)))
                .isInstanceOf(UserError.class)
                .satisfies(e -> assertThat(((UserError) e).exitCode()).isEqualTo(UserError.FAILED))
                .hasMessageMatching("Cannot read .*(6.jpg: the file is truncated|11.jpg: the file is empty).*");
    }

    @Test
    void damagedFilesAreLeftOut(@TempDir Path root) throws IOException {
        ImageFolder data = damagedFolder(root);
        BatchLoader loader = loader(data, new Batching(4, Batching.Last.KEEP), 3, OnCorrupt.SKIP);
        List<Copy> batches = copies(loader.epoch(0));
        assertThat(indices(batches)).hasSize(10).doesNotHaveDuplicates();
        List<Copy> whole = copies(loader(data, new Batching(4, Batching.Last.KEEP), 1, OnCorrupt.SKIP)
                .epoch(0));
        for (int i = 0; i < whole.size(); i++) {
            batches.get(i).assertSame(whole.get(i));
            assertThat(batches.get(i).views.get(1)).hasSize(batches.get(i).indices.length * 2 * 24 * 24);
        }
        copies(loader.epoch(1));
        assertThat(loader.corrupt()).isEqualTo(2);
        assertThat(loader.corruptFiles())
                .containsExactly(
                        root.resolve("class0/6.jpg").toString(),
                        root.resolve("class2/11.jpg").toString());
    }

    @Test
    void damagedFilesAreReplaced(@TempDir Path root) throws IOException {
        ImageFolder data = damagedFolder(root);
        List<Copy> first = copies(loader(data, new Batching(4, Batching.Last.KEEP), 1, OnCorrupt.REPLACE)
                .epoch(0));
        BatchLoader loader = loader(data, new Batching(4, Batching.Last.KEEP), 4, OnCorrupt.REPLACE);
        List<Copy> batches = copies(loader.epoch(0));
        assertThat(indices(batches)).hasSize(12);
        assertThat(Set.copyOf(indices(batches))).hasSize(10);
        for (int i = 0; i < batches.size(); i++) {
            batches.get(i).assertSame(first.get(i));
            Copy copy = batches.get(i);
            for (int slot = 0; slot < copy.indices.length; slot++) {
                assertThat(copy.labels[slot]).isEqualTo(data.label((int) copy.indices[slot]));
            }
        }
        assertThat(loader.corrupt()).isEqualTo(2);
    }

    @Test
    void nothingReadableIsAnErrorWhateverThePolicy(@TempDir Path root) throws IOException {
        for (int i = 0; i < 4; i++) {
            Pictures.truncate(Pictures.write(root.resolve("class/" + i + ".jpg"), 30, 30, i));
        }
        ImageFolder data = ImageFolder.open(root);
        assertThatThrownBy(() -> copies(loader(data, new Batching(2, Batching.Last.KEEP), 2, OnCorrupt.SKIP)
                        .epoch(0)))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("None of the 2 samples");
        assertThatThrownBy(() -> copies(loader(data, new Batching(2, Batching.Last.KEEP), 2, OnCorrupt.REPLACE)
                        .epoch(0)))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("no readable sample to replace");
    }

    /** Views with a bug. */
    private record Broken(Views views) implements Views {
        @Override
        public List<String> names() {
            return views.names();
        }

        @Override
        public int channels(int view) {
            return views.channels(view);
        }

        @Override
        public int size(int view) {
            return views.size(view);
        }

        @Override
        public void render(Mat rgb, RandomGenerator rng, List<Mat> targets) {
            throw new IllegalStateException("a bug");
        }
    }

    @Test
    void aBugInAThreadReachesTheConsumer() {
        Dataset data = CROPS.openTrain();
        BatchLoader loader = new BatchLoader(
                data,
                new Broken(VIEWS),
                new EpochOrder.Sequential(data.size()),
                new Batching(4, Batching.Last.KEEP),
                1,
                new BatchLoader.Config(2, 2, OnCorrupt.SKIP, MemoryFormat.CONTIGUOUS, true, true));
        try (Batches batches = loader.epoch(0)) {
            assertThatThrownBy(batches::next)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("a bug");
        }
    }

    @Test
    void whatIsKeptOfABatchIsNotOverwrittenByLaterOnes() {
        List<Copy> copies = copies(loader(2).epoch(0));
        List<Tensor> kept = new ArrayList<>();
        Batch last;
        try (Batches batches = loader(2).epoch(0)) {
            for (int i = 0; i < copies.size() - 2; i++) {
                try (Batch batch = batches.next()) {
                    kept.add(batch.views().get(0).slice());
                }
            }
            last = batches.next();
            // The epoch ends here, before its last batch.
        }
        for (int i = 0; i < kept.size(); i++) {
            assertThat(Tensors.floats(kept.get(i)))
                    .isEqualTo(copies.get(i).views.get(0));
        }
        Copy.of(last).assertSame(copies.get(copies.size() - 2));
        kept.forEach(Tensor::close);
        last.close();
    }

    @Test
    void closingEarlyStopsTheThreads() {
        Dataset data = CROPS.openTrain();
        BatchLoader loader = new BatchLoader(
                data,
                VIEWS,
                new EpochOrder.Sequential(data.size()),
                new Batching(2, Batching.Last.KEEP),
                1,
                new BatchLoader.Config(3, 2, OnCorrupt.FAIL, MemoryFormat.CONTIGUOUS, true, true));
        try (Batches batches = loader.epoch(0)) {
            batches.next().close();
            assertThat(loaderThreads()).isPositive();
        }
        assertThat(loaderThreads()).isZero();
        assertThat(loader.waitNanos()).isPositive();
    }

    private static long loaderThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("loader-"))
                .filter(Thread::isAlive)
                .count();
    }

    @Test
    void noMoreIsLoadedThanThePrefetchAllows() throws InterruptedException {
        Set<Integer> read = new ConcurrentSkipListSet<>();
        Dataset data = new Recording(CROPS.openTrain(), read);
        BatchLoader loader = new BatchLoader(
                data,
                VIEWS,
                new EpochOrder.Sequential(data.size()),
                new Batching(2, Batching.Last.KEEP),
                1,
                new BatchLoader.Config(3, 2, OnCorrupt.FAIL, MemoryFormat.CONTIGUOUS, true, true));
        try (Batches batches = loader.epoch(0)) {
            for (int waited = 0; read.size() < 4 && waited < 3000; waited++) {
                Thread.sleep(10);
            }
            Thread.sleep(100);
            assertThat(read).containsExactly(0, 1, 2, 3);
            batches.next().close();
            batches.next().close();
            batches.next().close();
            assertThat(read).contains(4, 5);
        }
    }

    private record Recording(Dataset data, Set<Integer> read) implements Dataset {
        @Override
        public int size() {
            return data.size();
        }

        @Override
        public List<String> classes() {
            return data.classes();
        }

        @Override
        public int label(int index) {
            return data.label(index);
        }

        @Override
        public Sample read(int index) throws IOException {
            read.add(index);
            return data.read(index);
        }

        @Override
        public String describe(int index) {
            return data.describe(index);
        }
    }

    @Test
    void memoryStaysFlatOverThousandsOfSamples(@TempDir Path root) throws IOException {
        assumeTrue(Files.exists(Path.of("/proc/self/status")), "resident memory is read from /proc");
        for (int i = 0; i < 8; i++) {
            Pictures.write(root.resolve("class" + i % 2 + "/" + i + ".jpg"), 120, 160, i);
        }
        Pictures.truncate(root.resolve("class0/0.jpg"));
        ImageFolder data = ImageFolder.open(root);
        BatchLoader loader = loader(data, new Batching(8, Batching.Last.KEEP), 2, OnCorrupt.SKIP);
        Random stops = new Random(1);
        // 400 epochs are 3200 pictures of 57 kB: a leak of one picture each would be 180 MB in every round. In the
        // first
        // rounds the Java heap grows as well.
        long[] resident = new long[5];
        for (int round = 0; round < resident.length; round++) {
            run(loader, 400 * round, 400, stops);
            resident[round] = residentKilobytes();
            if (round > 0 && resident[round] - resident[round - 1] < 60_000) {
                return;
            }
        }
        fail("resident memory grows: " + Arrays.toString(resident));
    }

    private static void run(BatchLoader loader, int from, int epochs, Random stops) {
        for (int epoch = from; epoch < from + epochs; epoch++) {
            try (Batches batches = loader.epoch(epoch)) {
                // Now and then a batch is loaded and never taken.
                if (stops.nextInt(4) > 0) {
                    batches.next().close();
                }
            }
        }
    }

    private static long residentKilobytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }
}
