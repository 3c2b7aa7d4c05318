package io.contrast4j.dist;

import io.contrast4j.spec.UserError;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Numbers and words of the environment; what is wrong with them is collected, a sentence each. */
final class Variables {
    private final Map<String, String> environment;
    private final List<String> problems = new ArrayList<>();

    Variables(Map<String, String> environment) {
        this.environment = environment;
    }

    boolean has(String name) {
        return word(name).isPresent();
    }

    boolean hasAny(String... names) {
        return List.of(names).stream().anyMatch(this::has);
    }

    Optional<String> word(String name) {
        return Optional.ofNullable(environment.get(name)).map(String::trim).filter(text -> !text.isEmpty());
    }

    /** The first of these that is set. */
    Optional<String> firstWord(String... names) {
        return List.of(names).stream().map(this::word).flatMap(Optional::stream).findFirst();
    }

    /** A number that is not negative; another one is a problem. */
    Optional<Integer> number(String name) {
        Optional<String> text = word(name);
        if (text.isPresent() && !text.get().matches("\\d{1,9}")) {
            problem(name + " = " + text.get() + " must be a number, 0 or more.");
            return Optional.empty();
        }
        return text.map(Integer::valueOf);
    }

    /** A number that is there; one that is not is a problem. */
    Optional<Integer> required(String name, String beside) {
        if (!has(name)) {
            problem(name + " is not set, although " + beside + " is; set both or neither.");
        }
        return number(name);
    }

    void require(boolean holds, String sentence) {
        if (!holds) {
            problem(sentence);
        }
    }

    void problem(String sentence) {
        problems.add(sentence);
    }

    boolean isFine() {
        return problems.isEmpty();
    }

    /** @throws UserError with all problems, a line each */
    void raise() {
        if (!problems.isEmpty()) {
            throw new UserError(UserError.USAGE, String.join("\n", problems));
        }
    }
}
