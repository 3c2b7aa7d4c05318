package io.contrast4j.metrics;

import java.util.Map;

/**
 * What stderr is connected to. Java 17 cannot tell by itself (System.console() also asks about stdin and stdout), so the
 * launcher does: it sets {@code contrast4j.terminal} to the number of columns when stderr is a terminal.
 *
 * @param columns its width, or 0 when lines cannot be rewritten: a file, a pipe, or a terminal without cursor control
 * @param colour whether colours may be used
 */
public record Terminal(int columns, boolean colour) {
    /** The environment variables {@code NO_COLOR} (any value) and {@code TERM=dumb} are respected. */
    public static Terminal ofStderr() {
        return of(System.getProperty("contrast4j.terminal", ""), System.getenv());
    }

    static Terminal of(String columns, Map<String, String> environment) {
        boolean number = columns.matches("[1-9]\\d{0,5}");
        boolean terminal = number && !"dumb".equals(environment.get("TERM"));
        boolean plain = !environment.getOrDefault("NO_COLOR", "").isEmpty();
        return new Terminal(terminal ? Integer.parseInt(columns) : 0, terminal && !plain);
    }

    boolean rewritable() {
        return columns > 0;
    }
}
