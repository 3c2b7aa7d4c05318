package io.contrast4j.cli;

import io.contrast4j.eval.FrozenEncoder;
import io.contrast4j.eval.LinearEvaluation;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.Classifier;
import io.contrast4j.nn.LinearHead;
import io.contrast4j.optim.Optimizer;
import io.contrast4j.optim.Schedule;
import io.contrast4j.spec.Problems;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * How {@code eval linear} trains classifiers on frozen outputs.
 *
 * @param features whether pictures are encoded anew in each epoch, or once
 * @param encoderMode how batch norms behave in training
 * @param pooling how maps become vectors
 * @param standardize whether kept vectors are brought to mean 0 and deviation 1
 * @param classifier what is trained
 * @param norm what vectors go through first
 * @param start what its weights start from
 * @param learningRates one classifier for each; the optimizer's alone if it is not said
 * @param epochs passes over the training pictures
 * @param batchSize pictures in a step
 * @param ensembles outputs whose logits are averaged
 * @param experiment what follows the model's path in the key of the results that all evaluations of a name share
 */
record LinearProtocol(
        Kept features,
        FrozenEncoder.Mode encoderMode,
        Pooling pooling,
        boolean standardize,
        Kind classifier,
        Classifier.Norm norm,
        Classifier.Start start,
        Optional<List<Double>> learningRates,
        int epochs,
        int batchSize,
        List<List<String>> ensembles,
        String experiment) {
    /** What a model is judged by where no configuration says anything. */
    static final Map<String, Object> QUICK = Map.of("learning-rates", List.of(0.01, 0.03, 0.1, 0.3, 1.0));

    /** Where vectors come from. */
    enum Kept {
        /** Random crops of each picture, encoded anew in each epoch, as the published evaluations do it. */
        AUGMENTED,
        /** The middle of each picture, encoded once. */
        CACHED
    }

    /** How maps become vectors. */
    enum Pooling {
        /** As they are, flattened. */
        NONE,
        /** CMC's adaptive pooling, to some 9000 numbers. */
        CMC
    }

    /** What is trained. */
    enum Kind {
        LINEAR(Classifier.LINEAR),
        /** VGG's in SelfCon: a hidden layer with dropout. */
        HIDDEN(Classifier.VGG);

        private final Classifier kind;

        Kind(Classifier kind) {
            this.kind = kind;
        }

        Classifier kind() {
            return kind;
        }
    }

    public LinearProtocol {
        learningRates = learningRates.map(List::copyOf);
        ensembles = ensembles.stream().map(List::copyOf).toList();
        List<Double> rates = learningRates.orElse(List.of(1.0));
        new Problems()
                .require(
                        !standardize || features == Kept.CACHED,
                        "standardize",
                        "true",
                        "false where linear.features = augmented, which have no mean that is known before")
                .require(
                        !standardize || norm == Classifier.Norm.NONE,
                        "standardize",
                        "true",
                        "false with linear.norm = batch, which does the same")
                .require(
                        features == Kept.AUGMENTED || encoderMode == FrozenEncoder.Mode.EVALUATION,
                        "encoderMode",
                        encoderMode.name().toLowerCase(Locale.ROOT).replace('_', '-'),
                        "evaluation where linear.features = cached")
                .require(
                        !rates.isEmpty()
                                && rates.stream().allMatch(rate -> rate > 0 && rate <= Float.MAX_VALUE)
                                && rates.stream().distinct().count() == rates.size(),
                        "learningRates",
                        rates,
                        "at least one number, different ones greater than 0 and at most 3e38, or null")
                .require(
                        ensembles.stream().allMatch(some -> some.size() > 1),
                        "ensembles",
                        ensembles,
                        "lists of at least two outputs")
                .atLeast("epochs", epochs, 1)
                .atLeast("batchSize", batchSize, 1)
                .raise();
    }

    LinearEvaluation.Plan plan(Optimizer.Config optimizer, Schedule.Config schedule) {
        return new LinearEvaluation.Plan(
                classifier.kind(),
                norm,
                start,
                learningRates.orElseGet(() -> List.of(optimizer.learningRate())),
                epochs,
                batchSize,
                ensembles,
                optimizer,
                schedule);
    }

    /** What becomes of the maps of an output; pixels have no encoder. */
    LinearHead.Plan head(Optional<Backbone.Config> encoder, String output) {
        return pooling == Pooling.CMC && encoder.isPresent()
                ? LinearHead.Plan.of(encoder.get(), output)
                : LinearHead.Plan.flat(LinearHead.Spelling.RESNET);
    }
}
