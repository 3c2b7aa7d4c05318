package io.contrast4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.concurrent.CompletableFuture;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class AutocastTest {
    /** What a product is computed in now. */
    private static ScalarType typeOfProducts() {
        try (Scope scope = Scope.open()) {
            Tensor one = torch.torch_ones(1, 1);
            return one.matmul(one).scalar_type().intern();
        }
    }

    @Test
    void productsAreShorterInsideAndAsBeforeOutside() {
        try (Scope scope = Scope.open()) {
            Device cpu = Tensors.device("cpu");
            assertThat(typeOfProducts()).isEqualTo(ScalarType.Float);
            try (Autocast autocast = Autocast.open(cpu, ScalarType.BFloat16)) {
                assertThat(typeOfProducts()).isEqualTo(ScalarType.BFloat16);
            }
            assertThat(typeOfProducts()).isEqualTo(ScalarType.Float);
        }
    }

    @Test
    void guardsNest() {
        try (Scope scope = Scope.open()) {
            Device cpu = Tensors.device("cpu");
            try (Autocast outer = Autocast.open(cpu, ScalarType.BFloat16)) {
                try (Autocast off = Autocast.open(cpu, ScalarType.Float)) {
                    assertThat(typeOfProducts()).isEqualTo(ScalarType.Float);
                    try (Autocast half = Autocast.open(cpu, ScalarType.Half)) {
                        assertThat(typeOfProducts()).isEqualTo(ScalarType.Half);
                    }
                    assertThat(typeOfProducts()).isEqualTo(ScalarType.Float);
                }
                assertThat(typeOfProducts()).isEqualTo(ScalarType.BFloat16);
            }
            assertThat(typeOfProducts()).isEqualTo(ScalarType.Float);
        }
    }

    @Test
    void itEndsWithAnExceptionToo() {
        try (Scope scope = Scope.open()) {
            try (Autocast autocast = Autocast.open(Tensors.device("cpu"), ScalarType.BFloat16)) {
                throw new IllegalStateException("meant");
            } catch (IllegalStateException meant) {
                assertThat(typeOfProducts()).isEqualTo(ScalarType.Float);
            }
        }
    }

    @Test
    void otherThreadsAreLeftAlone() {
        try (Scope scope = Scope.open();
                Autocast autocast = Autocast.open(Tensors.device("cpu"), ScalarType.BFloat16)) {
            assertThat(CompletableFuture.supplyAsync(AutocastTest::typeOfProducts)
                            .join())
                    .isEqualTo(ScalarType.Float);
        }
    }

    /** What was converted in one step is not used in the next one, when the parameter has moved. */
    @Test
    void convertedParametersAreForgotten() {
        try (Scope scope = Scope.open()) {
            Device cpu = Tensors.device("cpu");
            Tensor weight = torch.torch_ones(1, 1).set_requires_grad(true);
            Tensor one = torch.torch_ones(1, 1);
            for (int step = 0; step < 3; step++) {
                Tensor product;
                try (Autocast autocast = Autocast.open(cpu, ScalarType.BFloat16)) {
                    product = one.matmul(weight);
                }
                assertThat(Tensors.scalar(product)).isEqualTo(1 << step);
                product.sum().backward();
                assertThat(weight.grad().scalar_type().intern()).isEqualTo(ScalarType.Float);
                assertThat(Tensors.scalar(weight.grad())).isCloseTo(1 + step, within(0.0));
                try (NoGrad noGrad = NoGrad.open()) {
                    weight.mul_(Tensors.scalar(2));
                }
            }
        }
    }
}
