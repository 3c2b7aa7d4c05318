package io.contrast4j.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import io.contrast4j.tensor.TestDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is done to batches on a device is what is done to single pictures on the CPU. */
class BatchedChangesTest {
    private static final int SIDE = 40;

    private static Stream<Transform.Drawn> changes() {
        return Stream.of(
                new HorizontalFlip.Config(0.5),
                new Grayscale.Config(0.5),
                new Solarize.Config(0.5, 128),
                new Solarize.Config(1, 77.5),
                new ColorJitter.Config(1, 0.9, 0, 0, 0),
                new ColorJitter.Config(1, 0, 1.5, 0, 0),
                new ColorJitter.Config(1, 0, 0, 2, 0),
                new ColorJitter.Config(1, 0, 0, 0, 0.5),
                new ColorJitter.Config(0.8, 0.4, 0.4, 0.4, 0.4),
                new GaussianBlur.Config(0.5, 0.1, 2),
                new GaussianBlur.Config(1, 0.01, 9));
    }

    @ParameterizedTest
    @MethodSource("changes")
    void aBatchIsChangedPixelForPixelAsItsPicturesAre(Transform.Drawn step) {
        equalOn(TestDevice.cpu(), step);
    }

    @Tag("gpu")
    @ParameterizedTest
    @MethodSource("changes")
    void andSoItIsOnAGpu(Transform.Drawn step) {
        equalOn(TestDevice.cuda(), step);
    }

    private static void equalOn(Device device, Transform.Drawn step) {
        try (Scope scope = Scope.open()) {
            List<Mat> pictures = pictures();
            List<Optional<Change>> drawn = new ArrayList<>();
            List<byte[]> expected = new ArrayList<>();
            for (int i = 0; i < pictures.size(); i++) {
                Optional<Change> change = step.draw(CounterRandom.of(7, i));
                drawn.add(change);
                Mat own = pictures.get(i);
                expected.add(Mats.bytes(change.map(c -> c.apply(own)).orElse(own)));
            }
            Tensor pixels = Tensors.to(pixels(pictures), device);
            BatchedChanges.apply(pixels, drawn);
            float[] actual = Tensors.floats(pixels.permute(0, 2, 3, 1));
            for (int i = 0; i < expected.size(); i++) {
                byte[] bytes = expected.get(i);
                for (int at = 0; at < bytes.length; at++) {
                    int value = (int) actual[i * bytes.length + at];
                    if (value != (bytes[at] & 0xFF)) {
                        assertThat(value)
                                .as("picture %d, value %d, %s", i, at, drawn.get(i))
                                .isEqualTo(bytes[at] & 0xFF);
                    }
                }
            }
            assertThat(drawn).anyMatch(Optional::isPresent);
        }
    }

    /** Noise, greys, few colours, and photographs. */
    private static List<Mat> pictures() {
        List<Mat> pictures = new ArrayList<>();
        Random random = new Random(5);
        for (int i = 0; i < 12; i++) {
            byte[] values = new byte[SIDE * SIDE * 3];
            random.nextBytes(values);
            for (int at = 0; at < values.length; at++) {
                if (i % 4 == 1) {
                    values[at] = values[at - at % 3];
                } else if (i % 4 == 2) {
                    values[at] = (byte) (values[at] < 0 ? 255 : 0);
                } else if (i % 4 == 3) {
                    values[at] = (byte) (at / 20 + values[at] / 16);
                }
            }
            pictures.add(Mats.rgb(SIDE, SIDE, values));
        }
        return pictures;
    }

    private static Tensor pixels(List<Mat> pictures) {
        float[] values = new float[pictures.size() * SIDE * SIDE * 3];
        int at = 0;
        for (Mat picture : pictures) {
            for (byte value : Mats.bytes(picture)) {
                values[at++] = value & 0xFF;
            }
        }
        return Tensors.of(values, pictures.size(), SIDE, SIDE, 3)
                .permute(0, 3, 1, 2)
                .contiguous()
                .to(ScalarType.Float);
    }

    @Test
    void aBatchIsScaledByteForByteAsItsPicturesAre() {
        scaledOn(TestDevice.cpu());
    }

    @Test
    @Tag("gpu")
    void andSoItIsOnAGpuWithAnyPrecision() {
        scaledOn(TestDevice.cuda());
    }

    private static void scaledOn(Device device) {
        int[][] sides = {{40, 40}, {37, 91}, {300, 20}, {1, 1}, {2, 500}, {64, 32}, {224, 180}, {31, 33}};
        try (Scope scope = Scope.open()) {
            Random random = new Random(3);
            List<BatchedResampling.Region> regions = new ArrayList<>();
            List<byte[]> all = new ArrayList<>();
            List<byte[]> expected = new ArrayList<>();
            long offset = 0;
            for (int[] side : sides) {
                byte[] values = new byte[side[0] * side[1] * 3];
                random.nextBytes(values);
                Mat picture = Mats.rgb(side[0], side[1], values);
                expected.add(Mats.bytes(Resampling.resize(picture, Box.of(picture), 32, 32)));
                all.add(values);
                regions.add(new BatchedResampling.Region(offset, side[0], side[1]));
                offset += values.length;
            }
            Tensor bytes = Tensors.empty(ScalarType.Byte, offset);
            for (int i = 0, at = 0; i < all.size(); at += all.get(i).length, i++) {
                Tensors.bytes(bytes).position(at).put(all.get(i));
            }
            try (Tensor resized = BatchedResampling.resized(Tensors.to(bytes, device), regions, 32)) {
                float[] actual = Tensors.floats(resized.permute(0, 2, 3, 1));
                for (int i = 0; i < expected.size(); i++) {
                    byte[] own = expected.get(i);
                    byte[] found = new byte[own.length];
                    for (int at = 0; at < own.length; at++) {
                        found[at] = (byte) actual[i * own.length + at];
                    }
                    assertThat(found).as("picture %d", i).isEqualTo(own);
                }
            }
        }
    }
}
