package io.contrast4j.negatives;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What a store holds before it has seen a feature. */
public enum Start {
    /** Uniform in ±1/√(D/3), as in CMC: rows have length 1 in the mean, but are no unit vectors. */
    UNIFORM,
    /** The same, each row divided by its length, as with the ring negatives. */
    UNIT;

    /** n×D random values from LibTorch's default generator. The caller owns the tensor. */
    Tensor rows(long n, long dim, ScalarType type, Device device) {
        try (Scope scope = Scope.open()) {
            Tensor rows = spread(Tensors.zeros(type, n, dim).uniform_());
            return Scope.keep(Tensors.to(rows, device));
        }
    }

    /** @param uniform n×D, uniform in 0 to 1; overwritten */
    Tensor spread(Tensor uniform) {
        double bound = 1 / Math.sqrt(uniform.size(1) / 3.0);
        Tensor rows = uniform.mul_(new Scalar(2 * bound)).sub_(new Scalar(bound));
        return this == UNIT ? Tensors.unitRows(rows) : rows;
    }
}
