package io.contrast4j.spec;

import java.util.ArrayList;
import java.util.List;

/**
 * Collects the violations of a record's limits, so that all are reported at once.
 *
 * <pre>{@code
 * record Config(double momentum, int batchSize) {
 *     Config {
 *         new Problems().between("momentum", momentum, 0, 1).atLeast("batchSize", batchSize, 1).raise();
 *     }
 * }
 * }</pre>
 */
public final class Problems {
    private final List<InvalidValues.Problem> found = new ArrayList<>();

    /**
     * {@code low ≤ value ≤ high}; NaN is outside.
     *
     * @param component that has the value
     * @param value to be checked
     * @param low least value that is allowed
     * @param high largest value that is allowed
     * @return this
     */
    public Problems between(String component, double value, double low, double high) {
        return require(
                value >= low && value <= high,
                component,
                plain(value),
                "between " + plain(low) + " and " + plain(high));
    }

    /**
     * {@code value ≥ low}, and finite.
     *
     * @param component that has the value
     * @param value to be checked
     * @param low least value that is allowed
     * @return this
     */
    public Problems atLeast(String component, double value, double low) {
        return require(value >= low && Double.isFinite(value), component, plain(value), "at least " + plain(low));
    }

    /**
     * {@code value > low}, and finite.
     *
     * @param component that has the value
     * @param value to be checked
     * @param low that it has to be above
     * @return this
     */
    public Problems above(String component, double value, double low) {
        return require(value > low && Double.isFinite(value), component, plain(value), "greater than " + plain(low));
    }

    /**
     * Any other rule.
     *
     * @param holds whether it is kept
     * @param component that has the value
     * @param value for the message
     * @param allowed ends the sentence "component = value must be …"
     * @return this
     */
    public Problems require(boolean holds, String component, Object value, String allowed) {
        if (!holds) {
            found.add(new InvalidValues.Problem(component, String.valueOf(value), allowed));
        }
        return this;
    }

    /** {@return what was found so far} */
    public List<InvalidValues.Problem> found() {
        return List.copyOf(found);
    }

    /**
     * Reports what was found.
     *
     * @throws InvalidValues if any rule was broken
     */
    public void raise() {
        if (!found.isEmpty()) {
            throw new InvalidValues(found);
        }
    }

    private static String plain(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
