package io.contrast4j.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TensorPoolTest {
    private final TensorPool pool = new TensorPool(new BatchMemory(MemoryFormat.CHANNELS_LAST, false), 3);

    @AfterEach
    void close() {
        pool.close();
    }

    private Tensor take(float value, long... shape) {
        Tensor taken = pool.take(shape);
        try (Scalar filling = new Scalar(value);
                Scope scope = Scope.open()) {
            taken.fill_(filling);
        }
        return taken;
    }

    private Tensor take(float value) {
        return take(value, 2, 3, 4, 4);
    }

    private static long address(Tensor tensor) {
        return tensor.data_ptr().address();
    }

    private static float mean(Tensor tensor) {
        try (Scope scope = Scope.open()) {
            return tensor.mean().item_float();
        }
    }

    @Test
    void memoryIsUsedAgainWhenItsTensorIsClosed() {
        Tensor first = take(1);
        Tensor second = take(2);
        assertThat(address(second)).isNotEqualTo(address(first));
        long free = address(first);
        first.close();
        try (Tensor third = take(3)) {
            assertThat(address(third)).isEqualTo(free);
            assertThat(Tensors.shape(third)).containsExactly(2, 3, 4, 4);
            assertThat(third.is_contiguous(torch.MemoryFormat.ChannelsLast)).isTrue();
            assertThat(mean(second)).isEqualTo(2);
        }
        second.close();
    }

    @Test
    void whatWasCutOutOfATensorHoldsItsMemory() {
        Tensor first = take(1);
        Tensor cut = first.select(0, 1);
        first.close();
        try (Tensor second = take(2)) {
            assertThat(mean(cut)).isEqualTo(1);
            assertThat(mean(second)).isEqualTo(2);
        }
        cut.close();
    }

    @Test
    void aGradientThatIsStillToBeComputedHoldsItsMemory() {
        try (Scope scope = Scope.open()) {
            Tensor weight = Tensors.of(new double[] {1}, 1).set_requires_grad(true);
            Tensor first = Scope.keep(take(5));
            Tensor product = first.mul(weight).mean();
            first.close();
            Tensor second = take(2);
            product.backward();
            assertThat(weight.grad().item_float()).isEqualTo(5);
            second.close();
        }
    }

    @Test
    void memoryOfAnotherShapeIsLeftAlone() {
        take(1).close();
        try (Tensor other = take(2, 2, 4, 4, 3)) {
            assertThat(Tensors.shape(other)).containsExactly(2, 4, 4, 3);
        }
    }

    @Test
    void whatIsSaidOfATensorIsForgottenWithIt() {
        try (Tensor first = take(1)) {
            first.set_requires_grad(true);
        }
        try (Tensor second = pool.take(2, 3, 4, 4)) {
            assertThat(second.requires_grad()).isFalse();
        }
    }

    @Test
    void moreThanItHoldsAndWhatOutlivesItKeepTheirValues() {
        List<Tensor> taken = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            taken.add(take(i));
        }
        pool.close();
        assertThat(taken).extracting(TensorPoolTest::mean).containsExactly(0f, 1f, 2f, 3f, 4f, 5f, 6f);
        taken.forEach(Tensor::close);
    }
}
