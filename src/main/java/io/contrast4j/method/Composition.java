package io.contrast4j.method;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Stateful;
import java.util.LinkedHashMap;
import java.util.Map;

/** The state of something made of named parts. */
final class Composition implements Stateful {
    private final Map<String, Stateful> parts = new LinkedHashMap<>();

    Composition with(String name, Stateful part) {
        parts.put(name, part);
        return this;
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
