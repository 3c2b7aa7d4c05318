package io.contrast4j.eval;

import io.contrast4j.spec.Problems;
import io.contrast4j.tensor.EffectiveRank;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What features are like, without labels. With u, v the features of length 1 of two views of each of N pictures, a feature of
 * zeros staying zero:
 *
 * @param alignment mean ‖u_i − v_i‖^α; 0 if both views always have the same feature (Wang and Isola, "Understanding
 *     Contrastive Representation Learning through Alignment and Uniformity on the Hypersphere", 2020)
 * @param uniformity log mean exp(−t·‖u_i − u_j‖²) over the pairs i ≠ j; the lower, the more evenly they cover the sphere
 * @param effectiveRank of the features' covariance, see {@link EffectiveRank}
 * @param hubness skewness of the number of times that a picture is among the k nearest neighbours of others; near 0 if all
 *     are about as often, large if few are the neighbours of many (Radovanović et al., "Hubs in Space", 2010)
 * @param orphans per cent of the pictures that are nobody's neighbour
 */
public record FeatureQuality(
        double alignment, double uniformity, double effectiveRank, double hubness, double orphans) {
    /**
     * @param alpha α of alignment, above 0
     * @param t of uniformity, above 0
     * @param k neighbours that hubness counts; all others where there are fewer
     */
    public record Config(double alpha, double t, int k) {
        public Config {
            new Problems()
                    .above("alpha", alpha, 0)
                    .above("t", t, 0)
                    .atLeast("k", k, 1)
                    .raise();
        }
    }

    /**
     * @param one N×D, N at least 2
     * @param other N×D, of another view of the same pictures
     */
    public static FeatureQuality of(Config config, Tensor one, Tensor other) {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Tensor u = Tensors.unitRows(one);
            Tensor distances =
                    u.sub(Tensors.unitRows(other)).norm(new ScalarOptional(new Scalar(2.0)), new long[] {1}, false);
            double alignment = Tensors.scalar(distances
                    .to(ScalarType.Double)
                    .pow(new Scalar(config.alpha()))
                    .mean());
            double[] occurrences = new double[(int) u.size(0)];
            double uniformity = uniformity(config, u, occurrences);
            Tensor centred = u.to(ScalarType.Double);
            centred = centred.sub(centred.mean(new long[] {0}, true, null));
            return new FeatureQuality(
                    alignment, uniformity, EffectiveRank.of(centred), skewness(occurrences), orphans(occurrences));
        }
    }

    /** @param occurrences how often each is among the neighbours of another is added here */
    private static double uniformity(Config config, Tensor u, double[] occurrences) {
        long n = u.size(0);
        Tensor counts = Tensors.to(Tensors.zeros(ScalarType.Double, n), u.device());
        double[] sum = {0};
        // 1, or 0 of a row of zeros, which is as near to the others as they are long.
        Tensor lengths = u.to(ScalarType.Double).square().sum(1);
        Similarities.within(u, (first, similarities) -> {
            Tensor own = lengths.narrow(0, first, similarities.size(0)).unsqueeze(1);
            Tensor exponents = similarities
                    .to(ScalarType.Double)
                    .mul(Tensors.scalar(2))
                    .sub(own)
                    .sub(lengths)
                    .mul(Tensors.scalar(config.t()));
            sum[0] += Tensors.scalar(exponents.exp().sum());
            Tensor nearest = similarities
                    .topk(Math.min(config.k(), n - 1), 1, true, false)
                    .get1()
                    .reshape(-1);
            counts.index_add_(0, nearest, torch.ones_like(nearest).to(ScalarType.Double));
        });
        System.arraycopy(Tensors.doubles(counts), 0, occurrences, 0, occurrences.length);
        return Math.log(sum[0] / ((double) n * (n - 1)));
    }

    private static double skewness(double[] counts) {
        double mean = Arrays.stream(counts).sum() / counts.length;
        double square = 0;
        double cube = 0;
        for (double count : counts) {
            square += Math.pow(count - mean, 2) / counts.length;
            cube += Math.pow(count - mean, 3) / counts.length;
        }
        return square == 0 ? 0 : cube / Math.pow(square, 1.5);
    }

    private static double orphans(double[] counts) {
        int orphans = 0;
        for (double count : counts) {
            orphans += count == 0 ? 1 : 0;
        }
        return 100.0 * orphans / counts.length;
    }
}
