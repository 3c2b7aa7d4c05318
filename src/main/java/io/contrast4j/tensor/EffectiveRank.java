package io.contrast4j.tensor;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** In how many directions points spread: exp of the entropy of the eigenvalues of their covariance, divided by their sum. */
public final class EffectiveRank {
    private EffectiveRank() {}

    /**
     * @param centred N×D rows of mean 0, finite
     * @return 1 to min(N, D); 1 where all rows are 0
     */
    public static double of(Tensor centred) {
        // Both products have the same eigenvalues above 0, and the smaller one has them in a fraction of the time.
        boolean isWide = centred.size(0) < centred.size(1);
        Tensor product = Tensors.gram(isWide ? centred : centred.t());
        double[] eigenvalues = Tensors.doubles(torch.linalg_eigvalsh(product.cpu()));
        double sum = 0;
        for (double eigenvalue : eigenvalues) {
            sum += Math.max(0, eigenvalue);
        }
        double entropy = 0;
        for (double eigenvalue : eigenvalues) {
            double share = Math.max(0, eigenvalue) / sum;
            entropy -= share > 0 ? share * Math.log(share) : 0;
        }
        return Math.exp(entropy);
    }
}
