package io.contrast4j.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigIncluderClasspath;
import com.typesafe.config.ConfigIncluderFile;
import com.typesafe.config.ConfigIncluderURL;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Reads a file and what it includes, each relative to the file that includes it.
 *
 * <p>Stricter than Typesafe Config's own includes, which pass over a missing file, try other extensions, the class path
 * and URLs, and follow a circle fifty times.
 */
final class Includes implements ConfigIncluder, ConfigIncluderFile, ConfigIncluderURL, ConfigIncluderClasspath {
    /** From the run's file to the one being read; empty on the command line. */
    private final List<Path> chain;

    private Includes(List<Path> chain) {
        this.chain = chain;
    }

    /** Parses a file that is not included by another; substitutions are not resolved yet. */
    static Config parse(Path file) {
        requireReadable(file, new Source(file.toString(), 0), "it ");
        return new Includes(List.of(file)).parseLast();
    }

    /** For text that stands in no file: its includes are relative to the current directory. */
    static ConfigIncluder ofCommandLine() {
        return new Includes(List.of());
    }

    private Config parseLast() {
        Path file = chain.get(chain.size() - 1);
        try {
            return ConfigFactory.parseFile(
                    file.toFile(),
                    ConfigParseOptions.defaults()
                            .setAllowMissing(false)
                            .setOriginDescription(file.toString())
                            .setIncluder(this));
        } catch (ConfigException e) {
            throw Layers.syntaxError(e, new Source(file.toString(), 0));
        }
    }

    @Override
    public ConfigObject include(ConfigIncludeContext context, String what) {
        Source statement = statement(what);
        String prefix = "include \"" + what + "\": ";
        Path file;
        try {
            file = (chain.isEmpty()
                            ? Path.of(what)
                            : chain.get(chain.size() - 1).resolveSibling(what))
                    .normalize();
        } catch (InvalidPathException e) {
            throw InvalidConfig.of(statement, prefix + "this is not a path of a file");
        }
        requireReadable(file, statement, prefix + file + " ");
        List<Path> longer = new ArrayList<>(chain);
        longer.add(file);
        for (Path including : chain) {
            if (isSame(including, file)) {
                String circle = longer.stream().map(Path::toString).collect(Collectors.joining(" -> "));
                throw InvalidConfig.of(statement, prefix + "a file may not include itself (" + circle + ")");
            }
        }
        return new Includes(List.copyOf(longer)).parseLast().root();
    }

    @Override
    public ConfigObject includeFile(ConfigIncludeContext context, File what) {
        return include(context, what.getPath());
    }

    @Override
    public ConfigObject includeURL(ConfigIncludeContext context, URL what) {
        throw InvalidConfig.of(statement(what.toString()), "include url(\"" + what + "\"): only files can be included");
    }

    @Override
    public ConfigObject includeResources(ConfigIncludeContext context, String what) {
        throw InvalidConfig.of(statement(what), "include classpath(\"" + what + "\"): only files can be included");
    }

    /** There is nothing to fall back to. */
    @Override
    public ConfigIncluder withFallback(ConfigIncluder fallback) {
        return this;
    }

    private static void requireReadable(Path file, Source source, String subject) {
        if (!Files.exists(file)) {
            throw InvalidConfig.of(source, subject + "does not exist");
        }
        if (Files.isDirectory(file) || !Files.isReadable(file)) {
            throw InvalidConfig.of(
                    source, subject + (Files.isDirectory(file) ? "is a directory, not a file" : "cannot be read"));
        }
    }

    private static boolean isSame(Path a, Path b) {
        try {
            return Files.isSameFile(a, b);
        } catch (IOException e) {
            return a.equals(b);
        }
    }

    /** The parser does not tell an includer which line it is at, so that line is looked up in the text. */
    private Source statement(String what) {
        if (chain.isEmpty()) {
            return Source.COMMAND_LINE;
        }
        Path file = chain.get(chain.size() - 1);
        try {
            List<String> lines = Files.readAllLines(file);
            for (int i = 0; i < lines.size(); i++) {
                String line = lines.get(i).strip();
                boolean isComment = line.startsWith("#") || line.startsWith("//");
                int include = line.indexOf("include");
                if (!isComment && include >= 0 && line.indexOf('"' + what + '"', include) >= 0) {
                    return new Source(file.toString(), i + 1);
                }
            }
        } catch (IOException e) {
            // the parser read the file a moment ago; without the line the message still names the file
        }
        return new Source(file.toString(), 0);
    }
}
