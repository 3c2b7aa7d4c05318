package io.contrast4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RowProductsTest {
    private final int threads = torch.get_num_threads();

    @AfterEach
    void threadsAreAsBefore() {
        torch.set_num_threads(threads);
    }

    /** More threads than rows among them, and numbers of rows that the threads do not divide. */
    @ParameterizedTest
    @ValueSource(longs = {1, 3, 7, 64})
    void severalThreadsComputeWhatOneDoes(long n) {
        torch.set_num_threads(4);
        try (Scope scope = Scope.open()) {
            Tensor rows = torch.randn(150_000, 32).to(ScalarType.Double);
            Tensor recorded = torch.randn(n, 32).to(ScalarType.Double).set_requires_grad(true);
            Tensor ours = recorded.detach().clone().set_requires_grad(true);

            Tensor expected = recorded.matmul(rows.t());
            Tensor actual = RowProducts.of(ours, rows);
            assertThat(greatest(actual.sub(expected))).isLessThan(1e-12);

            expected.logsumexp(1).sum().backward();
            actual.logsumexp(1).sum().backward();
            assertThat(greatest(ours.grad().sub(recorded.grad()))).isLessThan(1e-12);
        }
    }

    @Test
    void rowsThatHaveAGradientGetIt() {
        torch.set_num_threads(2);
        try (Scope scope = Scope.open()) {
            Tensor rows = torch.randn(40_000, 32).set_requires_grad(true);
            Tensor features = torch.randn(8, 32);
            RowProducts.of(features, rows).sum().backward();
            assertThat(Tensors.floats(rows.grad().select(0, 5)))
                    .containsExactly(Tensors.floats(features.sum(0)), within(1e-5f));
        }
    }

    private static double greatest(Tensor differences) {
        return Tensors.scalar(differences.detach().abs().max());
    }
}
