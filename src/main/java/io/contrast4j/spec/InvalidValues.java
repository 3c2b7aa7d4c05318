package io.contrast4j.spec;

import java.util.List;
import java.util.stream.Collectors;

/** All the values of one record that are out of range, each with the record component it belongs to. */
public final class InvalidValues extends IllegalArgumentException {
    /** At least one. */
    private final List<Problem> problems;

    /**
     * Of these values.
     *
     * @param problems at least one
     */
    public InvalidValues(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("; ")));
        this.problems = List.copyOf(problems);
    }

    /** {@return the values, each with its component} */
    public List<Problem> problems() {
        return problems;
    }

    /**
     * One value that is not allowed.
     *
     * @param component the record component, in Java's spelling ({@code batchSize})
     * @param value the value given
     * @param allowed the allowed range, as the end of "must be …"
     */
    public record Problem(String component, String value, String allowed) {
        @Override
        public String toString() {
            return component + " = " + value + " must be " + allowed;
        }
    }
}
