package io.contrast4j.objective;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.spec.UserError;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The softmax form of noise contrastive estimation (van den Oord et al., "Representation Learning with Contrastive
 * Predictive Coding", 2018).
 *
 * <p>With logits z = s/τ, the positive's z_0 and the negatives' z_1 … z_K: L = −mean over the anchors of
 * log(exp(z_0) / Σ_k exp(z_k)), the sum including the positive. Parts for a pair p: {@code loss.p} and {@code logit.p},
 * the mean logit of the positives.
 */
public final class InfoNce implements Objective {
    private final double temperature;

    /** @param temperature τ, above 0 */
    @TypeName("infonce")
    public record Config(double temperature) implements Objective.Config {
        public Config {
            new Problems().above("temperature", temperature, 0).raise();
        }

        @Override
        public InfoNce build() {
            return new InfoNce(this);
        }
    }

    public InfoNce(Config config) {
        this.temperature = config.temperature();
    }

    @Override
    public Loss of(List<Scores> pairs) {
        Map<String, Tensor> parts = new LinkedHashMap<>();
        Tensor total = null;
        for (Scores scores : pairs) {
            Tensor logits = torch.cat(new TensorVector(scores.positive(), scores.negatives()), 1)
                    .div(new org.bytedeco.pytorch.Scalar(temperature));
            Tensor loss = logits.log_softmax(1).select(1, 0).mean().neg();
            parts.put("loss." + scores.pair(), loss.detach());
            parts.put("logit." + scores.pair(), logits.detach().select(1, 0).mean());
            total = total == null ? loss : total.add(loss);
        }
        return new Loss(total, parts);
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
