package io.contrast4j.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Scope;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Scalar;

/** Every transform takes pictures of every size. */
class TransformSizesTest {
    /** Longer pictures are not scaled: of a line of pixels, the longer side would become enormous. */
    private static final int LONGEST_SCALED = 8;

    @Property(tries = 40)
    void ofSmallPictures(
            @ForAll @IntRange(min = 1, max = 90) int height,
            @ForAll @IntRange(min = 1, max = 90) int width,
            @ForAll @IntRange(min = 1, max = 100) int size,
            @ForAll long seed) {
        check(height, width, size, seed);
    }

    @Property(tries = 3)
    void ofLargePictures(
            @ForAll @IntRange(min = 1, max = 3000) int height,
            @ForAll @IntRange(min = 1, max = 4000) int width,
            @ForAll @IntRange(min = 1, max = 300) int size,
            @ForAll long seed) {
        check(height, width, size, seed);
    }

    private static List<Transform.Config> square() {
        return List.of(
                new RandomResizedCrop.Config(0.2, 1, 0.75, 4.0 / 3), new RandomCrop.Config(4), new CenterCrop.Config());
    }

    private static List<Transform.Config> sameSize() {
        return List.of(
                new HorizontalFlip.Config(1),
                new ColorJitter.Config(1, 0.4, 0.4, 0.4, 0.1),
                new Grayscale.Config(1),
                new GaussianBlur.Config(1, 0.1, 2),
                new Solarize.Config(1, 128),
                new RandAugment.Config(2, 9),
                new Cutout.Config(1, 0.5, false, List.of(1, 2, 3)),
                new Cutout.Config(1, 0.7, true, List.of(1, 2, 3)),
                new RandomErasing.Config(1, 0.02, 0.4, 0.3, 10));
    }

    private static void check(int height, int width, int size, long seed) {
        try (Scope scope = Scope.open()) {
            byte[] pixels = new byte[height * width * 3];
            new Random(seed).nextBytes(pixels);
            Mat rgb = Mats.rgb(height, width, pixels);
            for (Transform.Config config : square()) {
                if (!(config instanceof CenterCrop.Config) || size <= Math.min(height, width)) {
                    check(config, rgb, size, size, size, seed);
                }
            }
            for (Transform.Config config : sameSize()) {
                check(config, rgb, size, height, width, seed);
            }
            for (RandAugment.Operation operation : RandAugment.Operation.values()) {
                try (Scope one = Scope.open()) {
                    Mat changed = operation.apply(rgb, operation.value(9), CounterRandom.of(seed));
                    assertThat(List.of(changed.type(), changed.rows(), changed.cols()))
                            .as(operation.name())
                            .containsExactly(opencv_core.CV_8UC3, height, width);
                }
            }
            int shorter = Math.min(height, width);
            int longer = Math.max(height, width);
            if (longer <= LONGEST_SCALED * shorter) {
                int scaled = longer == shorter ? size : size * longer / shorter;
                boolean tall = height > width;
                check(new Resize.Config(size), rgb, 1, tall ? scaled : size, tall ? size : scaled, seed);
            }
            assertThat(Arrays.equals(Mats.bytes(rgb), pixels))
                    .as("the input is left alone")
                    .isTrue();
        }
    }

    private static void check(Transform.Config config, Mat rgb, int size, int height, int width, long seed) {
        try (Scope scope = Scope.open()) {
            Mat changed = config.create(size).apply(rgb, CounterRandom.of(seed));
            assertThat(List.of(changed.type(), changed.rows(), changed.cols()))
                    .as(config.toString())
                    .containsExactly(opencv_core.CV_8UC3, height, width);
            Mat again = config.create(size).apply(rgb, CounterRandom.of(seed));
            assertThat(Arrays.equals(Mats.bytes(again), Mats.bytes(changed)))
                    .as("%s draws from its generator only", config)
                    .isTrue();
            // Of a part of a picture, whose rows do not follow each other in memory.
            Mat wide = new Mat();
            opencv_core.copyMakeBorder(rgb, wide, 1, 2, 1, 2, opencv_core.BORDER_CONSTANT, new Scalar(9));
            Mat part = new Box(1, 1, rgb.rows(), rgb.cols()).cut(wide);
            Mat ofPart = config.create(size).apply(part, CounterRandom.of(seed));
            assertThat(Arrays.equals(Mats.bytes(ofPart), Mats.bytes(changed)))
                    .as("%s of a part of a picture", config)
                    .isTrue();
        }
    }
}
