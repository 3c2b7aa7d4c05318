package io.contrast4j.objective;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Tensors;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.DoubleUnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Noise contrastive estimation against uniform noise with a constant Z (Gutmann and Hyvärinen, 2010; Wu et al.,
 * "Unsupervised Feature Learning via Non-Parametric Instance Discrimination", 2018), as CMC uses it.
 *
 * <p>With o_k = exp(s_k/τ)/Z, a = K/n and ε = 1e-7: L = −mean over the anchors of [log(o_0/(o_0+a+ε)) + Σ_{k≥1}
 * log(a/(o_k+a+ε))]. Z of a pair is set by its first batch of a step that counts to n·mean(exp(s/τ)) over
 * all N·(K+1) scores and is kept from then on, in the checkpoint too; no gradient flows through it. Parts: {@code loss}
 * and {@code prob}, the mean o_0.
 *
 * <p>It takes one positive for each anchor and negatives drawn uniformly; a selector that prefers some of them is no
 * noise distribution it could be right for.
 */
public final class Nce implements Objective {
    private static final double EPSILON = 1e-7;

    private final double temperature;
    private final Constant constant;
    private final DoubleUnaryOperator mean;
    private final Map<String, Double> constants = new TreeMap<>();

    /** Pairs whose Z has been set since the last commit. */
    private final Set<String> uncommitted = new HashSet<>();

    /** How Z is kept. */
    public enum Constant {
        /** As it is. */
        EXACT,
        /** Without its fraction, as in CMC's MoCo, whose buffer is of whole numbers; below 1 it makes everything infinite. */
        TRUNCATED
    }

    /**
     * @param temperature τ, above 0
     * @param constant how Z is kept
     */
    @TypeName("nce")
    public record Config(double temperature, Constant constant) implements Objective.Config {
        public Config {
            new Problems().above("temperature", temperature, 0).raise();
        }

        /** With Z as it is. */
        public Config(double temperature) {
            this(temperature, Constant.EXACT);
        }

        @Override
        public Map<Scores.Trait, String> refused() {
            String why = ", as NCE tells one positive from noise that is drawn uniformly";
            return Map.of(
                    Scores.Trait.SEVERAL_POSITIVES, "infonce where an anchor has several positives" + why,
                    Scores.Trait.NEIGHBOURS, "infonce where neighbours are positives too" + why,
                    Scores.Trait.CHOSEN_NEGATIVES, "infonce where negatives are chosen for their similarity" + why,
                    Scores.Trait.NO_NEGATIVES, "align-uniform where there are no negatives");
        }

        @Override
        public Nce build() {
            return new Nce(this);
        }

        @Override
        public Nce build(DoubleUnaryOperator mean) {
            return new Nce(this, mean);
        }
    }

    public Nce(Config config) {
        this(config, DoubleUnaryOperator.identity());
    }

    /** @param mean see {@link Objective.Config#build(DoubleUnaryOperator)}: Z is that of the whole batch */
    public Nce(Config config, DoubleUnaryOperator mean) {
        this.mean = mean;
        this.temperature = config.temperature();
        this.constant = config.constant();
    }

    @Override
    public Map<String, Tensor> term(Scores scores) {
        List<Tensor> logarithms = logarithms(scores);
        Tensor positive = logarithms.get(0);
        Tensor negatives = logarithms.get(1);
        double a = (double) scores.count() / scores.population();
        double c = a + EPSILON;
        // log(o/(o+c)) = −log(1 + c/o) and log(a/(o+c)) = log(a/c) − log(1 + o/c), which no o is too large or small
        // for.
        Tensor hit = softplus(positive.neg().add(new Scalar(Math.log(c)))).sum();
        Tensor miss = softplus(negatives.sub(new Scalar(Math.log(c)))).sum();
        double constantPart = Math.log(a / c) * negatives.numel();
        Map<String, Tensor> parts = new LinkedHashMap<>();
        parts.put(LOSS, hit.add(miss).sub(new Scalar(constantPart)).div(new Scalar((double) positive.size(0))));
        parts.put("prob", positive.detach().exp().mean());
        return parts;
    }

    /** log(1 + exp(x)). LibTorch's own is a straight line from 20 on. */
    private static Tensor softplus(Tensor x) {
        return torch.logaddexp(x, torch.zeros_like(x));
    }

    /**
     * The unnormalised probabilities o = exp(s/τ)/Z of the positives (N×1) and of the negatives (N×K). The first call
     * for a pair sets its Z, which on CUDA waits for the device once.
     */
    public List<Tensor> ratios(Scores scores) {
        return logarithms(scores).stream().map(Tensor::exp).toList();
    }

    private List<Tensor> logarithms(Scores scores) {
        Tensor positive = scores.onlyPositive().div(new Scalar(temperature));
        Tensor negatives = scores.negatives().div(new Scalar(temperature));
        double z = constants.getOrDefault(scores.pair(), Double.NaN);
        if (Double.isNaN(z)) {
            double entries = (double) positive.size(0) * (1 + scores.count());
            Tensor sum = torch.logaddexp(logSum(positive), logSum(negatives));
            double exact = mean.applyAsDouble(Math.exp(Tensors.scalar(sum)) / entries) * scores.population();
            z = constant == Constant.TRUNCATED ? Math.floor(exact) : exact;
            // A batch that gives no number must not spoil those that follow.
            if (Double.isFinite(z)) {
                constants.put(scores.pair(), z);
                uncommitted.add(scores.pair());
            }
        }
        Scalar logZ = new Scalar(Math.log(z));
        return List.of(positive.sub(logZ), negatives.sub(logZ));
    }

    private static Tensor logSum(Tensor logits) {
        return logits.detach().to(ScalarType.Double).flatten().logsumexp(0);
    }

    @Override
    public void commit() {
        uncommitted.clear();
    }

    /** A pair may have had numbers, and so have a Z, in a step whose loss is none for another pair or batch. */
    @Override
    public void revoke() {
        constants.keySet().removeAll(uncommitted);
        uncommitted.clear();
    }

    /** {@code z.p} for each pair p. */
    @Override
    public Map<String, Double> monitors() {
        Map<String, Double> monitors = new TreeMap<>();
        constants.forEach((pair, z) -> monitors.put("z." + pair, z));
        return monitors;
    }

    /** Z of every pair seen so far, by the pair's name. */
    public Map<String, Double> constants() {
        return Map.copyOf(constants);
    }

    @Override
    public Map<String, Object> state() {
        return Map.of("z", new TreeMap<>(constants));
    }

    @Override
    public void restore(Map<String, ?> state, String source) {
        if (!(state.get("z") instanceof Map<?, ?> z)
                || !z.values().stream().allMatch(value -> value instanceof Number)) {
            throw new UserError(
                    UserError.FAILED, source + " has no constants Z of NCE; use the objective it was trained with.");
        }
        constants.clear();
        uncommitted.clear();
        z.forEach((pair, value) -> constants.put((String) pair, ((Number) value).doubleValue()));
    }
}
