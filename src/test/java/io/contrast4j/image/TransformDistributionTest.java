package io.contrast4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.image.ColorJitter.Adjustment;
import io.contrast4j.image.ColorJitter.Operation;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.InvalidValues;
import io.contrast4j.tensor.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.opencv.opencv_core.Mat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is random is distributed as it is said to be. */
class TransformDistributionTest {
    private static final int DRAWS = 20_000;

    static Stream<Transform.Config> withProbability() {
        return Stream.of(
                new HorizontalFlip.Config(0.3),
                new ColorJitter.Config(0.3, 0.4, 0.4, 0.4, 0.1),
                new Grayscale.Config(0.3),
                new GaussianBlur.Config(0.3, 0.1, 2),
                new Solarize.Config(0.3, 128),
                new Cutout.Config(0.3, 0.5, false, List.of(0, 0, 0)),
                new RandomErasing.Config(0.3, 0.02, 0.4, 0.3, 10));
    }

    @ParameterizedTest
    @MethodSource
    void withProbability(Transform.Config config) {
        Transform transform = config.create(4);
        CounterRandom rng = CounterRandom.of(11);
        int draws = 2000;
        int applied = 0;
        for (int i = 0; i < draws; i++) {
            try (Scope scope = Scope.open()) {
                Mat rgb = Mats.rgb(4, 4, noise(4, 4));
                applied += transform.apply(rgb, rng) == rgb ? 0 : 1;
            }
        }
        assertThat(applied / (double) draws).isCloseTo(0.3, within(5 * Math.sqrt(0.21 / draws)));
    }

    @Test
    void jitterDrawsEveryOrderEquallyOftenAndUniformAmounts() {
        ColorJitter jitter = new ColorJitter(new ColorJitter.Config(1, 0.4, 1.5, 0.2, 0.1));
        CounterRandom rng = CounterRandom.of(12);
        Map<List<Operation>, Integer> orders = new HashMap<>();
        Map<Operation, List<Double>> amounts = new HashMap<>();
        for (int i = 0; i < DRAWS; i++) {
            List<Adjustment> drawn = jitter.draw(rng);
            orders.merge(drawn.stream().map(Adjustment::operation).toList(), 1, Integer::sum);
            drawn.forEach(adjustment -> amounts.computeIfAbsent(adjustment.operation(), key -> new ArrayList<>())
                    .add(adjustment.amount()));
        }
        assertThat(orders).hasSize(24);
        assertUniform(orders.values().stream().mapToInt(Integer::intValue).toArray());
        assertUniform(amounts.get(Operation.BRIGHTNESS), 0.6, 1.4);
        assertUniform(amounts.get(Operation.CONTRAST), 0, 2.5);
        assertUniform(amounts.get(Operation.SATURATION), 0.8, 1.2);
        assertUniform(amounts.get(Operation.HUE), -0.1, 0.1);
    }

    @Test
    void aStrengthOfZeroLeavesItsOperationOut() {
        ColorJitter jitter = new ColorJitter(new ColorJitter.Config(1, 0, 0.4, 0, 0.1));
        CounterRandom rng = CounterRandom.of(13);
        for (int i = 0; i < 50; i++) {
            assertThat(jitter.draw(rng))
                    .extracting(Adjustment::operation)
                    .containsExactlyInAnyOrder(Operation.CONTRAST, Operation.HUE);
        }
        try (Scope scope = Scope.open()) {
            Mat rgb = Mats.rgb(2, 2, noise(2, 2));
            Transform nothing = new ColorJitter(new ColorJitter.Config(1, 0, 0, 0, 0));
            assertThat(nothing.apply(rgb, rng)).isSameAs(rgb);
        }
    }

