package io.contrast4j.objective;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.tensor.Stateful;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.DoubleUnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** What is minimised; picked by the key {@code type}. */
public interface Objective extends Stateful, Monitored {
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
     * what else a term has; a mean
     * where a pair comes in several parts.
     */
    default Loss of(List<Scores> pairs) {
        Map<String, List<Tensor>> parts = new LinkedHashMap<>();
        Tensor total = null;
        for (Scores scores : pairs) {
            Map<String, Tensor> term = term(scores);
            term.forEach((name, value) -> parts.computeIfAbsent(name + "." + scores.pair(), n -> new ArrayList<>())
                    .add(value.detach()));
            Tensor loss = term.get(LOSS);
            Tensor weighted = scores.weight() == 1 ? loss : loss.mul(Tensors.scalar(scores.weight()));
            total = total == null ? weighted : total.add(weighted);
        }
        Map<String, Tensor> means = new LinkedHashMap<>();
        parts.forEach((name, values) -> means.put(
                name,
                values.size() == 1
                        ? values.get(0)
                        : torch.stack(new TensorVector(values.toArray(new Tensor[0])))
                                .mean()));
        return new Loss(total, means);
    }

    /** The terms since the last commit belong to a step that counts: what they have set stays. */
    default void commit() {}

    /** Takes back what the terms since the last commit have set; called in place of the next one. */
    default void revoke() {}

    /** Which objective, with its hyper-parameters. */
    sealed interface Config permits Nce.Config, InfoNce.Config, AlignUniform.Config, None {
        /** The scores that this objective cannot take, each with what ends the sentence "objective.type must be …". */
        Map<Scores.Trait, String> refused();

        /**
         * Notes which of these scores this objective cannot take, and why.
         *
         * @param traits what method, store and selector produce together
         */
        default void check(Set<Scores.Trait> traits, Problems problems) {
            String type = getClass().getAnnotation(TypeName.class).value();
            // In the order of the traits, whatever that of the map.
            new TreeMap<>(refused())
                    .forEach((trait, instead) ->
                            problems.require(!traits.contains(trait), "objective.type", type, instead));
        }

        /** A new objective without history. */
        Objective build();

        /**
         * The same for one of several processes that share a batch, each of which sees scores of its part.
         *
         * @param mean from a number that is a mean over this process's part to the mean over the whole batch; all processes
         *     call it at the same time
         */
        default Objective build(DoubleUnaryOperator mean) {
            return build();
        }
    }

    /** No objective of scores: the method has a loss of its own. */
    @TypeName("none")
    record None() implements Config {
        @Override
        public Map<Scores.Trait, String> refused() {
            return Map.of();
        }

        @Override
        public Objective build() {
            throw new IllegalStateException("there is no objective to build");
        }
    }
}
