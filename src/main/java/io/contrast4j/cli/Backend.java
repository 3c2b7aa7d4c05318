package io.contrast4j.cli;

import io.contrast4j.spec.Problems;
import io.contrast4j.tensor.Scope;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.global.torch;

/**
 * How LibTorch computes, for the whole process: what PyTorch has in {@code torch.backends}.
 *
 * @param tf32 what GPUs may compute in TF32
 * @param cudnnBenchmark whether cuDNN measures which of its algorithms is fastest
 * @param deterministic whether only algorithms are taken that give the same bits every time
 */
public record Backend(Tf32 tf32, boolean cudnnBenchmark, boolean deterministic) {
    /** What is computed in float32 with a fraction of 10 bits, by GPUs that can. */
    public enum Tf32 {
        /** Nothing. */
        NONE,
        /** Convolutions: PyTorch's default. */
        CONVOLUTIONS,
        /** Matrix products, too. */
        ALL
    }

    public Backend {
        new Problems()
                .require(
                        !(cudnnBenchmark && deterministic),
                        "cudnnBenchmark",
                        cudnnBenchmark,
                        "false where backend.deterministic = true, as the fastest algorithm is not the same every time")
                .raise();
    }

    /** Makes it so. */
    void apply() {
        try (Scope scope = Scope.open()) {
            Context context = torch.globalContext();
            context.setAllowTF32CuDNN(tf32 != Tf32.NONE);
            context.setAllowTF32CuBLAS(tf32 == Tf32.ALL);
            context.setBenchmarkCuDNN(cudnnBenchmark);
            context.setDeterministicCuDNN(deterministic);
            // An operation without such an algorithm warns: to fail would take some networks away altogether.
            context.setDeterministicAlgorithms(deterministic, true);
            // That fills all new memory otherwise, which finds errors but changes no result.
            context.setDeterministicFillUninitializedMemory(false);
        }
    }
}
