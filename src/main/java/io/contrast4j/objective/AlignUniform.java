package io.contrast4j.objective;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The weighted sum of a contrastive term, alignment and uniformity (Wang and Isola, "Understanding Contrastive
 * Representation Learning through Alignment and Uniformity on the Hypersphere", 2020): L = w_c·InfoNCE(τ) +
 * w_a·align(α) + w_u·uniform(t).
 *
 * <p>A term of weight 0 is not computed. Alignment is between anchors and positives. Uniformity is one mean over all
 * pairs of anchor and negative and, if wanted, all pairs of anchors of the batch. Where there are no negatives it is the
 * mean of the uniformities within the sides, as in the published STL-10 example: w_a·align(x, y) + w_u·(uniform(x) +
 * uniform(y))/2. Parts: {@code loss}, and {@code contrastive}, {@code align} and {@code unif} before weighting.
 */
public final class AlignUniform implements Objective {
    private final Config config;

    /** Which pairs uniformity is taken over. */
    public enum Pairs {
        /** Anchors with negatives. */
        NEGATIVES,
        /** Those, and the anchors of a batch with each other. */
        NEGATIVES_AND_BATCH
    }

    /** The three terms; a weight may be negative, and at least one is not 0. */
    @TypeName("align-uniform")
    public record Config(Contrastive contrastive, Align align, Uniform uniform) implements Objective.Config {
        /**
         * @param weight w_c, finite
         * @param temperature τ, above 0
         */
        public record Contrastive(double weight, double temperature) {
            public Contrastive {
                finite(new Problems(), weight)
                        .above("temperature", temperature, 0)
                        .raise();
            }
        }

        /**
         * @param weight w_a, finite
         * @param alpha α, above 0
         */
        public record Align(double weight, double alpha) {
            public Align {
                finite(new Problems(), weight).above("alpha", alpha, 0).raise();
            }
        }

        /**
         * @param weight w_u, finite
         * @param t above 0
         * @param pairs which pairs it is taken over
         */
        public record Uniform(double weight, double t, Pairs pairs) {
            public Uniform {
                finite(new Problems(), weight).above("t", t, 0).raise();
            }
        }

        public Config {
            new Problems()
                    .require(
                            contrastive.weight() != 0 || align.weight() != 0 || uniform.weight() != 0,
                            "align.weight",
                            align.weight(),
                            "other than 0 if contrastive.weight and uniform.weight are 0, as nothing is left to minimise")
                    .raise();
        }

        private static Problems finite(Problems problems, double weight) {
            return problems.require(Double.isFinite(weight), "weight", weight, "a finite number");
        }

        @Override
        public Map<Scores.Trait, String> refused() {
            String why = ", as alignment is between an anchor and one positive";
            Map<Scores.Trait, String> refused = new EnumMap<>(Scores.Trait.class);
            refused.put(Scores.Trait.SEVERAL_POSITIVES, "infonce where an anchor has several positives" + why);
            refused.put(Scores.Trait.NEIGHBOURS, "infonce where neighbours are positives too" + why);
            if (contrastive.weight() != 0) {
                refused.put(Scores.Trait.NO_NEGATIVES, "used with contrastive.weight = 0 where there are no negatives");
            } else if (uniform.weight() != 0 && uniform.pairs() == Pairs.NEGATIVES) {
                refused.put(
                        Scores.Trait.NO_NEGATIVES,
                        "used with uniform.pairs = negatives-and-batch where there are no negatives");
            }
            return refused;
        }

        @Override
        public AlignUniform build() {
            return new AlignUniform(this);
        }
    }

    public AlignUniform(Config config) {
        this.config = config;
    }

    @Override
    public Map<String, Tensor> term(Scores scores) {
        Map<String, Tensor> terms = new LinkedHashMap<>();
        List<Tensor> weighted = new ArrayList<>();
        double contrastive = config.contrastive().weight();
        if (contrastive != 0) {
            InfoNce infoNce =
                    new InfoNce(new InfoNce.Config(config.contrastive().temperature()));
            Tensor loss = infoNce.term(scores).get(LOSS);
            terms.put("contrastive", loss.detach());
            weighted.add(loss.mul(Tensors.scalar(contrastive)));
        }
        double align = config.align().weight();
        if (align != 0) {
            Tensor loss = new Alignment(config.align().alpha()).ofSimilarities(scores.onlyPositive());
            terms.put("align", loss.detach());
            weighted.add(loss.mul(Tensors.scalar(align)));
        }
        double uniform = config.uniform().weight();
        if (uniform != 0) {
            Tensor loss = uniformity(scores);
            terms.put("unif", loss.detach());
            weighted.add(loss.mul(Tensors.scalar(uniform)));
        }
        Map<String, Tensor> parts = new LinkedHashMap<>();
        parts.put(LOSS, sum(weighted));
        parts.putAll(terms);
        return parts;
    }

    private Tensor uniformity(Scores scores) {
        Uniformity uniformity = new Uniformity(config.uniform().t());
        boolean batch = config.uniform().pairs() == Pairs.NEGATIVES_AND_BATCH;
        if (batch && scores.within().isEmpty()) {
            throw new IllegalArgumentException(
                    "the pairs of a batch count, but " + scores.pair() + " has none of them");
        }
        if (batch && scores.count() == 0) {
            List<Tensor> sides =
                    scores.within().stream().map(uniformity::ofSimilarities).toList();
            return sum(sides).div(Tensors.scalar(sides.size()));
        }
        Optional<Tensor> pairs = batch ? Optional.of(scores.within().get(0)) : Optional.empty();
        return uniformity.ofSimilarities(scores.negatives(), scores.kept(), pairs);
    }

    private static Tensor sum(List<Tensor> numbers) {
        return torch.stack(new TensorVector(numbers.toArray(new Tensor[0]))).sum();
    }

    @Override
    public Map<String, Object> state() {
        return Map.of("align-uniform", true);
    }

    @Override
    public void restore(Map<String, ?> state, String source) {
        if (!Boolean.TRUE.equals(state.get("align-uniform"))) {
            throw new UserError(
                    UserError.FAILED, source + " is not of align-uniform; use the objective.type it was trained with.");
        }
    }
}
