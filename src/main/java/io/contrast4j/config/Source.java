package io.contrast4j.config;

import com.typesafe.config.ConfigOrigin;
import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a value was written.
 *
 * @param place a file, or {@code command line}, {@code default} or {@code environment}
 * @param line counted from 1; 0 if the place has no lines or the line is not known
 */
public record Source(String place, int line) implements Comparable<Source> {
    static final Source COMMAND_LINE = new Source("command line", 0);
    static final Source DEFAULT = new Source("default", 0);
    static final Source ENVIRONMENT = new Source("environment", 0);

    /** How the environment is called by Typesafe Config. */
    private static final String ENVIRONMENT_ORIGIN = "env variables";

    private static final Pattern FILE_AND_LINES = Pattern.compile("(.*?): (\\d+)(?:-\\d+)?(?:,.*)?");
    private static final Comparator<Source> ORDER =
            Comparator.comparing(Source::place).thenComparing(Source::line);

    /** Reads a description such as {@code x.conf: 3}; of {@code merge of x.conf: 3,y.conf: 4} the first, which won. */
    static Source of(ConfigOrigin origin) {
        String description = origin.description().replaceFirst("^merge of ", "");
        if (description.equals(ENVIRONMENT_ORIGIN)) {
            return ENVIRONMENT;
        }
        description = description.replaceFirst("^" + ENVIRONMENT_ORIGIN + ",", "");
        Matcher matcher = FILE_AND_LINES.matcher(description);
        if (!matcher.matches()) {
            return new Source(description, 0);
        }
        String place = matcher.group(1);
        boolean hasLines = !place.equals(COMMAND_LINE.place) && !place.equals(DEFAULT.place);
        return new Source(place, hasLines ? Integer.parseInt(matcher.group(2)) : 0);
    }

    boolean isDefault() {
        return equals(DEFAULT);
    }

    /** Whether a person can open it and look. */
    boolean isFile() {
        return !isDefault() && !equals(COMMAND_LINE) && !equals(ENVIRONMENT);
    }

    @Override
    public int compareTo(Source other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return line > 0 ? place + ":" + line : place;
    }
}
