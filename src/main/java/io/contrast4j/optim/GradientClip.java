package io.contrast4j.optim;

import io.contrast4j.spec.Problems;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Operator;
import io.contrast4j.tensor.Scope;
import java.util.List;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Shortens gradients that are too long: all of them are multiplied by min(1, c/(‖g‖ + 1e-6)), ‖g‖ being the Euclidean
 * length of all gradients together (Pascanu et al., arXiv:1211.5063), as Python's {@code clip_grad_norm_} does. Nothing
 * is read back from the device.
 *
 * @param maxNorm the length c, above 0
 */
public record GradientClip(double maxNorm) {
    private static final Operator NORMS = Operator.of("aten::_foreach_norm", "Scalar");
    private static final Operator MULTIPLY = Operator.of("aten::_foreach_mul_", "Tensor");

    public GradientClip {
        new Problems().above("maxNorm", maxNorm, 0).raise();
    }

    /** @param gradients of all parameters that have one; they are changed */
    public void apply(List<Tensor> gradients) {
        if (gradients.isEmpty()) {
            return;
        }
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            IValue all = Operator.tensors(gradients);
            List<Tensor> norms = NORMS.list(all, new IValue(new Scalar(2.0)), new IValue());
            Tensor norm =
                    torch.stack(new TensorVector(norms.toArray(Tensor[]::new))).norm();
            Tensor factor = norm.add(new Scalar(1e-6)).reciprocal().mul(new Scalar(maxNorm));
            MULTIPLY.run(all, new IValue(factor.clamp_max(new Scalar(1.0))));
        }
    }
}
