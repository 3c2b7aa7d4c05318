package io.contrast4j.checkpoint;

import io.contrast4j.spec.UserError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The state of a checkpoint's optimizer with other numbers: what was kept for a parameter follows it to its place among
 * those of another program.
 */
final class MovedOptimizer {
    private final Recognized from;
    private final String file;

    /** @param file to be named in messages */
    MovedOptimizer(Recognized from, String file) {
        this.from = from;
        this.file = file;
    }

    /**
     * As Python's optimizers save it.
     *
     * @param parameters all that the target's optimizer numbers, in its order
     * @param renamed part and name of what was trained → its name among these
     * @return nothing if there is no optimizer, or one of several groups
     * @throws UserError if it is of another number of parameters than the parts that it trains
     */
    Optional<Map<String, Object>> to(List<String> parameters, Map<String, String> renamed) {
        List<String> trained = from.trained();
        if (trained.isEmpty()
                || !(from.optimizer().orElse(null) instanceof Map<?, ?> saved)
                || !(saved.get("state") instanceof Map<?, ?> state)
                || !(saved.get("param_groups") instanceof List<?> groups)
                || groups.size() != 1
                || !(groups.get(0) instanceof Map<?, ?> group)
                || !(group.get("params") instanceof List<?> numbers)) {
            return Optional.empty();
        }
        if (numbers.size() != trained.size()) {
            throw new UserError(
                    UserError.FAILED,
                    file + " has an optimizer of " + numbers.size() + " parameters, but " + trained.size()
                            + " in the parts that it trains; the file is inconsistent.");
        }
        Map<String, Object> kept = new LinkedHashMap<>();
        for (int i = 0; i < trained.size(); i++) {
            Object entry = state.get(numbers.get(i));
            String name = renamed.get(trained.get(i));
            if (entry != null && name != null) {
                kept.put(name, entry);
            }
        }
        Map<Object, Object> moved = new LinkedHashMap<>();
        List<Object> positions = new ArrayList<>();
        for (int i = 0; i < parameters.size(); i++) {
            positions.add((long) i);
            Object entry = kept.get(parameters.get(i));
            if (entry != null) {
                moved.put((long) i, entry);
            }
        }
        Map<String, @Nullable Object> options = Plain.dictionary(group);
        options.put("params", positions);
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("state", moved);
        tree.put("param_groups", List.of(options));
        return Optional.of(tree);
    }
}
