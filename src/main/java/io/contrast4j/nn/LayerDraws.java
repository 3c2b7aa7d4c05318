package io.contrast4j.nn;

import io.contrast4j.tensor.Tensors;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * What layers draw in training: from LibTorch's default generator of the device, and in a replica from a generator of its own.
 * Replicas run at the same time; with one generator for all, what each draws would depend on who is first.
 */
final class LayerDraws {
    private static final ThreadLocal<Generator> OF_THREAD = new ThreadLocal<>();

    private LayerDraws() {}

    /** Runs a block whose layers draw from this generator. */
    static <T> T from(Generator generator, Supplier<T> block) {
        OF_THREAD.set(generator);
        try {
            return block.get();
        } finally {
            OF_THREAD.remove();
        }
    }

    /** Each value becomes 0 with the probability, or is divided by what is left of 1. */
    static Tensor dropout(Tensor x, double probability) {
        if (OF_THREAD.get() == null || probability == 1) {
            return torch.dropout(x, probability, true);
        }
        // LibTorch's dropout takes no generator; from an equal one these are the bits that it has on a CPU.
        return x.mul(bernoulli(torch.empty_like(x), 1 - probability).div_(Tensors.scalar(1 - probability)));
    }

    /** Puts in the place of each value 1 with the probability, else 0. */
    static Tensor bernoulli(Tensor values, double probability) {
        Generator own = OF_THREAD.get();
        return values.bernoulli_(probability, own == null ? new GeneratorOptional() : new GeneratorOptional(own));
    }
}
