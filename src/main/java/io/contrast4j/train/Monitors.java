package io.contrast4j.train;

import io.contrast4j.method.Method;
import io.contrast4j.objective.Scores;
import io.contrast4j.tensor.EffectiveRank;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Operator;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Numbers that tell whether features are being learned, computed from what a step has at hand. For each pair p:
 *
 * <ul>
 *   <li>{@code positive_similarity.p}, {@code negative_similarity.p}: means of the inner products;
 *   <li>{@code alignment.p}: 2 − 2·(mean positive similarity), the mean squared distance of positives;
 *   <li>{@code top1.p}, {@code top5.p}: per cent of the anchors whose positive is more similar than all, or than all but
 *       four, of its negatives; where an anchor has one positive.
 * </ul>
 *
 * <p>And of all: {@code uniformity}, log mean exp(−2·d²) over the pairs of a batch; {@code feature_deviation}, √D times the
 * mean standard deviation of a coordinate, near 1 for features spread over the sphere and 0 for collapsed ones; {@code
 * effective_rank}, exp of the entropy of the normalised eigenvalues of the features' covariance, 1 to D; {@code
 * gradient_norm} and {@code weight_norm}; and what method, objective and stores tell, such as {@code z.p} or {@code
 * queue_age}.
 */
final class Monitors {
    private static final Logger LOG = LoggerFactory.getLogger(Monitors.class);
    private static final double COLLAPSED_DEVIATION = 0.02;

    private static final Operator NORMS = Operator.of("aten::_foreach_norm", "Scalar");

    private final Module module;
    private boolean isAlarmed;

    Monitors(Module module) {
        this.module = module;
    }

    /** After the backward pass of a step. */
    Map<String, Double> of(Method method, Method.Output output) {
        Map<String, Double> values = new LinkedHashMap<>();
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            // A pair that comes in several shards has their mean.
            Map<String, List<Double>> shards = new LinkedHashMap<>();
            for (Scores scores : output.scores()) {
                Map<String, Double> shard = new LinkedHashMap<>();
                pair(scores, shard);
                shard.forEach((name, value) ->
                        shards.computeIfAbsent(name, n -> new ArrayList<>()).add(value));
            }
            shards.forEach((name, all) -> values.put(
                    name, all.stream().mapToDouble(value -> value).average().orElseThrow()));
            if (!output.features().isEmpty()) {
                features(output.features().get(0).detach().to(ScalarType.Double), values);
            }
            List<Tensor> parameters = List.copyOf(StateDict.parameters(module).values());
            values.put(
                    "gradient_norm",
                    norm(parameters.stream()
                            .map(Tensor::grad)
                            .filter(Tensor::defined)
                            .toList()));
            values.put("weight_norm", norm(parameters));
        }
        values.putAll(method.monitors());
        warn(values);
        return values;
    }

    private static void pair(Scores scores, Map<String, Double> values) {
        String ending = "." + scores.pair();
        Tensor positive = scores.positive().detach();
        double similarity = scores.share()
                .map(share -> Tensors.scalar(share.mul(positive).sum()) / Math.max(1e-12, Tensors.scalar(share.sum())))
                .orElseGet(() -> Tensors.scalar(positive.mean()));
        values.put("positive_similarity" + ending, similarity);
        values.put("alignment" + ending, 2 - 2 * similarity);
        if (scores.count() == 0) {
            return;
        }
        Tensor negatives = scores.negatives().detach();
        boolean isOne = scores.share().isEmpty() && positive.size(1) == 1;
        if (isOne) {
            values.put("negative_similarity" + ending, Tensors.scalar(negatives.mean()));
            Tensor nearer = negatives.gt(positive).sum(1);
            values.put("top1" + ending, percent(nearer, 1));
            values.put("top5" + ending, percent(nearer, 5));
        } else if (scores.kept().isPresent()) {
            Tensor others = scores.kept().get();
            if (scores.share().isPresent() && scores.share().get().size(1) == negatives.size(1)) {
                others = others.logical_and(scores.share().get().le(Tensors.scalar(0)));
            }
            double count = Math.max(1, Tensors.scalar(others.sum()));
            Tensor sum = negatives
                    .masked_fill(others.logical_not(), Tensors.scalar(0))
                    .sum();
            values.put("negative_similarity" + ending, Tensors.scalar(sum) / count);
        }
    }

    private static double percent(Tensor nearer, int places) {
        return 100
                * Tensors.scalar(
                        nearer.lt(Tensors.scalar(places)).to(ScalarType.Double).mean());
    }

    private static void features(Tensor rows, Map<String, Double> values) {
        long n = rows.size(0);
        if (n < 2) {
            return;
        }
        Tensor squares = torch.pdist(rows).square();
        Tensor mean = squares.mul(Tensors.scalar(-2)).exp().mean();
        values.put("uniformity", Tensors.scalar(mean.log()));
        Tensor centred = rows.sub(rows.mean(new long[] {0}, true, null));
        values.put(
                "feature_deviation",
                Tensors.scalar(centred.square().mean(0).sqrt().mean()) * Math.sqrt(rows.size(1)));
        values.put("effective_rank", EffectiveRank.of(centred));
    }

    /** Of all of them as one vector. */
    private static double norm(List<Tensor> tensors) {
        if (tensors.isEmpty()) {
            return 0;
        }
        List<Tensor> norms = NORMS.list(Operator.tensors(tensors), new IValue(new Scalar(2.0)), new IValue());
        return Tensors.scalar(torch.stack(new TensorVector(norms.toArray(Tensor[]::new)))
                .to(ScalarType.Double)
                .norm());
    }

    private void warn(Map<String, Double> values) {
        double deviation = values.getOrDefault("feature_deviation", 1.0);
        if (!isAlarmed && deviation < COLLAPSED_DEVIATION) {
            isAlarmed = true;
            LOG.warn(
                    "all features of a batch are nearly the same (feature_deviation = {}): the network has collapsed; a"
                            + " smaller optimizer.learning-rate or a larger batch may help",
                    deviation);
        }
    }
}
