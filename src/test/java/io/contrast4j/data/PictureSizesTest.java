package io.contrast4j.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.image.ColorSpace;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;
import net.jqwik.api.Tuple.Tuple2;
import org.bytedeco.pytorch.Tensor;

/** Pictures of every size, from the file to the batch. */
class PictureSizesTest {
    /** From 1×1 to 3000×4000: most are small, some are thin, few are large. */
    @Provide
    Arbitrary<Tuple2<Integer, Integer>> sizes() {
        Arbitrary<Integer> tiny = Arbitraries.integers().between(1, 8);
        Arbitrary<Integer> small = Arbitraries.integers().between(1, 400);
        return Arbitraries.frequencyOf(
                Tuple.of(4, Combinators.combine(tiny, tiny).as(Tuple::of)),
                Tuple.of(10, Combinators.combine(small, small).as(Tuple::of)),
                Tuple.of(
                        3,
                        Combinators.combine(tiny, Arbitraries.integers().between(1, 4000))
                                .as(Tuple::of)),
                Tuple.of(
                        3,
                        Combinators.combine(Arbitraries.integers().between(1, 3000), tiny)
                                .as(Tuple::of)),
                Tuple.of(
                        1,
                        Combinators.combine(
                                        Arbitraries.integers().between(1000, 3000),
                                        Arbitraries.integers().between(1000, 4000))
                                .as(Tuple::of)));
    }

    @Property(tries = 60, shrinking = ShrinkingMode.OFF)
    void everySizeBecomesABatch(
            @ForAll("sizes") Tuple2<Integer, Integer> size, @ForAll long seed, @ForAll boolean central)
            throws IOException {
        Path folder = Files.createTempDirectory("sizes");
        try {
            String format = List.of("jpg", "png", "webp", "bmp", "tif")
                    .get(CounterRandom.of(seed).nextInt(5));
            for (int i = 0; i < 2; i++) {
                Pictures.write(folder.resolve("class/" + i + "." + format), size.get1(), size.get2(), (int) seed + i);
            }
            CropViews.Config config = CropViewsTest.split(ColorSpace.LAB, 24);
            BatchLoader loader = new BatchLoader(
                    ImageFolder.open(folder),
                    central ? config.central(config.crops()) : config.random(),
                    new EpochOrder.Sequential(2),
                    new Batching(2, Batching.Last.DROP),
                    seed,
                    new BatchLoader.Config(2, 1, OnCorrupt.FAIL, MemoryFormat.CONTIGUOUS, true, true));
            try (Batches batches = loader.epoch(0);
                    Batch batch = batches.next();
                    Scope scope = Scope.open()) {
                assertThat(Tensors.shape(batch.views().get(0))).containsExactly(2, 1, 24, 24);
                assertThat(Tensors.shape(batch.views().get(1))).containsExactly(2, 2, 24, 24);
                for (Tensor view : batch.views()) {
                    for (float value : Tensors.floats(view)) {
                        assertThat(value).isBetween(-1.2f, 1.2f);
                    }
                }
            }
        } finally {
            try (Stream<Path> made = Files.walk(folder)) {
                for (Path path : made.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }
}
