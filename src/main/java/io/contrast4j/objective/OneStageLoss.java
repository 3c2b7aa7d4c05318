package io.contrast4j.objective;

import io.contrast4j.spec.Problems;
import io.contrast4j.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The loss of a multi-exit classifier that is trained in one stage (Bae et al., "Self-Contrastive Learning", 2023): L =
 * CE(z, y) + Σ_e [α·CE(z_e, y) + β·KL(z_e, z) + γ·L(g_e, g, y)], with logits z and z_e and features g and g_e of the end
 * and of each exit, cross-entropy CE, {@link Distillation} KL and the supervised contrastive loss L.
 *
 * <p>As published, L has the temperature T of the distillation and base temperature 0.07: at T = 3 it is multiplied by 43.
 * Parts: {@code ce}, and for each exit e {@code ce.exit<e>}, {@code kl.exit<e>} and {@code contrast.exit<e>}, as far as
 * their weight is not 0.
 *
 * @param temperature T, above 0; 3 in the published runs
 */
public record OneStageLoss(Weights weights, double temperature) {
    private static final double BASE_TEMPERATURE = 0.07;

    /**
     * Factors of an exit's terms, all at least 0.
     *
     * @param alpha of the cross-entropy
     * @param beta of the distillation
     * @param gamma of the contrastive term
     */
    public record Weights(double alpha, double beta, double gamma) {
        public Weights {
            new Problems()
                    .atLeast("alpha", alpha, 0)
                    .atLeast("beta", beta, 0)
                    .atLeast("gamma", gamma, 0)
                    .raise();
        }
    }

    /** The published ways, each with its weights. */
    public enum Variant {
        /** The end alone. */
        CE(new Weights(0, 0, 0)),
        /** Every exit is a classifier too. */
        SUBNET_CE(new Weights(1, 0, 0)),
        /** Exits learn from the end. */
        KD(new Weights(0.5, 0.5, 0)),
        /** Exits are classifiers, and contrasted with the end. */
        SELFCON(new Weights(1, 0, 0.8));

        private final Weights weights;

        Variant(Weights weights) {
            this.weights = weights;
        }

        public Weights weights() {
            return weights;
        }
    }

    public OneStageLoss {
        new Problems().above("temperature", temperature, 0).raise();
    }

    /**
     * @param logits N×C of the end
     * @param exitLogits N×C for each exit
     * @param contrasts for each exit the scores of its features and the end's with each other; not looked at if γ is 0
     * @param labels N, int64
     */
    public Loss of(Tensor logits, List<Tensor> exitLogits, List<Scores> contrasts, Tensor labels) {
        if (weights.gamma() > 0 && contrasts.size() != exitLogits.size()) {
            throw new IllegalArgumentException(
                    exitLogits.size() + " exits need as many contrasts, and not " + contrasts.size());
        }
        Map<String, Tensor> parts = new LinkedHashMap<>();
        Distillation distillation = new Distillation(temperature);
        InfoNce contrast = new InfoNce(
                new InfoNce.Config(temperature, Optional.of(BASE_TEMPERATURE), InfoNce.WithoutPositives.LEFT_OUT));

        Tensor total = crossEntropy(logits, labels);
        parts.put("ce", total.detach());
        for (int e = 0; e < exitLogits.size(); e++) {
            Tensor exit = exitLogits.get(e);
            Map<String, Tensor> terms = new LinkedHashMap<>();
            if (weights.alpha() > 0) {
                total = total.add(weighted("ce", weights.alpha(), crossEntropy(exit, labels), terms));
            }
            if (weights.beta() > 0) {
                total = total.add(weighted("kl", weights.beta(), distillation.of(exit, logits), terms));
            }
            if (weights.gamma() > 0) {
                Tensor term = contrast.term(contrasts.get(e)).get(Objective.LOSS);
                total = total.add(weighted("contrast", weights.gamma(), term, terms));
            }
            String ending = ".exit" + e;
            terms.forEach((name, value) -> parts.put(name + ending, value));
        }
        return new Loss(total, parts);
    }

    private static Tensor weighted(String name, double weight, Tensor term, Map<String, Tensor> terms) {
        terms.put(name, term.detach());
        return term.mul(Tensors.scalar(weight));
    }

    private static Tensor crossEntropy(Tensor logits, Tensor labels) {
        return torch.cross_entropy_loss(Tensors.wide(logits), labels);
    }
}
