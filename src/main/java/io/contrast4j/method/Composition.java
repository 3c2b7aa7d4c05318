package io.contrast4j.method;

import io.contrast4j.objective.Monitored;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Stateful;
import java.util.LinkedHashMap;
import java.util.Map;

/** The state of something made of named parts, and what they have to watch. */
final class Composition implements Stateful, Monitored {
    private final Map<String, Stateful> parts = new LinkedHashMap<>();

    Composition with(String name, Stateful part) {
        parts.put(name, part);
        return this;
    }

    /** Those of all parts; where several parts have a name, the name of the part follows. */
    @Override
    public Map<String, Double> monitors() {
        Map<String, Double> all = new LinkedHashMap<>();
        parts.forEach((part, value) -> {
            if (value instanceof Monitored monitored) {
                monitored
                        .monitors()
                        .forEach((name, number) -> all.put(all.containsKey(name) ? name + "." + part : name, number));
            }
        });
        return all;
    }

    @Override
    public void assemble() {
        parts.values().forEach(Stateful::assemble);
    }

    @Override
    public Map<String, Object> state() {
        Map<String, Object> state = new LinkedHashMap<>();
        parts.forEach((name, part) -> state.put(name, part.state()));
        return state;
    }

    @Override
    @SuppressWarnings("unchecked")
    public void restore(Map<String, ?> state, String source) {
        parts.forEach((name, part) -> {
            if (!(state.get(name) instanceof Map<?, ?> saved)) {
                throw new UserError(
                        UserError.FAILED, source + " has no \"" + name + "\"; use the method it was trained with.");
            }
            part.restore((Map<String, ?>) saved, source);
        });
    }
}
