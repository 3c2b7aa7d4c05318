package io.contrast4j.objective;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Noise contrastive estimation against uniform noise with a constant Z (Gutmann and Hyvärinen, 2010; Wu et al.,
 * "Unsupervised Feature Learning via Non-Parametric Instance Discrimination", 2018), as CMC uses it.
 *
 * <p>With o_k = exp(s_k/τ)/Z, a = K/n and ε = 1e-7: L = −mean over the anchors of [log(o_0/(o_0+a+ε)) + Σ_{k≥1}
 * log(a/(o_k+a+ε))]. Z of a pair is set by its first batch to n·mean(exp(s/τ)) over all N·(K+1) scores and is kept from
 * then on, in the checkpoint too; no gradient flows through it. Parts: {@code loss} and {@code prob}, the mean o_0.
 *
 * <p>It takes one positive for each anchor and negatives drawn uniformly; a selector that prefers some of them is no
 * noise distribution it could be right for.
 */
public final class Nce implements Objective {
    private static final double EPSILON = 1e-7;

    private final double temperature;
    private final Constant constant;
    private final Map<String, Double> constants = new TreeMap<>();

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
    }

    public Nce(Config config) {
        this.temperature = config.temperature();
        this.constant = config.constant();
    }

    @Override
    public Map<String, Tensor> term(Scores scores) {
        List<Tensor> ratios = ratios(scores);
        Tensor positive = ratios.get(0);
        Tensor negatives = ratios.get(1);
        double a = (double) scores.count() / scores.population();
        Tensor offset = positive.add(new Scalar(a + EPSILON));
        Tensor hit = positive.div(offset).log().sum();
        Tensor miss = negatives
                .add(new Scalar(a + EPSILON))
                .reciprocal()
                .mul(new Scalar(a))
                .log()
                .sum();
        Map<String, Tensor> parts = new LinkedHashMap<>();
        parts.put(LOSS, hit.add(miss).div(new Scalar(-(double) positive.size(0))));
        parts.put("prob", positive.detach().mean());
        return parts;
    }

    /**
     * The unnormalised probabilities o = exp(s/τ)/Z of the positives (N×1) and of the negatives (N×K). The first call
     * for a pair sets its Z, which on CUDA waits for the device once.
     */
    public List<Tensor> ratios(Scores scores) {
        List<Tensor> exponentials = new ArrayList<>();
        for (Tensor similarity : List.of(scores.onlyPositive(), scores.negatives())) {
            exponentials.add(similarity.div(new Scalar(temperature)).exp());
        }
        double z = constants.computeIfAbsent(scores.pair(), pair -> {
            Tensor sum = exponentials
                    .get(0)
                    .detach()
                    .sum()
                    .add(exponentials.get(1).detach().sum());
            double entries = (double) scores.positive().size(0) * (1 + scores.count());
            double exact = Tensors.scalar(sum) / entries * scores.population();
            return constant == Constant.TRUNCATED ? Math.floor(exact) : exact;
        });
        return exponentials.stream().map(e -> e.div(new Scalar(z))).toList();
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
        z.forEach((pair, value) -> constants.put((String) pair, ((Number) value).doubleValue()));
    }
}
