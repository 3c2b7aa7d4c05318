package io.contrast4j.cli;

import io.contrast4j.eval.Confusion;
import io.contrast4j.eval.LinearEvaluation;
import io.contrast4j.eval.Standardization;
import io.contrast4j.eval.Standing;
import io.contrast4j.model.ClassifiedFile;
import io.contrast4j.model.SavedClassifier;
import io.contrast4j.model.TrainedModel;
import io.contrast4j.nn.LinearHead;
import io.contrast4j.nn.MultiExit;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** What a linear evaluation has come to: of each output and ensemble the learning rate with the best accuracy. */
final class LinearSummary {
    private final LinearEvaluation evaluation;
    private final List<String> classes;
    private final Map<String, Standing> best = new LinkedHashMap<>();

    LinearSummary(LinearEvaluation evaluation, List<String> classes) {
        this.evaluation = evaluation;
        this.classes = classes;
        evaluation
                .standings()
                .forEach((name, all) -> best.put(
                        name,
                        all.stream()
                                .max(Comparator.comparingDouble(Standing::top1))
                                .orElseThrow()));
    }

    /** Whether any output has a best epoch; with accuracies of 0 alone there is none. */
    boolean hasClassifiers() {
        return best.values().stream().anyMatch(one -> !one.weights().isEmpty());
    }

    void print() {
        System.out.printf(Locale.ROOT, "%ntop-1 accuracy on %d test pictures%n", evaluation.labels().length);
        System.out.printf(
                Locale.ROOT,
                "%-24s %13s %9s %9s %6s %9s%n",
                "",
                "learning rate",
                "top-1",
                "top-5",
                "epoch",
                "training");
        evaluation
                .standings()
                .forEach((name, all) -> all.forEach(one -> {
                    boolean isEnsemble = name.contains("+");
                    System.out.printf(
                            Locale.ROOT,
                            "%-24s %13s %7.2f %% %7.2f %% %6d %9s%s%n",
                            name,
                            one.rate(),
                            one.top1(),
                            one.top5(),
                            one.epoch(),
                            isEnsemble ? "" : String.format(Locale.ROOT, "%7.2f %%", one.train()),
                            one.diverged() > 0
                                    ? "  diverged in epoch " + one.diverged()
                                    : all.size() > 1 && one == best.get(name) ? "  best" : "");
                }));
    }

    /** Accuracies of single classes, and which are taken for which. */
    void tables(Path folder) {
        Map<String, Confusion> confusions = new LinkedHashMap<>();
        best.forEach((name, one) -> {
            if (one.epoch() > 0) {
                confusions.put(name, Confusion.of(evaluation.labels(), one.predictions(), classes.size()));
            }
        });
        if (!confusions.isEmpty()) {
            new ClassTables(folder, classes).write(confusions);
        }
    }

    /** All of it, for a file. */
    List<Map<String, Object>> rows() {
        List<Map<String, Object>> rows = new ArrayList<>();
        evaluation
                .standings()
                .forEach((name, all) -> all.forEach(one -> {
                    Map<String, Object> row = new LinkedHashMap<>();
                    row.put("output", name);
                    row.put("learning_rate", one.rate());
                    row.put("top1", one.top1());
                    row.put("top5", one.top5());
                    row.put("epoch", one.epoch());
                    row.put("training_top1", one.train());
                    if (one.diverged() > 0) {
                        row.put("diverged", one.diverged());
                    }
                    rows.add(row);
                }));
        return rows;
    }

    /**
     * As SelfCon's scripts report it: {@code backbone}, the last output that is no exit's, and {@code sub}, the last exit, each
     * with top-1, top-5 and the training's top-1; {@code ensemble}, the first one, with top-1 and top-5. What was not
     * measured is 0.
     */
    Map<String, List<Number>> selfCon() {
        Optional<Standing> backbone = Optional.empty();
        Optional<Standing> exit = Optional.empty();
        Optional<Standing> ensemble = Optional.empty();
        for (Map.Entry<String, Standing> entry : best.entrySet()) {
            if (entry.getKey().contains("+")) {
                ensemble = ensemble.or(() -> Optional.of(entry.getValue()));
            } else if (entry.getKey().startsWith(MultiExit.EXIT)) {
                exit = Optional.of(entry.getValue());
            } else {
                backbone = Optional.of(entry.getValue());
            }
        }
        Map<String, List<Number>> rows = new LinkedHashMap<>();
        rows.put("backbone", three(backbone));
        rows.put("sub", three(exit));
        rows.put(
                "ensemble",
                ensemble.<List<Number>>map(one -> List.of(one.top1(), one.top5()))
                        .orElse(List.of(0, 0)));
        return rows;
    }

    private static List<Number> three(Optional<Standing> standing) {
        return standing.<List<Number>>map(one -> List.of(one.top1(), one.top5(), one.train()))
                .orElse(List.of(0, 0, 0));
    }

    /**
     * The model with the best classifier of each output, as the content of a file; it belongs to the caller's scope.
     *
     * @param views numbers of the views that were judged
     * @param data the section of the configuration with the pictures
     */
    Map<String, Object> model(
            TrainedModel model,
            List<Integer> views,
            Map<String, LinearHead.Plan> heads,
            LinearProtocol protocol,
            Optional<Standardization> standardization,
            Map<String, ? extends @Nullable Object> data) {
        Map<String, SavedClassifier> classifiers = new LinkedHashMap<>();
        String main = List.copyOf(heads.keySet()).get(heads.size() - 1);
        heads.forEach((output, plan) -> {
            Standing one = best.get(output);
            if (one.epoch() > 0) {
                SavedClassifier.Form form = new SavedClassifier.Form(
                        output, views, plan, protocol.classifier().kind(), protocol.norm(), classes);
                classifiers.put(
                        name(output, output.equals(main), model.outputs()),
                        new SavedClassifier(form, unstandardized(output, one.weights(), standardization)));
            }
        });
        return ClassifiedFile.content(model, classifiers, evaluation.epochs(), data);
    }

    /** What the logits are called: {@code logits} of the last output, {@code exit2-logits} of others. */
    private static String name(String output, boolean isMain, Set<String> taken) {
        String name = isMain ? TrainedModel.LOGITS : output + "-" + TrainedModel.LOGITS;
        return taken.contains(name) ? "linear-" + name : name;
    }

    private static Map<String, Tensor> unstandardized(
            String output, Map<String, Tensor> weights, Optional<Standardization> standardization) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        // In the order of the module, which a copied map need not keep.
        weights.keySet().stream().sorted(Comparator.reverseOrder()).forEach(key -> tensors.put(key, weights.get(key)));
        standardization.ifPresent(same -> {
            String first = tensors.containsKey("fc1.weight") ? "fc1" : "fc";
            Standardization.Layer layer =
                    same.folded(output, tensors.get(first + ".weight"), tensors.get(first + ".bias"));
            tensors.put(first + ".weight", layer.weight());
            tensors.put(first + ".bias", layer.bias());
        });
        return tensors;
    }
}
