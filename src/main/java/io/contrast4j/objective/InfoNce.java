package io.contrast4j.objective;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The softmax form of noise contrastive estimation (van den Oord et al., "Representation Learning with Contrastive
 * Predictive Coding", 2018), with any number of positives (Khosla et al., "Supervised Contrastive Learning", 2020).
 *
 * <p>With logits z = s/τ, positives p of weights w_p and the set D of what they compete with, an anchor's loss is l =
 * −Σ_p w_p·(z_p − log Σ_{d∈D} exp(z_d)) / Σ_p w_p, and L = (τ/τ_0)·mean of l over the anchors; without a base
 * temperature τ_0 the factor is 1. One positive of weight 1 gives the usual form. With neighbours, z_p is replaced by
 * the log-sum-exp or the mean of the logits of positive and neighbours. Parts: {@code loss} and {@code logit}, the mean
 * logit of the positives.
 */
public final class InfoNce implements Objective {
    private final Config config;

    /** What becomes of an anchor without positives. */
    public enum WithoutPositives {
        /** It is left out of the mean; the loss of a batch without any positive is 0. */
        LEFT_OUT,
        /** Its mean over no positives makes the loss NaN, as in the published SelfCon. */
        NAN
    }

    /**
     * @param temperature τ, above 0
     * @param baseTemperature τ_0, above 0, 0.07 in SupCon and SelfCon; empty for no factor
     * @param withoutPositives what becomes of anchors without positives
     */
    @TypeName("infonce")
    public record Config(double temperature, Optional<Double> baseTemperature, WithoutPositives withoutPositives)
            implements Objective.Config {
        public Config {
            Problems problems = new Problems().above("temperature", temperature, 0);
            baseTemperature.ifPresent(base -> problems.above("baseTemperature", base, 0));
            problems.raise();
        }

        /** Without a base temperature. */
        public Config(double temperature) {
            this(temperature, Optional.empty(), WithoutPositives.LEFT_OUT);
        }

        @Override
        public InfoNce build() {
            return new InfoNce(this);
        }
    }

    public InfoNce(Config config) {
        this.config = config;
    }

    @Override
    public Map<String, Tensor> term(Scores scores) {
        Tensor positive = logits(scores.positive());
        Optional<Tensor> none = empty(scores);
        Tensor mean = mean(positive, scores.share(), none);
        Tensor numerator = scores.neighbours()
                .map(neighbours -> combined(positive, neighbours))
                .orElse(mean);

        // The numerator is taken away before the exponential: what is left is exact where the two are nearly equal.
        Tensor negatives = logits(scores.negatives()).sub(numerator);
        if (scores.kept().isPresent()) {
            negatives =
                    negatives.masked_fill(scores.kept().get().logical_not(), Tensors.scalar(Double.NEGATIVE_INFINITY));
        }
        Tensor competitors = scores.denominator() == Scores.Denominator.NEGATIVES
                ? negatives
                : torch.cat(new TensorVector(positive.sub(numerator), negatives), 1);

        // Rows without positives are made harmless before the exponential, so that no NaN comes back from them.
        Tensor losses = without(none, competitors).logsumexp(new long[] {1}, true);
        Map<String, Tensor> parts = new LinkedHashMap<>();
        parts.put(LOSS, scaled(meanOfOthers(none, losses)));
        parts.put("logit", meanOfOthers(none, mean.detach()));
        return parts;
    }

    /** The mean over the anchors but those left out; 0 if all are. */
    private static Tensor meanOfOthers(Optional<Tensor> none, Tensor values) {
        return none.map(rows ->
                        without(none, values).sum().div(rows.logical_not().sum().clamp_min(Tensors.scalar(1))))
                .orElseGet(values::mean);
    }

    /** N×1 of booleans, which anchors are left out; empty if none is. */
    private Optional<Tensor> empty(Scores scores) {
        return config.withoutPositives() == WithoutPositives.NAN
                ? Optional.empty()
                : scores.share().map(share -> sum(share).le(Tensors.scalar(0)));
    }

    private static Tensor mean(Tensor positive, Optional<Tensor> share, Optional<Tensor> none) {
        if (share.isEmpty()) {
            return positive.size(1) == 1 ? positive : positive.mean(new long[] {1}, true, null);
        }
        Tensor count = sum(share.get());
        Tensor divisor =
                none.map(rows -> count.masked_fill(rows, Tensors.scalar(1))).orElse(count);
        return sum(share.get().mul(positive)).div(divisor);
    }

    private static Tensor without(Optional<Tensor> rows, Tensor values) {
        return rows.map(r -> values.masked_fill(r, Tensors.scalar(0))).orElse(values);
    }

    private static Tensor sum(Tensor table) {
        return table.sum(new long[] {1}, true, null);
    }

    private Tensor logits(Tensor similarities) {
        return similarities.div(Tensors.scalar(config.temperature()));
    }

    private Tensor combined(Tensor positive, Scores.Neighbours neighbours) {
        Tensor all = torch.cat(new TensorVector(positive, logits(neighbours.similarities())), 1);
        return switch (neighbours.combination()) {
            case LOG_SUM_EXP -> all.logsumexp(new long[] {1}, true);
            case MEAN -> all.mean(new long[] {1}, true, null);
        };
    }

    private Tensor scaled(Tensor loss) {
        return config.baseTemperature()
                .map(base -> loss.mul(Tensors.scalar(config.temperature() / base)))
                .orElse(loss);
    }

    @Override
    public Map<String, Object> state() {
        return Map.of("softmax", true);
    }

    @Override
    public void restore(Map<String, ?> state, String source) {
        if (!Boolean.TRUE.equals(state.get("softmax"))) {
            throw new UserError(
                    UserError.FAILED, source + " is not of InfoNCE; use the objective.type it was trained with.");
        }
    }
}
