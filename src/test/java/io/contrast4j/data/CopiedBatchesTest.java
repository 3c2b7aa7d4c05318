package io.contrast4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.image.ColorSpace;
import io.contrast4j.image.HorizontalFlip;
import io.contrast4j.image.RandomResizedCrop;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.GpuMemory;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import io.contrast4j.tensor.TestDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches that a GPU copies while it computes are those that it would copy later. */
class CopiedBatchesTest {
    private static final Dataset PHOTOS = new PhotoCrops.Config(32, 6, 1, 0.3).openTrain();
    private static final int BATCH = 4;

    /** By then the next batch is usually there. */
    private static final long LOADING_NANOS = 5_000_000;

    private static final CropViews.Config CROPS = new CropViews.Config(
            2,
            24,
            List.of(new RandomResizedCrop.Config(0.2, 1, 0.75, 4 / 3.0), new HorizontalFlip.Config(0.5)),
            ColorSpace.RGB,
            List.of(List.of(0, 1, 2)),
            Optional.empty(),
            Optional.empty(),
            new CropViews.Config.Central(Optional.empty(), 24));

    private static BatchLoader.Config config(OnCorrupt onCorrupt, MemoryFormat format, boolean pinned, boolean ahead) {
        return new BatchLoader.Config(2, 2, onCorrupt, format, pinned, ahead);
    }

    private static BatchLoader views(Dataset data, BatchLoader.Config config) {
        return new BatchLoader(data, CROPS.random(), order(data), new Batching(BATCH, Batching.Last.KEEP), 9, config);
    }

    private static BatchLoader cuts(BatchLoader.Config config) {
        Batching batching = new Batching(BATCH, Batching.Last.KEEP);
        return new BatchLoader(PHOTOS, CROPS.deferred(), order(PHOTOS), batching, 9, config);
    }

    private static EpochOrder order(Dataset data) {
        return new EpochOrder.Shuffled(data.size(), 3);
    }

    /** What a batch has: its indices, labels and pictures as the loader has made them. */
    private record Content(List<String> values) {
        static Content of(Batch batch, List<Tensor> pictures) {
            List<String> values = new ArrayList<>();
            values.add(Arrays.toString(Tensors.longs(batch.indices())));
            values.add(Arrays.toString(Tensors.longs(batch.labels())));
            pictures.forEach(picture -> values.add(Arrays.toString(Tensors.shape(picture))
                    + picture.stride(picture.dim() - 1)
                    + Arrays.toString(Tensors.doubles(picture))));
            return new Content(values);
        }
    }

    private static List<Content> plain(BatchLoader loader) {
        List<Content> all = new ArrayList<>();
        try (Batches batches = loader.epoch(1)) {
            while (batches.hasNext()) {
                try (Batch batch = batches.next();
                        Scope scope = Scope.open()) {
                    all.add(Content.of(batch, batch.pictures()));
                }
            }
        }
        return all;
    }

    /**
     * Each batch goes to the device and back without a wait, as far as the program can be ahead of the GPU: what is copied too early,
     * into memory still in use, or from memory that has been used again, is seen at the end.
     */
    private static List<Content> copied(BatchLoader loader, Device device, int[] ahead) {
        List<Runnable> reading = new ArrayList<>();
        List<Content> all = new ArrayList<>();
        try (Arena arena = new Arena();
                Batches batches = loader.epoch(1)) {
            while (batches.hasNext()) {
                try (Batch batch = batches.next();
                        Scope scope = Scope.open()) {
                    ahead[0] += batch.pictures().stream().allMatch(Tensor::is_cuda) ? 1 : 0;
                    LockSupport.parkNanos(LOADING_NANOS);
                    batches.copyNext(device);
                    List<Tensor> back = batch.pictures().stream()
                            .map(picture -> Tensors.to(picture, device))
                            .map(picture -> arena.own(() -> back(picture)))
                            .toList();
                    Batch kept = new Batch(
                            List.of(),
                            arena.own(() -> batch.labels().clone()),
                            arena.own(() -> batch.indices().clone()));
                    reading.add(() -> all.add(Content.of(kept, back)));
                }
            }
            if (device.is_cuda()) {
                torch.cuda_synchronize();
            }
            try (Scope scope = Scope.open()) {
                reading.forEach(Runnable::run);
            }
        }
        return all;
    }

