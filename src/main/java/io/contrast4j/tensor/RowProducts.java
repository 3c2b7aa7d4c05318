package io.contrast4j.tensor;

import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Inner products of N features with all n rows of a table, X·Mᵀ, and their gradient dL/dX = G·M.
 *
 * <p>On a CPU each of LibTorch's threads computes some of the N rows. LibTorch leaves a matrix product to OpenBLAS, which is
 * told to use one thread, because its threads get in the way of LibTorch's own.
 */
public final class RowProducts {
    /** Multiplications that a thread is worth waking for. */
    private static final long LARGE = 1 << 22;

    /** The same where products follow each other closely, and a thread that another process has must not be waited for. */
    private static final long VERY_LARGE = 1 << 26;

    private RowProducts() {}

    /**
     * @param features N×D
     * @param rows n×D; if they have no gradient, they must not change before the backward pass
     * @return N×n; it belongs to the innermost scope, which must be open in the backward pass
     */
    public static Tensor of(Tensor features, Tensor rows) {
        if (!features.is_cpu()
                || rows.requires_grad()
                || torch.get_num_threads() == 1
                || features.size(0) * rows.numel() < LARGE) {
            return features.matmul(rows.t());
        }
        Tensor values = features.detach();
        return CustomGradient.of(
                features, () -> product(values, rows.t()), gradient -> product(gradient.contiguous(), rows));
    }

    /**
     * A product of two matrices, a·b, by the threads where it is large enough; no gradient is recorded.
     *
     * @param a N×D
     * @param b D×n
     * @return N×n, in the caller's scope
     */
    public static Tensor plain(Tensor a, Tensor b) {
        boolean isSmall = a.size(0) * b.numel() < VERY_LARGE;
        try (NoGrad noGrad = NoGrad.open()) {
            return !a.is_cpu() || isSmall || torch.get_num_threads() == 1
                    ? a.detach().mm(b.detach())
                    : product(a.detach(), b.detach());
        }
    }

    private static Tensor product(Tensor left, Tensor right) {
        long n = left.size(0);
        int threads = (int) Math.min(n, torch.get_num_threads());
        Tensor product = Tensors.empty(left.scalar_type().intern(), n, right.size(1));
        IntStream.range(0, threads).parallel().forEach(thread -> {
            long first = n * thread / threads;
            long count = n * (thread + 1) / threads - first;
            try (Scope scope = Scope.open();
                    NoGrad noGrad = NoGrad.open()) {
                torch.mm_out(product.narrow(0, first, count), left.narrow(0, first, count), right);
            }
        });
        return product;
    }
}
