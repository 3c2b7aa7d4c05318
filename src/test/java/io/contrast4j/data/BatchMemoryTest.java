package io.contrast4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.contrast4j.image.ColorSpace;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BatchMemoryTest {
    private static final Views VIEWS = CropViewsTest.split(ColorSpace.LAB, 24).random();

    private static Batches batches(Dataset data, MemoryFormat format, boolean pinned) {
        return new BatchLoader(
                        data,
                        VIEWS,
                        new EpochOrder.Sequential(data.size()),
                        new Batching(5, Batching.Last.KEEP),
                        1,
                        new BatchLoader.Config(2, 2, OnCorrupt.SKIP, format, pinned, true))
                .epoch(0);
    }

    @Test
    void theFormatChangesTheStridesAndNotTheValues(@TempDir Path root) throws IOException {
        for (int i = 0; i < 9; i++) {
            Pictures.write(root.resolve("class/" + i + ".png"), 40, 50, i);
        }
        Pictures.truncate(root.resolve("class/3.png")); // so that a batch is made smaller
        Dataset data = ImageFolder.open(root);
        try (Batches contiguous = batches(data, MemoryFormat.CONTIGUOUS, true);
                Batches channelsLast = batches(data, MemoryFormat.CHANNELS_LAST, true)) {
            while (contiguous.hasNext()) {
                try (Batch one = contiguous.next();
                        Batch other = channelsLast.next();
                        Scope scope = Scope.open()) {
                    assertThat(other.size()).isEqualTo(one.size());
                    for (int view = 0; view < 2; view++) {
                        Tensor expected = one.views().get(view);
                        Tensor actual = other.views().get(view);
                        assertThat(expected.is_contiguous()).isTrue();
                        assertThat(actual.is_contiguous(torch.MemoryFormat.ChannelsLast))
                                .isTrue();
                        assertThat(Tensors.shape(actual)).containsExactly(Tensors.shape(expected));
                        assertThat(Tensors.floats(actual)).containsExactly(Tensors.floats(expected));
                        if (view == 1) {
                            assertThat(actual.stride(1)).isEqualTo(1);
                            assertThat(actual.stride(3)).isEqualTo(2);
                        }
                    }
                }
            }
            assertThat(channelsLast.hasNext()).isFalse();
        }
    }

    @Test
    void aGpuCopiesFromPinnedMemory() {
        assumeTrue(torch.cuda_is_available(), "there is no GPU");
        Dataset data = new PhotoCrops.Config(32, 2, 1, 0.3).openTrain();
        try (Batches pinned = batches(data, MemoryFormat.CONTIGUOUS, true);
                Batches pageable = batches(data, MemoryFormat.CONTIGUOUS, false)) {
            while (pinned.hasNext()) {
                try (Scope scope = Scope.open();
                        Batch expected = pageable.next()) {
                    Tensor onGpu;
                    try (Batch batch = pinned.next()) {
                        assertThat(batch.views().get(1).is_pinned()).isTrue();
                        onGpu = Tensors.to(batch.views().get(1), Tensors.device("cuda:0"));
                    }
                    assertThat(expected.views().get(1).is_pinned()).isFalse();
                    assertThat(Tensors.floats(onGpu))
                            .containsExactly(Tensors.floats(expected.views().get(1)));
                }
            }
        }
    }
}
