package io.contrast4j.model;

import io.contrast4j.nn.Classifier;
import io.contrast4j.nn.LinearHead;
import io.contrast4j.spec.UserError;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * A classifier that an evaluation trained on an output of a model, as it is in the model's file.
 *
 * @param form what it is
 * @param tensors by their names: {@code fc.weight} and so on
 */
public record SavedClassifier(Form form, Map<String, Tensor> tensors) {
    public SavedClassifier {
        tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    }

    /**
     * What a classifier sees, and what kind it is.
     *
     * @param output the layer below it
     * @param views numbers of the views whose outputs are joined along their channels
     * @param plan how maps become vectors
     * @param kind of the classifier
     * @param norm what vectors go through first
     * @param classes their names, in the order of the logits
     */
    public record Form(
            String output,
            List<Integer> views,
            LinearHead.Plan plan,
            Classifier kind,
            Classifier.Norm norm,
            List<String> classes) {
        public Form {
            views = List.copyOf(views);
            classes = List.copyOf(classes);
        }

        /** As a tree that a checkpoint can hold. */
        Map<String, Object> tree() {
            Map<String, Object> tree = new LinkedHashMap<>();
            tree.put("output", output);
            tree.put("views", views.stream().map(Integer::longValue).toList());
            tree.put("spelling", lower(plan.spelling()));
            tree.put("pooling", lower(plan.pooling()));
            tree.put("side", (long) plan.side());
            tree.put("hidden", kind.hidden());
            tree.put("norm", lower(norm));
            tree.put("classes", classes);
            return tree;
        }

        /** @throws UserError if it is none */
        static Form of(Object tree, String file) {
            try {
                Map<?, ?> map = (Map<?, ?>) tree;
                return new Form(
                        (String) map.get("output"),
                        ((List<?>) map.get("views"))
                                .stream().map(view -> ((Long) view).intValue()).toList(),
                        new LinearHead.Plan(
                                LinearHead.Spelling.valueOf(upper(map.get("spelling"))),
                                LinearHead.Pooling.valueOf(upper(map.get("pooling"))),
                                ((Long) map.get("side")).intValue()),
                        (Boolean) map.get("hidden") ? Classifier.VGG : Classifier.LINEAR,
                        Classifier.Norm.valueOf(upper(map.get("norm"))),
                        ((List<?>) map.get("classes"))
                                .stream().map(String::valueOf).toList());
            } catch (ClassCastException | NullPointerException | IllegalArgumentException other) {
                throw new UserError(
                        UserError.FAILED,
                        file
                                + " has classifiers of a kind that this contrast4j does not know; use the one that wrote it.",
                        other);
            }
        }

        private static String lower(Enum<?> constant) {
            return constant.name().toLowerCase(Locale.ROOT);
        }

        private static String upper(Object name) {
            return ((String) name).toUpperCase(Locale.ROOT);
        }
    }
}