    @Test
    void randAugmentDrawsEveryOperationAndSignEquallyOften() {
        RandAugment augment = new RandAugment(new RandAugment.Config(2, 9));
        CounterRandom rng = CounterRandom.of(14);
        int n = RandAugment.Operation.values().length;
        int[] pairs = new int[n * n];
        Map<RandAugment.Operation, int[]> signs = new HashMap<>();
        for (int i = 0; i < 4 * DRAWS; i++) {
            List<RandAugment.Drawn> drawn = augment.draw(rng);
            pairs[
                    drawn.get(0).operation().ordinal() * n
                            + drawn.get(1).operation().ordinal()]++;
            drawn.forEach(one -> {
                assertThat(Math.abs(one.value())).isEqualTo(one.operation().value(9));
                signs.computeIfAbsent(one.operation(), key -> new int[2])[one.value() < 0 ? 1 : 0]++;
            });
        }
        assertUniform(pairs);
        EnumSet<RandAugment.Operation> signed = EnumSet.of(
                RandAugment.Operation.ROTATE,
                RandAugment.Operation.SHEAR_X,
                RandAugment.Operation.SHEAR_Y,
                RandAugment.Operation.TRANSLATE_X,
                RandAugment.Operation.TRANSLATE_Y);
        signs.forEach((operation, counts) -> {
            if (signed.contains(operation)) {
                assertUniform(counts);
            } else {
                assertThat(counts[1]).as(operation.name()).isZero();
            }
        });
    }

    @Test
    void cutoutCoversASquareAtAUniformPlace() {
        CounterRandom rng = CounterRandom.of(15);
        Cutout across = new Cutout(new Cutout.Config(1, 0.5, false, List.of(0, 0, 0)));
        Cutout inside = new Cutout(new Cutout.Config(1, 0.5, true, List.of(0, 0, 0)));
        int[] tops = new int[11];
        int[] insideLefts = new int[16 - 5 + 1];
        for (int i = 0; i < DRAWS; i++) {
            Box box = across.box(10, 16, rng);
            assertThat(box.height()).isEqualTo(5);
            assertThat(box.width()).isEqualTo(5);
            tops[box.top() + 2]++;
            insideLefts[inside.box(10, 16, rng).left()]++;
        }
        // A centre may be on any of the ten rows.
        assertThat(tops[10]).isZero();
        assertUniform(Arrays.copyOf(tops, 10));
        assertUniform(insideLefts);
        Cutout even = new Cutout(new Cutout.Config(1, 0.6, false, List.of(0, 0, 0)));
        int[] evenTops = new int[11];
        for (int i = 0; i < DRAWS; i++) {
            evenTops[even.box(10, 16, rng).top() + 3]++;
        }
        assertUniform(evenTops);
    }

    @Test
    void cutoutPaintsNothingButItsSquare() {
        try (Scope scope = Scope.open()) {
            byte[] white = new byte[8 * 12 * 3];
            Arrays.fill(white, (byte) 255);
            Transform cutout = new Cutout(new Cutout.Config(1, 0.5, true, List.of(10, 20, 30)));
            byte[] covered = Mats.bytes(cutout.apply(Mats.rgb(8, 12, white), CounterRandom.of(16)));
            int count = 0;
            for (int i = 0; i < covered.length; i += 3) {
                if (covered[i] != -1) {
                    assertThat(new byte[] {covered[i], covered[i + 1], covered[i + 2]})
                            .containsExactly(10, 20, 30);
                    count++;
                }
            }
            assertThat(count).isEqualTo(16);
        }
    }

    @Test
    void erasedRectanglesHaveTheirAreaAspectAndPlace() {
        RandomErasing erasing = new RandomErasing(new RandomErasing.Config(1, 0.1, 0.2, 0.5, 10));
        CounterRandom rng = CounterRandom.of(17);
        List<Double> areas = new ArrayList<>();
        double top = 0;
        for (int i = 0; i < DRAWS; i++) {
            Box box = erasing.box(300, 400, rng);
            areas.add(box.height() * box.width() / 120_000.0);
            assertThat((double) box.height() / box.width()).isBetween(0.49, 2.05);
            assertThat(box.top() + box.height()).isLessThanOrEqualTo(300);
            assertThat(box.left() + box.width()).isLessThanOrEqualTo(400);
            top += (double) box.top() / (300 - box.height()) / DRAWS;
        }
        assertThat(areas).allMatch(area -> area > 0.097 && area <= 0.2);
        assertThat(top).isCloseTo(0.5, within(0.02));
        assertThat(areas.stream().mapToDouble(area -> area).average().orElseThrow())
                .isCloseTo(0.1488, within(0.002)); // 0.15, and both sides rounded down
    }

