package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.dist.Placement;
import io.contrast4j.model.ModelFile;
import io.contrast4j.spec.UserError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "finetune",
        description = {
            "Trains an encoder and a fresh linear classifier together, with the labels of all pictures or of few, and tells the"
                    + " classifier's accuracy after each epoch.",
            "It is a run of method.type = fine-tune that starts from pretrained weights: a run's keys, folder and checkpoints."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j eval finetune runs/moco/TIME labels.fraction=0.1",
            "  contrast4j eval finetune runs/quickstart/TIME views.groups=[[0]] pretrained.part=encoder-l",
            "  contrast4j eval finetune conf/fashion-mnist/finetune.conf pretrained.weights=FILE",
            "  contrast4j eval finetune conf/fashion-mnist/finetune.conf --resume auto"
        })
final class EvalFinetuneCommand implements Callable<Integer> {
    /** What makes a run one that is fine-tuned; the user's own settings win. */
    private static final List<String> FINE_TUNING = List.of(
            "method.type=fine-tune",
            "store.type=none",
            "negatives.type=in-batch",
            "objective.type=none",
            "schedule.type=cosine",
            "optimizer.learning-rate=0.01",
            "train.epochs=30",
            "train.batch-size=64",
            "eval.every-epochs=1",
            "checkpoint.best-metric=validation." + ClassifierExam.CLASSIFIER);

    @Parameters(
            index = "0",
            paramLabel = "CONF|MODEL",
            description =
                    "A run's configuration, whose name ends in .conf; or a run's folder or checkpoint, whose encoder is"
                            + " trained on with the run's data and views.")
    private Path subject = Path.of("");

    @Parameters(
            index = "1..*",
            paramLabel = "KEY=VALUE",
            description = "Overrides a key of the configuration; may be given many times.")
    private List<String> overrides = List.of();

    @Option(
            names = "--resume",
            paramLabel = "auto|RUN|FILE",
            arity = "0..1",
            parameterConsumer = ResumeArgument.class,
            description = "Goes on with a run, as train --resume does.")
    private @Nullable String resume;

    @Override
    public Integer call() {
        ConfigFile file = subject.toString().toLowerCase(Locale.ROOT).endsWith(".conf")
                ? ConfigFile.load(subject, overrides)
                : ofModel();
        RunConfig config = file.bind(RunConfig.class);
        String rendered = file.render(RunConfig.class);
        Resume from = resume == null ? new Resume.Nothing() : Resume.from(resume);
        try (Workplace place = Workplace.open(config, rendered, Placement.ALONE);
                Run run = new Run(config, rendered, from, new AllowedChanges(List.of()), place)) {
            return run.train() ? 0 : Interrupt.INTERRUPTED;
        }
    }

    private ConfigFile ofModel() {
        ModelFile model = new ModelFile(subject, Optional.empty(), List.of());
        Map<String, ?> recorded = model.configuration();
        if (recorded.isEmpty()) {
            throw new UserError(
                    UserError.USAGE,
                    model.file()
                            + " is of no run of contrast4j, so that its encoder and views must be said: write them into a"
                            + " configuration such as conf/fashion-mnist/finetune.conf, with pretrained.weights="
                            + model.file()
                            + ".");
        }
        Map<String, Object> values = new LinkedHashMap<>();
        for (String section : List.of("data", "loader", "encoder")) {
            // A model that an evaluation wrote says nothing about loading.
            if (recorded.get(section) != null) {
                values.put(section, recorded.get(section));
            }
        }
        Map<String, Object> views = new LinkedHashMap<>();
        if (recorded.get("views") instanceof Map<?, ?> all) {
            all.forEach((key, value) -> views.put(key.toString(), value));
        }
        views.put("crops", 1);
        views.remove("local");
        values.put("views", views);
        values.put("name", "eval-finetune");
        values.put("pretrained", Map.of("weights", model.file().toString(), "layers", "backbone"));
        boolean isTapped = recorded.get("eval") instanceof Map<?, ?> eval && eval.get("tap") instanceof String;
        values.put("eval", isTapped ? Map.of("tap", ((Map<?, ?>) recorded.get("eval")).get("tap")) : Map.of());
        List<String> all = new ArrayList<>(FINE_TUNING);
        all.addAll(overrides);
        return ConfigFile.recorded(RunConfig.class, values, model.file().toString(), all);
    }
}
