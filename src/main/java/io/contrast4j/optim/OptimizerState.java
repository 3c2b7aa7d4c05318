package io.contrast4j.optim;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The state of a Python optimizer, {@code optimizer.state_dict()}: what it keeps for each parameter, and the groups with
 * their options.
 *
 * <p>Parameters have no names there but numbers: 0, 1, 2, … since mid-2020, before that their objects' identities of 15
 * digits. So only the position of a number in {@code params} says which parameter it belongs to; a parameter that was
 * never trained has no state.
 *
 * @param groups the options of each group, without {@code params}
 * @param sizes how many parameters each group has
 * @param entries what is kept for each parameter of all groups in order, as {@code momentum_buffer}; empty where nothing
 *     is
 */
public record OptimizerState(
        List<Map<String, @Nullable Object>> groups, List<Integer> sizes, List<Map<String, @Nullable Object>> entries) {
    /** What SGD keeps for a parameter: its velocity. */
    public static final String VELOCITY = "momentum_buffer";

    /** Reads what Python saved; nothing if it is no state of an optimizer. */
    public static Optional<OptimizerState> of(@Nullable Object saved) {
        if (!(saved instanceof Map<?, ?> all)
                || !(all.get("state") instanceof Map<?, ?> state)
                || !(all.get("param_groups") instanceof List<?> written)) {
            return Optional.empty();
        }
        List<Map<String, @Nullable Object>> groups = new ArrayList<>();
        List<Integer> sizes = new ArrayList<>();
        List<Map<String, @Nullable Object>> entries = new ArrayList<>();
        int found = 0;
        for (Object group : written) {
            if (!(group instanceof Map<?, ?> options) || !(options.get("params") instanceof List<?> numbers)) {
                return Optional.empty();
            }
            Map<String, @Nullable Object> own = texts(options);
            own.remove("params");
            groups.add(own);
            sizes.add(numbers.size());
            for (Object number : numbers) {
                if (state.get(number) instanceof Map<?, ?> kept) {
                    found++;
                    entries.add(texts(kept));
                } else {
                    entries.add(new LinkedHashMap<>());
                }
            }
        }
        return found == state.size() ? Optional.of(new OptimizerState(groups, sizes, entries)) : Optional.empty();
    }

    /** As Python writes it today: parameters are numbered from 0. */
    public Map<String, Object> tree() {
        Map<Object, Object> state = new LinkedHashMap<>();
        for (int i = 0; i < entries.size(); i++) {
            if (!entries.get(i).isEmpty()) {
                state.put((long) i, entries.get(i));
            }
        }
        List<Map<String, @Nullable Object>> written = new ArrayList<>();
        long next = 0;
        for (int i = 0; i < groups.size(); i++) {
            List<Long> numbers = new ArrayList<>();
            for (int k = 0; k < sizes.get(i); k++) {
                numbers.add(next++);
            }
            Map<String, @Nullable Object> group = new LinkedHashMap<>(groups.get(i));
            group.put("params", numbers);
            written.add(group);
        }
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("state", state);
        all.put("param_groups", written);
        return all;
    }

    private static Map<String, @Nullable Object> texts(Map<?, ?> map) {
        Map<String, @Nullable Object> texts = new LinkedHashMap<>();
        map.forEach((key, value) -> texts.put(String.valueOf(key), value));
        return texts;
    }
}
