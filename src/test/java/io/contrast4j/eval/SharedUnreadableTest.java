package io.contrast4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.data.BatchLoader;
import io.contrast4j.data.Batching;
import io.contrast4j.data.CropViews;
import io.contrast4j.data.Dataset;
import io.contrast4j.data.EpochOrder;
import io.contrast4j.data.MemoryFormat;
import io.contrast4j.data.OnCorrupt;
import io.contrast4j.data.PhotoCrops;
import io.contrast4j.dist.Ranks;
import io.contrast4j.dist.ThreadRanks;
import io.contrast4j.image.ColorSpace;
import io.contrast4j.image.RandomResizedCrop;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SharedUnreadableTest {
    private static final Dataset PHOTOS = new PhotoCrops.Config(40, 2, 1, 0.4).openTrain();

    /** A loader that has come upon these pictures. */
    private static BatchLoader having(Map<Long, String> unreadable) {
        BatchLoader loader = new BatchLoader(
                PHOTOS,
                new CropViews.Config(
                                1,
                                32,
                                List.of(new RandomResizedCrop.Config(0.2, 1, 0.75, 4 / 3.0)),
                                ColorSpace.RGB,
                                List.of(List.of(0, 1, 2)),
                                Optional.empty(),
                                Optional.empty(),
                                new CropViews.Config.Central(Optional.empty(), 32))
                        .random(),
                new EpochOrder.Shuffled(PHOTOS.size(), 2),
                new Batching(4, Batching.Last.DROP),
                3,
                new BatchLoader.Config(1, 2, OnCorrupt.REPLACE, MemoryFormat.CONTIGUOUS, false, true));
        loader.restore(Map.of("corrupt", unreadable), "the test");
        return loader;
    }

    private static List<String> shared(Ranks ranks, Map<Long, String> own) {
        BatchLoader loader = having(own);
        SharedUnreadable.among(ranks, loader);
        return loader.corruptFiles();
    }

    @Test
    void allKnowWhatOneCouldNotRead() {
        List<Map<Long, String>> found =
                List.of(Map.of(3L, "a folder/3.jpg"), Map.of(), Map.of(3L, "a folder/3.jpg", 7L, "tab\tand\nline.jpg"));
        assertThat(ThreadRanks.run(
                        3, ranks -> shared(ranks, found.get(ranks.world().rank()))))
                .allSatisfy(
                        files -> assertThat(files).containsExactlyInAnyOrder("a folder/3.jpg", "tab\tand line.jpg"));
    }

    @Test
    void whereNobodyHasFoundAnythingNothingIsKnown() {
        assertThat(ThreadRanks.run(2, ranks -> shared(ranks, Map.of()))).containsExactly(List.of(), List.of());
    }
}
