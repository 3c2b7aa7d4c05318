package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.data.BatchLoader;
import io.contrast4j.data.Dataset;
import io.contrast4j.eval.FeatureQuality;
import io.contrast4j.eval.Labels;
import io.contrast4j.model.ModelFile;
import io.contrast4j.optim.Optimizer;
import io.contrast4j.optim.Schedule;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.UserError;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code contrast4j eval} judges, on which pictures, and how. What each key means is said in {@code reference.conf}. All
 * protocols are sections of one configuration, so that one file serves them all; each command reads its own.
 *
 * @param name of the folder of the results, below {@code out}
 * @param seed of everything random
 * @param device auto, cpu, cuda or cuda:N
 * @param backend how LibTorch computes there
 * @param out folder of all results
 * @param labels which labelled training pictures are used
 * @param knn the nearest-neighbour classifier
 * @param quality what features are like without labels
 * @param retrieval pictures found by their similarity
 * @param linear classifiers on frozen outputs
 * @param optimizer of what is trained on a model
 * @param schedule of its learning rate
 */
record EvalConfig(
        String name,
        long seed,
        String device,
        Backend backend,
        Path out,
        JudgedModel model,
        Dataset.Config data,
        BatchLoader.Config loader,
        Labels labels,
        KnnProtocol knn,
        FeatureQuality.Config quality,
        RetrievalProtocol retrieval,
        LinearProtocol linear,
        Optimizer.Config optimizer,
        Schedule.Config schedule) {
    private static final String DATA = "data";

    public EvalConfig {
        new Problems()
                .require(
                        name.matches("[A-Za-z0-9][A-Za-z0-9._-]*"),
                        "name",
                        '"' + name + '"',
                        "letters, digits, '.', '_' and '-' only")
                .require(
                        device.matches("auto|cpu|cuda(:\\d{1,3})?"),
                        "device",
                        '"' + device + '"',
                        "auto, cpu, cuda or cuda:N")
                .raise();
    }

    /**
     * The configuration in a file, or, for a model, that of its run's data.
     *
     * @param subject a file whose name ends in .conf, or else a model
     * @param overrides of keys
     * @throws UserError if the model does not say what data it was trained on, and no override does
     */
    static ConfigFile file(Path subject, List<String> overrides) {
        if (subject.toString().toLowerCase(Locale.ROOT).endsWith(".conf")) {
            Purpose.requireEvaluation(subject);
            return ConfigFile.load(subject, overrides);
        }
        ModelFile model = new ModelFile(subject, Optional.empty(), List.of());
        Map<String, ?> recorded = model.configuration();
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("name", "eval");
        values.put("model", Map.of("path", subject.toString()));
        values.put("linear", LinearProtocol.QUICK);
        values.put("optimizer", Map.of("weight-decay", 0));
        values.put("schedule", Map.of("type", "cosine"));
        if (recorded.get(DATA) instanceof Map<?, ?> data) {
            values.put(DATA, data);
        } else if (!ConfigFile.replaces(overrides, DATA)) {
            throw new UserError(
                    UserError.USAGE,
                    model.file() + " does not say what pictures it is to be judged on; say so, such as by"
                            + " data.type=image-folder data.path=DIR.");
        }
        return ConfigFile.recorded(EvalConfig.class, values, model.file().toString(), overrides);
    }
}
