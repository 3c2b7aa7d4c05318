package io.contrast4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** Who frees what, and when: scopes, arenas and the guard against gradients. */
class LifetimeTest {
    private static Tensor tensor() {
        return Tensors.zeros(ScalarType.Float, 3);
    }

    private static boolean isFreed(Tensor tensor) {
        return tensor.isNull();
    }

    @Test
    void aScopeFreesWhatWasCreatedInIt() {
        Tensor freed;
        Tensor kept;
        try (Scope scope = Scope.open()) {
            freed = tensor();
            kept = Scope.keep(tensor());
            assertThat(freed.isNull()).isFalse();
        }
        assertThat(freed.isNull()).isTrue();
        assertThat(kept.isNull()).isFalse();
        assertThat(Tensors.floats(kept)).containsExactly(0, 0, 0);
        kept.close();
        assertThat(kept.isNull()).isTrue();
    }

    @Test
    void scopesNest() {
        try (Scope outer = Scope.open()) {
            Tensor before = tensor();
            Tensor inside;
            try (Scope inner = Scope.open()) {
                inside = tensor();
            }
            Tensor after = tensor();
            assertThat(inside.isNull()).isTrue();
            assertThat(before.isNull()).isFalse();
            assertThat(after.isNull()).isFalse();
        }
    }

    @Test
    void aScopeFreesOnlyWhatItsThreadCreates() {
        Tensor other;
        try (Scope scope = Scope.open()) {
            other = CompletableFuture.supplyAsync(LifetimeTest::tensor).join();
        }
        assertThat(other.isNull()).isFalse();
        other.close();
    }

    @Test
    void anArenaOutlivesTheScopeItsBlocksRunIn() {
        Arena arena = new Arena();
        List<Tensor> owned = new ArrayList<>();
        Tensor notOwned;
        try (Scope scope = Scope.open()) {
            owned.add(arena.own(LifetimeTest::tensor));
            notOwned = tensor();
            owned.add(arena.own(LifetimeTest::tensor));
        }
        assertThat(notOwned.isNull()).isTrue();
        assertThat(owned).noneMatch(LifetimeTest::isFreed);
        arena.close();
        assertThat(owned).allMatch(LifetimeTest::isFreed);
        arena.close();
    }

    @Test
    void anArenaOfAnotherThreadClosesWithTheScope() {
        Arena arena = new Arena();
        try (Scope outer = Scope.open()) {
            Tensor other;
            try (Scope scope = Scope.open()) {
                arena.closeWithScope();
                other = CompletableFuture.supplyAsync(() -> arena.own(LifetimeTest::tensor))
                        .join();
                assertThat(other.isNull()).isFalse();
            }
            assertThat(other.isNull()).isTrue();
        }
        assertThatThrownBy(arena::closeWithScope).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theModesOfAThreadCanBeCarriedToAnother() {
        Device device = Tensors.device("cpu");
        ThreadModes plain = ThreadModes.of(device);
        ThreadModes changed;
        try (NoGrad noGrad = NoGrad.open();
                Autocast autocast = Autocast.open(device, ScalarType.BFloat16)) {
            changed = ThreadModes.of(device);
        }
        assertThat(plain).isEqualTo(new ThreadModes(true, ScalarType.Float));
        assertThat(changed).isEqualTo(new ThreadModes(false, ScalarType.BFloat16));
        CompletableFuture.runAsync(() -> {
                    assertThat(changed.run(device, () -> ThreadModes.of(device)))
                            .isEqualTo(changed);
                    assertThat(ThreadModes.of(device)).isEqualTo(plain);
                })
                .join();
    }

    @Test
    void anArenaOwnsAlsoWhatABlockMadeBeforeItFailed() {
        List<Tensor> made = new ArrayList<>();
        Tensor after;
        try (Scope scope = Scope.open()) {
            try (Arena arena = new Arena()) {
                assertThatThrownBy(() -> arena.own(() -> {
                            made.add(tensor());
                            throw new IllegalStateException("half way");
                        }))
                        .hasMessage("half way");
                assertThat(made).noneMatch(LifetimeTest::isFreed);
                after = tensor();
            }
            assertThat(made).allMatch(LifetimeTest::isFreed);
            assertThat(after.isNull())
                    .as("what comes after the block is the scope's")
                    .isFalse();
        }
        assertThat(after.isNull()).isTrue();
    }

    @Test
    void gradientsAreOffUntilTheOutermostGuardIsClosed() {
        assertThat(GradMode.is_enabled()).isTrue();
        try (NoGrad outer = NoGrad.open()) {
            assertThat(GradMode.is_enabled()).isFalse();
            try (NoGrad inner = NoGrad.open()) {
                assertThat(GradMode.is_enabled()).isFalse();
            }
            assertThat(GradMode.is_enabled()).isFalse();
            assertThat(CompletableFuture.supplyAsync(GradMode::is_enabled).join())
                    .as("on another thread")
                    .isTrue();
        }
        assertThat(GradMode.is_enabled()).isTrue();
    }

    @Test
    void gradientsAreOnAgainAtOnceAndNotWhenTheScopeCloses() {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensors.of(new double[] {2}, 1).set_requires_grad(true);
            try (NoGrad noGrad = NoGrad.open()) {
                assertThat(x.mul(x).requires_grad()).isFalse();
            }
            assertThat(x.mul(x).requires_grad()).isTrue();
            try (NoGrad again = NoGrad.open()) {
                assertThat(GradMode.is_enabled()).isFalse();
            }
        }
        assertThat(GradMode.is_enabled())
                .as("and closing the scope changes nothing")
                .isTrue();
    }
}
