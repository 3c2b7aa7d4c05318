package io.contrast4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class CustomGradientTest {
    /** x ↦ x·Aᵀ with its gradient by hand. */
    private static Tensor product(Tensor x, Tensor a) {
        return CustomGradient.of(x, () -> x.matmul(a.t()), gradient -> gradient.matmul(a));
    }

    private static Tensor random(long... shape) {
        return torch.randn(shape).to(ScalarType.Double);
    }

    @Test
    void valuesAndGradientsAreThoseOfTheRecordedOperation() {
        try (Scope scope = Scope.open()) {
            Tensor a = random(7, 3);
            Tensor recorded = random(5, 3).set_requires_grad(true);
            Tensor custom = recorded.detach().clone().set_requires_grad(true);

            Tensor expected = recorded.mul(new Scalar(2.0)).matmul(a.t());
            Tensor actual = product(custom.mul(new Scalar(2.0)), a);
            assertThat(Tensors.doubles(actual)).isEqualTo(Tensors.doubles(expected));

            expected.logsumexp(1).sum().backward();
            actual.logsumexp(1).sum().backward();
            assertThat(Tensors.doubles(custom.grad())).containsExactly(Tensors.doubles(recorded.grad()), within(1e-12));
        }
    }

    @Test
    void itMayBeUsedSeveralTimesInOneGraphAndBesideOtherOperations() {
        try (Scope scope = Scope.open()) {
            Tensor a = random(4, 3);
            Tensor b = random(6, 3);
            Tensor recorded = random(2, 3).set_requires_grad(true);
            Tensor custom = recorded.detach().clone().set_requires_grad(true);

            recorded.matmul(a.t())
                    .exp()
                    .sum()
                    .add(recorded.matmul(b.t()).sin().sum())
                    .add(recorded.pow(new Scalar(2.0)).sum())
                    .backward();
            product(custom, a)
                    .exp()
                    .sum()
                    .add(product(custom, b).sin().sum())
                    .add(custom.pow(new Scalar(2.0)).sum())
                    .backward();
            assertThat(Tensors.doubles(custom.grad())).containsExactly(Tensors.doubles(recorded.grad()), within(1e-12));
        }
    }

    @Test
    void twoBackwardPassesAddUp() {
        try (Scope scope = Scope.open()) {
            Tensor a = random(4, 3);
            Tensor x = random(2, 3).set_requires_grad(true);
            for (int pass = 0; pass < 2; pass++) {
                product(x, a).sum().backward();
            }
            double[] once = Tensors.doubles(a.sum(0));
            double[] both = Tensors.doubles(x.grad());
            for (int i = 0; i < both.length; i++) {
                assertThat(both[i]).isCloseTo(2 * once[i % 3], within(1e-12));
            }
        }
    }

    @Test
    void withoutRecordingItIsThePlainOperation() {
        try (Scope scope = Scope.open()) {
            Tensor a = random(4, 3);
            assertThat(product(random(2, 3), a).requires_grad()).isFalse();
            try (NoGrad noGrad = NoGrad.open()) {
                assertThat(product(random(2, 3).set_requires_grad(true), a).requires_grad())
                        .isFalse();
            }
        }
    }

    @Test
    void aFailureInTheBackwardPassReachesTheCaller() {
        try (Scope scope = Scope.open()) {
            Tensor x = random(2, 3).set_requires_grad(true);
            Tensor y = CustomGradient.of(x, () -> x.mul(new Scalar(3.0)), gradient -> {
                throw new IllegalStateException("no gradient today");
            });
            assertThatThrownBy(() -> y.sum().backward()).hasMessageContaining("no gradient today");
        }
    }

    @Test
    void memoryStaysFlat() {
        long after = 0;
        // A table has 640 kB: a leak of one in each step would be 640 MB.
        for (int step = 0; step < 1100; step++) {
            try (Scope scope = Scope.open()) {
                Tensor a = torch.ones(400, 8);
                Tensor x = torch.ones(400, 8).set_requires_grad(true);
                product(x, a).sum().backward();
            }
            if (step == 99) {
                after = Pointer.physicalBytes();
            }
        }
        assertThat(Pointer.physicalBytes() - after).isLessThan(100L << 20);
    }
}
