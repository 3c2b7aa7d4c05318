package io.contrast4j.eval;

import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Features as points of a plane: their coordinates along the two directions in which they vary most (principal component
 * analysis). With centred rows X = UΣVᵀ these are the first two columns of UΣ; they come from the eigenvectors of XXᵀ,
 * which is small where there are few rows.
 *
 * @param x N coordinates along the first direction; the largest in magnitude is positive, so that the picture is always
 *     the same way round
 * @param y N coordinates along the second one
 * @param explained the shares of the whole variance that the two directions have, 0 to 1
 */
public record PrincipalPlane(double[] x, double[] y, double[] explained) {
    private static final int DIRECTIONS = 2;

    /**
     * @param rows N×D; N at most a few thousand
     * @throws IllegalArgumentException if there is no row
     */
    public static PrincipalPlane of(Tensor rows) {
        int n = Math.toIntExact(rows.size(0));
        if (n == 0) {
            throw new IllegalArgumentException("a plane through no points");
        }
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Tensor values = rows.cpu().to(ScalarType.Double);
            Tensor centred = values.sub(values.mean(new long[] {0}, true, null));
            T_TensorTensor_T solved = torch.linalg_eigh(Tensors.gram(centred));
            // In ascending order; rounding makes those that are zero slightly negative.
            double[] variances = Tensors.doubles(solved.get0().clamp_min(new Scalar(0.0)));
            double whole = 0;
            for (double variance : variances) {
                whole += variance;
            }
            double[][] axes = new double[DIRECTIONS][n];
            double[] explained = new double[DIRECTIONS];
            for (int i = 0; i < Math.min(DIRECTIONS, n); i++) {
                double variance = variances[n - 1 - i];
                axes[i] = turned(Tensors.doubles(solved.get1().select(1, n - 1 - i)), Math.sqrt(variance));
                explained[i] = whole > 0 ? variance / whole : 0;
            }
            return new PrincipalPlane(axes[0], axes[1], explained);
        }
    }

    private static double[] turned(double[] direction, double length) {
        double largest = 0;
        for (double value : direction) {
            largest = Math.abs(value) > Math.abs(largest) ? value : largest;
        }
        double factor = largest < 0 ? -length : length;
        double[] scaled = new double[direction.length];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = direction[i] * factor;
        }
        return scaled;
    }
}
