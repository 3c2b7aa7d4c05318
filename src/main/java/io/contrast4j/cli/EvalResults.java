package io.contrast4j.cli;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonNull;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonSerializer;
import io.contrast4j.checkpoint.AtomicFile;
import io.contrast4j.config.ConfigFile;
import io.contrast4j.eval.Labels;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The folder of an evaluation's results: {@code <out>/<name>/<time>/} with {@code config.conf}, {@code results.json} and,
 * where not all labels are used, {@code labels.txt}, a list of the pictures whose labels are.
 */
final class EvalResults {
    private final RunFolder folder;
    private final Map<String, Object> content = new LinkedHashMap<>();

    private EvalResults(RunFolder folder) {
        this.folder = folder;
    }

    /**
     * Makes the folder and writes the configuration: what cannot be written is found out before anything is computed.
     *
     * @param protocol name of the command
     * @throws UserError if nothing can be written there
     */
    static EvalResults open(String protocol, EvalConfig config, ConfigFile file, Subject subject) {
        return in(RunFolder.create(config.out().resolve(config.name())), protocol, config, file, subject);
    }

    /** The same in a folder that is there. */
    static EvalResults in(RunFolder folder, String protocol, EvalConfig config, ConfigFile file, Subject subject) {
        EvalResults results = new EvalResults(folder);
        results.write(results.folder.config(), file.render(EvalConfig.class));
        if (!config.labels().isAll()) {
            results.write(
                    results.folder.path().resolve("labels.txt"),
                    String.join("\n", Labels.names(subject.train(), subject.labelled())) + "\n");
        }
        results.content.put("protocol", protocol);
        results.content.put("model", subject.about());
        results.content.put("outputs", subject.outputs());
        results.content.put("training_pictures", subject.labelled().length);
        results.content.put("test_pictures", subject.test().size());
        results.content.put("classes", subject.classes().size());
        results.content.put("versions", Versions.all());
        return results;
    }

    /** Where further files of the evaluation go. */
    Path folder() {
        return folder.path();
    }

    /** @param value a number, text, or a list or map of such */
    void put(String key, Object value) {
        content.put(key, value);
    }

    /** Writes {@code results.json}, and prints where. */
    void complete() {
        Path target = folder.path().resolve("results.json");
        write(target, json(content));
        System.out.println("results: " + target);
    }

    /** What is no number, such as the accuracy of a class without pictures, is null: JSON has no word for it. */
    static String json(Map<String, ?> content) {
        JsonSerializer<Double> numbers =
                (value, type, context) -> Double.isFinite(value) ? new JsonPrimitive(value) : JsonNull.INSTANCE;
        return new GsonBuilder()
                        .setPrettyPrinting()
                        .disableHtmlEscaping()
                        .serializeNulls()
                        .registerTypeAdapter(Double.class, numbers)
                        .create()
                        .toJson(content)
                + "\n";
    }

    private void write(Path target, String text) {
        try {
            AtomicFile.write(target, text);
        } catch (IOException failed) {
            throw new UserError(UserError.FAILED, target + " cannot be written (" + Reasons.of(failed) + ").", failed);
        }
    }
}
