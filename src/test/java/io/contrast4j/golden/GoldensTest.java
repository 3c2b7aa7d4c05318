package io.contrast4j.golden;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class GoldensTest {
    /** LibTorch's default is otherwise, and a run in the same process may have asked for it. */
    @Test
    void nothingIsComputedInTf32() {
        Context context = torch.globalContext();
        context.setAllowTF32CuDNN(true);
        context.setAllowTF32CuBLAS(true);
        Goldens.device();
        assertThat(context.allowTF32CuDNN()).isFalse();
        assertThat(context.allowTF32CuBLAS()).isFalse();
    }
}
