package io.contrast4j.model;

import io.contrast4j.checkpoint.OrderedDict;
import io.contrast4j.checkpoint.PublishedNames;
import io.contrast4j.tensor.StateDict;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One file of a model and of classifiers of its outputs: a checkpoint that {@link ModelFile} reads, with the encoder under
 * {@code model} as in a run's, the classifiers under {@code classifiers}, and the configuration of both.
 */
public final class ClassifiedFile {
    static final String CLASSIFIERS = "classifiers";
    private static final long FORMAT = 2;

    private ClassifiedFile() {}

    /**
     * The tree to write; its tensors are live and belong to the caller's scope.
     *
     * @param classifiers by the names that their logits will have
     * @param epochs that the classifiers were trained for
     * @param data the section of a configuration that says what pictures they were trained on
     */
    public static Map<String, Object> content(
            TrainedModel model,
            Map<String, SavedClassifier> classifiers,
            long epochs,
            Map<String, ? extends @Nullable Object> data) {
        Map<String, @Nullable Object> options =
                new LinkedHashMap<>(model.description().settings());
        Map<String, Object> evaluation = new LinkedHashMap<>();
        evaluation.put("tap", model.usualOutput());
        evaluation.put("views", model.description().views());
        options.put("eval", evaluation);
        options.put("data", data);
        OrderedDict tensors = new OrderedDict();
        Map<String, Object> forms = new LinkedHashMap<>();
        classifiers.forEach((name, classifier) -> {
            classifier.tensors().forEach((key, tensor) -> tensors.put(name + "." + key, tensor));
            forms.put(name, classifier.form().tree());
        });
        Map<String, Object> own = new LinkedHashMap<>();
        own.put("format", FORMAT);
        own.put(CLASSIFIERS, forms);
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("opt", options);
        content.put("model", PublishedNames.of(StateDict.of(model.module())));
        content.put(CLASSIFIERS, tensors);
        content.put("epoch", epochs);
        content.put("contrast4j", own);
        return content;
    }
}
