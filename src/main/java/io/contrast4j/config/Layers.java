package io.contrast4j.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigUtil;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/** The layers beside the run's file: defaults from the class path below it, overrides above it. */
final class Layers {
    /** Values that are no text: numbers and words of JSON. */
    private static final Pattern LITERAL = Pattern.compile("true|false|null|[-+]?\\d+(\\.\\d*)?([eE][-+]?\\d+)?");

    /** What stands behind a key. */
    private static final Pattern KEY_END = Pattern.compile("[=:{]");

    /** The defaults that were parsed before: many files may be read in one go. */
    private static final Map<String, Config> PARSED = new ConcurrentHashMap<>();

    private static final Map<String, Config> RESOLVED = new ConcurrentHashMap<>();

    private Layers() {}

    /**
     * Parses the defaults.
     *
     * @param resource a name on the class path
     * @throws IllegalArgumentException if there is no such resource
     */
    static Config defaults(String resource) {
        ClassLoader loader = Layers.class.getClassLoader();
        if (loader.getResource(resource) == null) {
            throw new IllegalArgumentException("no resource " + resource + " on the class path");
        }
        return PARSED.computeIfAbsent(
                resource,
                name -> ConfigFactory.parseResources(
                        loader,
                        name,
                        ConfigParseOptions.defaults()
                                .setAllowMissing(false)
                                .setOriginDescription(Source.DEFAULT.place())));
    }

    /**
     * The same with the substitutions replaced.
     *
     * @throws InvalidConfig if one has no value
     */
    static Config resolvedDefaults(String resource) {
        return RESOLVED.computeIfAbsent(resource, name -> resolve(defaults(name), Source.DEFAULT));
    }

    /** Parses {@code key=value} texts; later ones win. */
    static Config overrides(List<String> overrides) {
        Config all = ConfigFactory.empty();
        for (String override : overrides) {
            all = override(override).withFallback(all);
        }
        return all;
    }

    /** See {@link ConfigFile#replaces}. */
    static boolean replaces(String text, String section) {
        try {
            Object value = override(text).root().get(section);
            String key = KEY_END.split(text, 2)[0];
            boolean whole = text.length() > key.length()
                    && text.charAt(key.length()) != '{'
                    && ConfigUtil.splitPath(key.strip()).equals(List.of(section));
            return whole || (value instanceof ConfigObject object && object.containsKey("type"));
        } catch (ConfigException.BadPath | ConfigException.NotResolved otherKey) {
            return false;
        }
    }

    private static Config override(String text) {
        int equals = text.indexOf('=');
        if (equals <= 0) {
            throw InvalidConfig.of(Source.COMMAND_LINE, "override \"" + text + "\" must have the form key=value");
        }
        String value = text.substring(equals + 1).strip();
        boolean plain = text.charAt(equals - 1) != '+' && isPlainText(value);
        try {
            return ConfigFactory.parseString(
                    plain ? text.substring(0, equals + 1) + ConfigUtil.quoteString(value) : text,
                    ConfigParseOptions.defaults()
                            .setOriginDescription(Source.COMMAND_LINE.place())
                            .setIncluder(Includes.ofCommandLine()));
        } catch (ConfigException e) {
            throw InvalidConfig.of(Source.COMMAND_LINE, "override \"" + text + "\" is not valid HOCON: " + sentence(e));
        }
    }

    /**
     * Text without any of HOCON's structure is taken as it was typed: {@code device=cuda:1} is no syntax error then, and
     * the second half of {@code data.path=/a//b} no comment.
     */
    private static boolean isPlainText(String value) {
        boolean structured = value.chars().anyMatch(c -> "{}[]\"$".indexOf(c) >= 0);
        return !value.isEmpty() && !structured && !LITERAL.matcher(value).matches();
    }

    /** Replaces substitutions; {@code ${?NAME}} also finds environment variables. */
    static Config resolve(Config layered, Source file) {
        try {
            return layered.resolve();
        } catch (ConfigException e) {
            throw InvalidConfig.of(sourceOf(e, file), sentence(e));
        }
    }

    static InvalidConfig syntaxError(ConfigException e, Source file) {
        return InvalidConfig.of(sourceOf(e, file), "syntax error: " + sentence(e));
    }

    private static Source sourceOf(ConfigException e, Source otherwise) {
        ConfigOrigin origin = e.origin();
        return origin == null ? otherwise : Source.of(origin);
    }

    /** The parser's message without the place, which we give ourselves, and without its advice to rename the file. */
    private static String sentence(ConfigException e) {
        String message = String.valueOf(e.getMessage());
        String place = e.origin() == null ? "" : e.origin().description() + ": ";
        return (message.startsWith(place) ? message.substring(place.length()) : message)
                .replace(", or you may be able to rename the file .properties rather than .conf", "")
                .replaceAll("\\s+", " ");
    }
}
