package io.contrast4j.flags;

import io.contrast4j.config.Suggestion;
import io.contrast4j.spec.UserError;
import java.util.List;
import java.util.Optional;

/**
 * A published program.
 *
 * @param name its file, such as {@code main_moco.py}
 * @param base what it does whatever its options are, as lines of a configuration; empty if it has no counterpart
 * @param evaluates whether it is a linear evaluation of an encoder, and not its training
 * @param options in the order in which they are applied
 */
record Script(String name, List<String> base, boolean evaluates, List<Option> options) {
    Script {
        base = List.copyOf(base);
        options = List.copyOf(options);
    }

    /** Whether there is a configuration that does what it does. */
    boolean isImported() {
        return !base.isEmpty();
    }

    Optional<Option> find(String name) {
        return options.stream().filter(option -> option.names().contains(name)).findFirst();
    }

    /**
     * The option that a word names, perhaps by the beginning of its name, as Python's argparse has it.
     *
     * @throws UserError if it names none, or several
     */
    Option option(String word) {
        Optional<Option> exact = find(word);
        if (exact.isPresent()) {
            return exact.get();
        }
        List<Option> begun = options.stream()
                .filter(option ->
                        word.startsWith("--") && option.names().stream().anyMatch(name -> name.startsWith(word)))
                .toList();
        if (begun.size() != 1) {
            List<String> names = begun.isEmpty()
                    ? Suggestion.nearest(
                            word,
                            options.stream()
                                    .flatMap(option -> option.names().stream())
                                    .toList(),
                            1)
                    : begun.stream().map(Option::name).toList();
            throw new UserError(
                    UserError.USAGE,
                    name + " has no option " + word
                            + (names.isEmpty() ? "." : "; did you mean " + String.join(" or ", names) + "?"));
        }
        return begun.get(0);
    }
}