    @Test
    void aRectangleThatNeverFitsIsNotErased() {
        RandomErasing erasing = new RandomErasing(new RandomErasing.Config(1, 1, 1, 1, 10));
        try (Scope scope = Scope.open()) {
            byte[] pixels = noise(5, 5);
            assertThat(Mats.bytes(erasing.apply(Mats.rgb(5, 5, pixels), CounterRandom.of(18))))
                    .isEqualTo(pixels);
        }
    }

    @Test
    void paddedCropsAreAtUniformPlacesAndBlackOutside() {
        CounterRandom rng = CounterRandom.of(19);
        RandomCrop crop = new RandomCrop(4, 2);
        byte[] pixels = new byte[4 * 4 * 3];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (i / 3 + 1); // each pixel has its own grey
        }
        int[] places = new int[25];
        for (int i = 0; i < 5000; i++) {
            try (Scope scope = Scope.open()) {
                byte[] square = Mats.bytes(crop.apply(Mats.rgb(4, 4, pixels), rng));
                // Pixel (2, 2) of every crop is a pixel of the picture, or outside of it.
                int first = -1;
                for (int k = 0; k < 16 && first < 0; k++) {
                    first = square[3 * k] != 0 ? k : -1;
                }
                int grey = square[3 * first] - 1;
                int top = grey / 4 - first / 4;
                int left = grey % 4 - first % 4;
                places[(top + 2) * 5 + left + 2]++;
                for (int k = 0; k < 16; k++) {
                    int y = k / 4 + top;
                    int x = k % 4 + left;
                    int expected = y < 0 || y > 3 || x < 0 || x > 3 ? 0 : y * 4 + x + 1;
                    assertThat((int) square[3 * k]).isEqualTo(expected);
                }
            }
        }
        assertUniform(places);
    }

    @Test
    void impossibleValuesAreNamed() {
        assertThatThrownBy(() -> new ColorJitter.Config(2, -1, Double.NaN, 0, 0.6))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContaining("probability = 2")
                .hasMessageContaining("brightness = -1")
                .hasMessageContaining("contrast = NaN")
                .hasMessageContaining("hue = 0.6");
        assertThatThrownBy(() -> new GaussianBlur.Config(0.5, 0, -1))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContaining("minSigma")
                .hasMessageContaining("maxSigma");
        assertThatThrownBy(() -> new Cutout.Config(0.5, 1.5, true, List.of(0, 256, 0)))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContaining("size = 1.5")
                .hasMessageContaining("colour");
        assertThatThrownBy(() -> new RandAugment.Config(0, 31))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContaining("count = 0")
                .hasMessageContaining("magnitude = 31");
    }

    private static byte[] noise(int height, int width) {
        byte[] pixels = new byte[height * width * 3];
        new Random(1).nextBytes(pixels);
        return pixels;
    }

    /** Chi-square of equally likely outcomes: no further above its mean than five of its standard deviations. */
    private static void assertUniform(int[] counts) {
        double mean = Arrays.stream(counts).average().orElseThrow();
        double chi2 = 0;
        for (int count : counts) {
            chi2 += (count - mean) * (count - mean) / mean;
        }
        int freedom = counts.length - 1;
        assertThat(chi2).isLessThan(freedom + 5 * Math.sqrt(2.0 * freedom) + 5);
    }

    /** Twenty classes of equal width. */
    private static void assertUniform(List<Double> values, double low, double high) {
        int[] counts = new int[20];
        for (double value : values) {
            assertThat(value).isBetween(low, high);
            counts[Math.min(counts.length - 1, (int) ((value - low) / (high - low) * counts.length))]++;
        }
        assertUniform(counts);
    }
}
