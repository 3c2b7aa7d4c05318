package io.contrast4j.objective;

import io.contrast4j.tensor.Stateful;
import java.util.List;

/** A contrastive objective; picked by the key {@code type}. */
public interface Objective extends Stateful {
    /**
     * The sum of the losses of all directed pairs.
     *
     * <p>For every pair {@code p} the parts hold {@code loss.p} and one measure of how well positives are told from
     * negatives.
     */
    Loss of(List<Scores> pairs);

    /** Which objective, with its hyper-parameters. */
    sealed interface Config permits Nce.Config, InfoNce.Config {
        /** A new objective without history. */
        Objective build();

        /** Temperature τ that similarities are divided by. */
        double temperature();
    }
}
