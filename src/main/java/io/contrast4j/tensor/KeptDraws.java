package io.contrast4j.tensor;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Leaves LibTorch's default generator as it was: whatever is drawn or seeded until the guard is closed, what is drawn after
 * it is the same. For the generator of the CPU, from which weights are drawn.
 */
public final class KeptDraws implements AutoCloseable {
    private final Tensor state;

    private KeptDraws(Tensor state) {
        this.state = state;
    }

    public static KeptDraws open() {
        try (Scope scope = Scope.open()) {
            return new KeptDraws(Scope.keep(generator().get_state()));
        }
    }

    private static Generator generator() {
        return torch.getDefaultCPUGenerator();
    }

    @Override
    public void close() {
        generator().set_state(state);
        state.close();
    }
}
