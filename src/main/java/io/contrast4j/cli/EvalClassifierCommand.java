package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.data.Batch;
import io.contrast4j.data.BatchLoader;
import io.contrast4j.data.Batches;
import io.contrast4j.eval.Confusion;
import io.contrast4j.eval.Tally;
import io.contrast4j.model.TrainedModel;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "classifier",
        description = {
            "Tests the classifiers that a file has itself, and ensembles of them: those of a model trained in one stage, with"
                    + " its exits, of torchvision or of a linear evaluation.",
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j eval classifier runs/one-stage/TIME",
            "  contrast4j eval classifier runs/eval/TIME linear.ensembles=[[exit2-logits,logits]]",
            "  contrast4j eval classifier resnet50.pth data.type=image-folder data.path=DIR"
        })
final class EvalClassifierCommand implements Callable<Integer> {
    @Mixin
    private final Judged judged = new Judged();

    @Override
    public Integer call() {
        ConfigFile file = judged.load();
        EvalConfig config = file.bind(EvalConfig.class);
        try (Interrupt interrupt = Interrupt.install();
                Subject subject = Subject.open(config)) {
            TrainedModel model = subject.trained()
                    .orElseThrow(() -> new UserError(
                            UserError.USAGE, "Pixels have no classifier; set model.type = file and model.path."));
            List<String> outputs = outputs(config, model, subject);
            Map<String, List<String>> rows = rows(config, outputs);
            outputs.forEach(output -> requireNames(model, output, subject));
            EvalResults results = EvalResults.open("classifier", config, file, subject);
            Map<String, Tally> tallies = new LinkedHashMap<>();
            rows.keySet().forEach(name -> tallies.put(name, new Tally(Tally.Kept.PREDICTIONS)));
            try {
                if (!test(subject, model, rows, outputs, tallies)) {
                    System.err.println("interrupted");
                    return Interrupt.INTERRUPTED;
                }
                report(tallies, subject, results);
                share(config, subject, outputs, tallies);
            } finally {
                tallies.values().forEach(Tally::close);
            }
            return 0;
        }
    }

    private static List<String> outputs(EvalConfig config, TrainedModel model, Subject subject) {
        List<String> asked = config.model() instanceof JudgedModel.File own ? own.outputs() : List.of();
        List<String> outputs = asked.isEmpty() ? model.classifications() : asked;
        if (outputs.isEmpty()) {
            throw new UserError(
                    UserError.USAGE,
                    subject.about() + " has no classifier; train one by contrast4j eval linear, whose model has.");
        }
        return outputs;
    }

    /** Each output by itself; then the ensembles, by default the last exit with the end, and all. */
    private static Map<String, List<String>> rows(EvalConfig config, List<String> outputs) {
        Map<String, List<String>> rows = new LinkedHashMap<>();
        outputs.forEach(output -> rows.put(output, List.of(output)));
        List<List<String>> ensembles = new ArrayList<>(config.linear().ensembles());
        if (ensembles.isEmpty() && outputs.size() > 1) {
            ensembles.add(outputs.subList(outputs.size() - 2, outputs.size()));
            ensembles.add(outputs);
        }
        for (List<String> members : ensembles) {
            for (String member : members) {
                if (!outputs.contains(member)) {
                    throw new UserError(
                            UserError.USAGE,
                            "linear.ensembles names " + member + ", which is no classifier of the model; it has "
                                    + String.join(", ", outputs) + ".");
                }
            }
            rows.put(String.join("+", members), members);
        }
        return rows;
    }

