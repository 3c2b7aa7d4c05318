package io.contrast4j.cli;

import io.contrast4j.eval.Evaluation;
import io.contrast4j.nn.Networks;
import io.contrast4j.train.Trainer;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/** Judges encoders by what a linear probe and nearest neighbours make of their frozen features. */
final class FrozenExam implements Exam {
    private final Evaluation evaluation;
    private final Evaluation.Config compared;
    private final Networks trained;
    private final Supplier<Networks> random;
    private final int testPictures;

    /**
     * @param compared says what else is judged at the end, for comparison
     * @param random makes the networks as they are without training
     * @param testPictures how many there are
     */
    FrozenExam(
            Evaluation evaluation,
            Evaluation.Config compared,
            Networks trained,
            Supplier<Networks> random,
            int testPictures) {
        this.evaluation = evaluation;
        this.compared = compared;
        this.trained = trained;
        this.random = random;
        this.testPictures = testPictures;
    }

    @Override
    public Map<String, Double> validated() {
        Evaluation.Result result = evaluation.of(trained.backbones(), Interrupt::inProgress);
        Map<String, Double> accuracies = new LinkedHashMap<>();
        accuracies.put(Trainer.KNN, result.knn());
        accuracies.put("linear", result.linear());
        return accuracies;
    }

    @Override
    public Verdict verdict() {
        Map<String, Evaluation.Result> results = new LinkedHashMap<>();
        if (compared.rawPixels()) {
            results.put("raw pixels", evaluation.ofPixels());
        }
        if (compared.randomWeights()) {
            // Without pretrained weights, those that the training started from.
            results.put("random weights", evaluation.of(random.get().backbones()));
        }
        results.put("trained", evaluation.of(trained.backbones()));
        StringBuilder table =
                new StringBuilder(String.format(Locale.ROOT, "%ntop-1 accuracy on %d test pictures%n", testPictures));
        table.append(String.format(Locale.ROOT, "%-16s %12s %12s%n", "", "linear probe", "kNN"));
        table.append(row("chance", new Evaluation.Result(evaluation.chance(), evaluation.chance())));
        Map<String, Object> line = new LinkedHashMap<>();
        results.forEach((name, result) -> {
            table.append(row(name, result));
            line.put("eval." + name.replace(' ', '_') + ".linear", result.linear());
            line.put("eval." + name.replace(' ', '_') + ".knn", result.knn());
        });
        return new Verdict(table.toString(), line);
    }

    private static String row(String name, Evaluation.Result result) {
        return String.format(Locale.ROOT, "%-16s %10.1f %% %10.1f %%%n", name, result.linear(), result.knn());
    }
}
