package io.contrast4j.objective;

import io.contrast4j.tensor.Stateful;
import io.contrast4j.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** What is minimised; picked by the key {@code type}. */
public interface Objective extends Stateful {
    /** Name of the part of a term that is minimised. */
    String LOSS = "loss";

    /**
     * The loss of one directed pair of views.
     *
     * @return named 0-d tensors: {@value #LOSS}, with gradient, and what tells how well positives are told from
     *     negatives
     */
    Map<String, Tensor> term(Scores scores);

    /**
     * The weighted sum of the losses of all directed pairs. For every pair {@code p} the parts hold {@code loss.p} and
     * what else a term has.
     */
    default Loss of(List<Scores> pairs) {
        Map<String, Tensor> parts = new LinkedHashMap<>();
        Tensor total = null;
        for (Scores scores : pairs) {
            Map<String, Tensor> term = term(scores);
            term.forEach((name, value) -> parts.put(name + "." + scores.pair(), value.detach()));
            Tensor loss = term.get(LOSS);
            Tensor weighted = scores.weight() == 1 ? loss : loss.mul(Tensors.scalar(scores.weight()));
            total = total == null ? weighted : total.add(weighted);
        }
        return new Loss(total, parts);
    }

    /** Which objective, with its hyper-parameters. */
    sealed interface Config permits Nce.Config, InfoNce.Config {
        /** A new objective without history. */
        Objective build();
    }
}