    private static boolean test(
            Subject subject,
            TrainedModel model,
            Map<String, List<String>> rows,
            List<String> outputs,
            Map<String, Tally> tallies) {
        int[] all = IntStream.range(0, subject.test().size()).toArray();
        BatchLoader loader = subject.loader(subject.test(), all);
        try (Batches batches = loader.epoch(0)) {
            while (batches.hasNext()) {
                if (Interrupt.inProgress()) {
                    return false;
                }
                try (Scope scope = Scope.open();
                        NoGrad noGrad = NoGrad.open();
                        Batch batch = batches.next()) {
                    if (batch.size() == 0) {
                        continue;
                    }
                    Map<String, Tensor> logits = new LinkedHashMap<>();
                    for (String output : outputs) {
                        logits.put(output, model.rows(batch.views(), List.of(0), output));
                        requireClasses(logits.get(output), output, subject);
                    }
                    Tensor labels = Tensors.to(batch.labels(), subject.device());
                    rows.forEach((name, members) -> {
                        Tensor[] some = members.stream().map(logits::get).toArray(Tensor[]::new);
                        Tensor mean = torch.stack(new TensorVector(some)).mean(0);
                        tallies.get(name).add(mean.unsqueeze(1), labels);
                    });
                }
            }
        }
        return true;
    }

    /** A file that names its classes was trained on these; others of the same number would be told apart at random. */
    private static void requireNames(TrainedModel model, String output, Subject subject) {
        List<String> known = model.classes(output);
        List<String> own = subject.classes();
        // Files of other numbers of classes have a message of their own.
        for (int label = 0; label < known.size() && known.size() == own.size(); label++) {
            if (!known.get(label).equals(own.get(label))) {
                throw new UserError(
                        UserError.USAGE,
                        "The output " + output + " of " + subject.about() + " has " + known.get(label)
                                + " as its class "
                                + label + ", and the data has " + own.get(label)
                                + "; set the data that it was trained on, or data with the same names of classes.");
            }
        }
    }

    private static void requireClasses(Tensor logits, String output, Subject subject) {
        if (logits.size(1) != subject.classes().size()) {
            throw new UserError(
                    UserError.USAGE,
                    "The output " + output + " of " + subject.about() + " tells " + logits.size(1)
                            + " classes apart, and the data has "
                            + subject.classes().size()
                            + "; set the data that it was trained on.");
        }
    }

    private static void report(Map<String, Tally> tallies, Subject subject, EvalResults results) {
        Map<String, Confusion> confusions = new LinkedHashMap<>();
        List<Map<String, Object>> lines = new ArrayList<>();
        System.out.printf(
                Locale.ROOT,
                "%ntop-1 accuracy on %d test pictures%n",
                subject.test().size());
        System.out.printf(Locale.ROOT, "%-32s %9s %9s%n", "", "top-1", "top-5");
        tallies.forEach((name, tally) -> {
            Tally.Score score = tally.scores().get(0);
            System.out.printf(Locale.ROOT, "%-32s %7.2f %% %7.2f %%%n", name, score.top1(), score.top5());
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("output", name);
            line.put("top1", score.top1());
            line.put("top5", score.top5());
            line.put("loss", score.loss());
            lines.add(line);
            confusions.put(
                    name,
                    Confusion.of(
                            tally.labels(),
                            tally.predictions(0),
                            subject.classes().size()));
        });
        new ClassTables(results.folder(), subject.classes()).write(confusions);
        results.put("classifier", lines);
        results.complete();
    }

    /** In the file of all evaluations of this name: the end, the last exit and the first ensemble; no training is measured. */
    private static void share(EvalConfig config, Subject subject, List<String> outputs, Map<String, Tally> tallies) {
        int last = outputs.size() - 1;
        Map<String, List<Number>> rows = new LinkedHashMap<>();
        rows.put("backbone", three(tallies.get(outputs.get(last))));
        rows.put("sub", last > 0 ? three(tallies.get(outputs.get(last - 1))) : List.of(0, 0, 0));
        rows.put(
                "ensemble",
                tallies.entrySet().stream()
                        .filter(entry -> !outputs.contains(entry.getKey()))
                        .findFirst()
                        .<List<Number>>map(entry -> three(entry.getValue()).subList(0, 2))
                        .orElse(List.of(0, 0)));
        String experiment = config.linear().experiment();
        String key = subject.about() + "_" + (experiment.isEmpty() ? "classifier" : experiment);
        Path shared = config.out().resolve(config.name()).resolve("results.json");
        new SharedResults(shared).put(key, rows);
    }

    private static List<Number> three(Tally tally) {
        Tally.Score score = tally.scores().get(0);
        return List.of(score.top1(), score.top5(), 0);
    }
}
