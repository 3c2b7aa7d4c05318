package io.contrast4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TensorsTest {
    @Property(tries = 100)
    void arraysComeBackAsTheyWent(
            @ForAll @Size(max = 12) double[] doubles,
            @ForAll @Size(max = 12) float[] floats,
            @ForAll @Size(max = 12) long[] longs) {
        try (Scope scope = Scope.open()) {
            assertThat(Tensors.doubles(Tensors.of(doubles, doubles.length))).isEqualTo(doubles);
            assertThat(Tensors.floats(Tensors.of(floats, floats.length))).isEqualTo(floats);
            assertThat(Tensors.longs(Tensors.of(longs, 1, longs.length))).isEqualTo(longs);
        }
    }

    @Test
    void valuesAreInRowMajorOrderWhateverTheLayout() {
        try (Scope scope = Scope.open()) {
            Tensor matrix = Tensors.of(new double[] {1, 2, 3, 4, 5, 6}, 2, 3);
            assertThat(Tensors.shape(matrix)).containsExactly(2, 3);
            assertThat(Tensors.doubles(matrix.t())).containsExactly(1, 4, 2, 5, 3, 6);
            assertThat(Tensors.longs(matrix.narrow(1, 1, 2))).containsExactly(2, 3, 5, 6);
            assertThat(Tensors.floats(matrix.select(0, 1))).containsExactly(4, 5, 6);
            assertThat(Tensors.doubles(matrix.to(ScalarType.BFloat16))).containsExactly(1, 2, 3, 4, 5, 6);
            assertThat(Tensors.scalar(matrix.select(0, 0).select(0, 2))).isEqualTo(3);
        }
    }

    @Test
    void aTensorThatRecordsGradientsCanBeRead() {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensors.of(new double[] {1, 2}, 2).set_requires_grad(true);
            assertThat(Tensors.doubles(x.mul(x))).containsExactly(1, 4);
            assertThat(Tensors.scalar(x.sum())).isEqualTo(3);
        }
    }

    /** Small ones as they are, large ones through pinned memory. */
    @ParameterizedTest
    @ValueSource(ints = {1, 1 << 13, (1 << 13) + 1, 1 << 20})
    @Tag("gpu")
    void aTensorOnItsWayToAGpuMayBeClosedAndChanged(int length) {
        Device gpu = TestDevice.cuda();
        long[] numbers = LongStream.range(0, length).toArray();
        try (Scope scope = Scope.open()) {
            Tensor there;
            try (Tensor here = Tensors.of(numbers, length)) {
                there = Tensors.to(here, gpu);
                here.zero_();
            }
            assertThat(there.is_cuda()).isTrue();
            assertThat(Tensors.longs(there)).isEqualTo(numbers);
        }
    }

    @Test
    void bytesAreSharedAndLittleEndian() {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensors.of(new long[] {1, 2, 3, 4}, 4);
            ByteBuffer tail = Tensors.bytes(x.narrow(0, 2, 2));
            assertThat(tail.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
            assertThat(tail.remaining()).isEqualTo(16);
            assertThat(tail.getLong(0)).isEqualTo(3);
            tail.putLong(8, -7);
            assertThat(Tensors.longs(x)).containsExactly(1, 2, 3, -7);
            assertThat(Tensors.bytes(Tensors.empty(ScalarType.Float, 0, 5)).remaining())
                    .isZero();
        }
    }

    @Test
    void aTensorWithGapsHasNoBytes() {
        try (Scope scope = Scope.open()) {
            Tensor matrix = Tensors.zeros(ScalarType.Float, 2, 3);
            for (Tensor gaps : Arrays.asList(matrix.t(), matrix.narrow(1, 0, 2))) {
                assertThatThrownBy(() -> Tensors.bytes(gaps))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("only a contiguous tensor on the CPU has bytes to share");
            }
        }
    }

    @Test
    void valuesThatDoNotFillTheShapeAreRefused() {
        try (Scope scope = Scope.open()) {
            assertThatThrownBy(() -> Tensors.of(new float[] {1, 2, 3}, 2, 2))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("3 values do not fill a tensor of shape [2, 2]");
            assertThatThrownBy(() -> Tensors.of(new double[] {1, 2, 3}, 2))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> Tensors.of(new long[] {}, 1)).isInstanceOf(IllegalArgumentException.class);
            assertThat(Tensors.doubles(Tensors.of(new double[] {0.1})))
                    .as("0-d")
                    .containsExactly(new double[] {0.1}, within(0.0));
        }
    }

    @Test
    void unitRowsOfSixteenBitsAreFloat32() {
        try (Scope scope = Scope.open()) {
            // In half precision the sum of squares would be infinite.
            Tensor half = Tensors.of(new float[] {600, 800, 0, 0}, 2, 2).to(ScalarType.Half);
            Tensor unit = Tensors.unitRows(half);
            assertThat(unit.scalar_type().intern()).isEqualTo(ScalarType.Float);
            assertThat(Tensors.floats(unit)).containsExactly(new float[] {0.6f, 0.8f, 0, 0}, within(1e-7f));
            assertThat(Tensors.wide(half.to(ScalarType.BFloat16)).scalar_type().intern())
                    .isEqualTo(ScalarType.Float);
            assertThat(Tensors.wide(half.to(ScalarType.Double)).scalar_type().intern())
                    .isEqualTo(ScalarType.Double);
        }
    }
}
