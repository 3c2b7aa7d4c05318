package io.contrast4j.config;

import io.contrast4j.spec.UserError;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** Everything that is wrong with a configuration, one line each, in the order of files and lines. */
public final class InvalidConfig extends UserError {
    private final transient List<Problem> problems;

    private InvalidConfig(List<Problem> problems) {
        super(USAGE, problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = problems;
    }

    /** @param problems at least one, in any order */
    static InvalidConfig of(List<Problem> problems) {
        return new InvalidConfig(
                problems.stream().sorted(Comparator.comparing(Problem::source)).toList());
    }

    static InvalidConfig of(Source source, String sentence) {
        return of(List.of(new Problem(source, sentence)));
    }

    /** At least one. */
    public List<Problem> problems() {
        return problems;
    }

    /**
     * One thing that is wrong.
     *
     * @param source where it was written, or for a missing value where it could be
     * @param sentence names the key, the value and what is allowed
     */
    public record Problem(Source source, String sentence) {
        @Override
        public String toString() {
            return source + ": " + sentence;
        }
    }
}