    private static Tensor back(Tensor onDevice) {
        TensorOptions options = new TensorOptions(Tensors.device("cpu"));
        boolean pinned = onDevice.is_cuda();
        Tensor back =
                torch.empty_like(onDevice, pinned ? options.pinned_memory(new BoolOptional(true)) : options, null);
        return back.copy_(onDevice, true);
    }

    @Test
    void aCpuHasNothingToCopy() {
        BatchLoader loader = views(PHOTOS, config(OnCorrupt.FAIL, MemoryFormat.CONTIGUOUS, true, true));
        int[] ahead = {0};
        assertThat(copied(loader, TestDevice.cpu(), ahead))
                .isEqualTo(plain(loader))
                .hasSizeGreaterThan(5);
        assertThat(ahead[0]).isZero();
    }

    @ParameterizedTest
    @EnumSource(MemoryFormat.class)
    @Tag("gpu")
    void viewsArriveAsTheyWereLoaded(MemoryFormat format) {
        Device device = TestDevice.cuda();
        BatchLoader loader = views(PHOTOS, config(OnCorrupt.FAIL, format, true, true));
        int[] ahead = {0};
        List<Content> expected = plain(loader);
        for (int time = 0; time < 5; time++) {
            assertThat(copied(loader, device, ahead)).isEqualTo(expected);
        }
        assertThat(ahead[0]).isPositive();
    }

    @Test
    @Tag("gpu")
    void cropsArriveAsTheyWereCut() {
        Device device = TestDevice.cuda();
        // Several threads would cut them in one order or another.
        BatchLoader loader = cuts(new BatchLoader.Config(1, 2, OnCorrupt.FAIL, MemoryFormat.CONTIGUOUS, true, true));
        int[] ahead = {0};
        assertThat(copied(loader, device, ahead)).isEqualTo(plain(loader));
        assertThat(ahead[0]).isPositive();
    }

    /** A copy out of other memory, or one that is not wanted, is made when the batch is used. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Tag("gpu")
    void otherBatchesStayOnTheCpu(boolean pinned) {
        Device device = TestDevice.cuda();
        BatchLoader loader = views(PHOTOS, config(OnCorrupt.FAIL, MemoryFormat.CONTIGUOUS, pinned, !pinned));
        int[] ahead = {0};
        assertThat(copied(loader, device, ahead)).isEqualTo(plain(loader));
        assertThat(ahead[0]).isZero();
    }

    @Test
    @Tag("gpu")
    void aBatchThatNobodyTakesIsFreed() {
        Device device = TestDevice.cuda();
        BatchLoader loader = views(PHOTOS, config(OnCorrupt.FAIL, MemoryFormat.CONTIGUOUS, true, true));
        assertThat(copied(loader, device, new int[1])).isNotEmpty(); // LibTorch counts from the first allocation on
        long before = GpuMemory.of(device).allocated();
        try (Batches batches = loader.epoch(1)) {
            long start = System.nanoTime();
            while (GpuMemory.of(device).allocated() == before && System.nanoTime() - start < 1e10) {
                batches.copyNext(device);
            }
            assertThat(GpuMemory.of(device).allocated()).isGreaterThan(before);
            assertThat(batches.hasNext()).isTrue();
        }
        assertThat(GpuMemory.of(device).allocated()).isEqualTo(before);
    }

    /** The step before it is complete, and may be saved. */
    @Test
    @Tag("gpu")
    void aBatchThatCannotBeReadIsToldOfWhenItIsTaken(@TempDir Path root) throws IOException, InterruptedException {
        Device device = TestDevice.cuda();
        Pictures.write(root.resolve("class/1.png"), 40, 50, 1);
        Pictures.truncate(root.resolve("class/1.png"));
        BatchLoader loader = views(ImageFolder.open(root), config(OnCorrupt.FAIL, MemoryFormat.CONTIGUOUS, true, true));
        try (Batches batches = loader.epoch(1)) {
            for (int time = 0; time < 20; time++) {
                batches.copyNext(device);
                Thread.sleep(10);
            }
            assertThat(batches.hasNext()).isTrue();
            assertThatThrownBy(batches::next).isInstanceOf(UserError.class);
        }
    }
}
