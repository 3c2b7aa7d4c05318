package io.contrast4j.negatives;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What stores hold before they have seen a feature. */
final class RandomRows {
    private RandomRows() {}

    /**
     * n×D values, uniform in ±1/√(D/3), from LibTorch's default generator: rows have length 1 in the mean, but are no
     * unit vectors. The caller owns the tensor.
     */
    static Tensor uniform(long n, long dim, ScalarType type, Device device) {
        try (Scope scope = Scope.open()) {
            double bound = 1 / Math.sqrt(dim / 3.0);
            Tensor start = Tensors.zeros(type, n, dim).uniform_().mul_(new Scalar(2 * bound));
            return Scope.keep(Tensors.to(start.sub_(new Scalar(bound)), device));
        }
    }
}
