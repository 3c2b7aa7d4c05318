package io.contrast4j.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValue;
import io.contrast4j.spec.ReadsFiles;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A run's configuration: overrides on top of a file on top of the defaults.
 *
 * <pre>{@code
 * ConfigFile file = ConfigFile.load(Path.of("conf/quickstart.conf"), List.of("train.epochs=3"));
 * RunConfig run = file.bind(RunConfig.class);
 * Files.writeString(folder.resolve("config.conf"), file.render(RunConfig.class));
 * }</pre>
 */
public final class ConfigFile {
    /** The class path resource with the defaults. */
    public static final String REFERENCE = "reference.conf";

    /** The key that holds values which are not used but where a substitution names them. */
    static final String RECIPES = "recipes";

    /** The key in the defaults that holds what belongs to one variant of a choice. */
    static final String VARIANTS = "variants";

    private final Source file;
    private final Config written;
    private final String reference;
    private final ConfigObject resolved;
    private final ConfigObject defaults;
    private final List<InvalidConfig.Problem> early;

    /** @param written what a user has written, before any substitution */
    private ConfigFile(Source file, Config written, String reference) {
        this.file = file;
        this.written = written;
        this.reference = reference;
        ConfigValue variants = written.root().get(VARIANTS);
        early = variants == null
                ? List.of()
                : List.of(new InvalidConfig.Problem(
                        Source.of(variants.origin()),
                        VARIANTS + " holds defaults and may not be set: write each key of a variant beside its type"));
        Config user = written.root().withoutKey(VARIANTS).toConfig();
        resolved = Layers.resolve(user.withFallback(Layers.defaults(reference)), file)
                .root();
        defaults = Layers.resolvedDefaults(reference).root();
    }

    /** {@link #load(Path, List, String)} with the defaults of {@link #REFERENCE}. */
    public static ConfigFile load(Path file, List<String> overrides) {
        return load(file, overrides, REFERENCE);
    }

    /**
     * Reads a file and what it includes.
     *
     * @param file relative to the current directory
     * @param overrides texts {@code key=value} with the value in HOCON, which win over the file; later ones win over earlier
     * @param reference class path resource with the defaults
     * @throws InvalidConfig if a file is missing, includes itself or has a syntax error, or a substitution has no value
     */
    public static ConfigFile load(Path file, List<String> overrides, String reference) {
        return layered(new Source(file.toString(), 0), Includes.parse(file), overrides, reference);
    }

    /**
     * A configuration that stands in no file, on top of the defaults of {@link #REFERENCE}.
     *
     * @param place what messages call it
     * @throws InvalidConfig as {@link #load(Path, List, String)}
     */
    public static ConfigFile parse(String text, String place) {
        Source source = new Source(place, 0);
        try {
            Config parsed = ConfigFactory.parseString(
                    text, ConfigParseOptions.defaults().setOriginDescription(place));
            return layered(source, parsed, List.of(), REFERENCE);
        } catch (ConfigException.Parse e) {
            throw Layers.syntaxError(e, source);
        }
    }

    /**
     * The defaults alone, with overrides.
     *
     * @throws InvalidConfig as {@link #load(Path, List, String)}
     */
    public static ConfigFile defaults(List<String> overrides, String reference) {
        return layered(Source.COMMAND_LINE, ConfigFactory.empty(), overrides, reference);
    }

    /**
     * A part of a configuration that was recorded elsewhere, such as in a checkpoint. A section that an override {@linkplain
     * #replaces replaces} is the override's alone.
     *
     * @param type a record with some of the configuration's sections; what else was recorded is left aside
     * @param values as {@link #values} gave them
     * @param place where they were recorded, for messages
     * @throws InvalidConfig as {@link #load(Path, List, String)}
     */
    public static ConfigFile recorded(
            Class<? extends Record> type,
            Map<String, ? extends @Nullable Object> values,
            String place,
            List<String> overrides) {
        Map<String, @Nullable Object> kept = new LinkedHashMap<>();
        for (Shape.Field field : new Shape.Group(type).fields()) {
            if (values.containsKey(field.key()) && !replaces(overrides, field.key())) {
                kept.put(field.key(), values.get(field.key()));
            }
        }
        Config file;
        try {
            file = ConfigFactory.parseMap(kept, place);
        } catch (ConfigException notOfConfigurations) {
            throw InvalidConfig.of(new Source(place, 0), "what is recorded is no configuration");
        }
        return layered(new Source(place, 0), file, overrides, REFERENCE);
    }

    /**
     * Whether an override says all of a section, so that nothing of what a file says about it is meant: {@code
     * views=${recipes.insdis}}, or {@code encoder.type=selfcon-vgg}, which has other keys than the file's encoder.
     *
     * @throws InvalidConfig if an override is none
     */
    public static boolean replaces(List<String> overrides, String section) {
        return overrides.stream().anyMatch(override -> Layers.replaces(override, section));
    }

    private static ConfigFile layered(Source source, Config file, List<String> overrides, String reference) {
        return new ConfigFile(source, Layers.overrides(overrides).withFallback(file), reference);
    }

    /**
     * One section of a file that has others beside it, of which {@link #beside} makes another configuration.
     *
     * @param overrides of which those of the section count
     * @throws InvalidConfig as {@link #load(Path, List, String)}, and if the section is not there
     */
    public static ConfigFile section(String section, Path file, List<String> overrides) {
        Source source = new Source(file.toString(), 0);
        Config all = Layers.overrides(overrides).withFallback(Includes.parse(file));
        if (!all.root().containsKey(section)) {
            throw InvalidConfig.of(source, "there is no " + section + " { … } in it");
        }
        return new ConfigFile(source, all.root().withOnlyKey(section).toConfig(), REFERENCE);
    }

    /**
     * What is beside a section of a file, on top of another file.
     *
     * @param base the other file, if there is one
     * @param overrides of which those of the section do not count
     * @throws InvalidConfig as {@link #load(Path, List, String)}
     */
    public static ConfigFile beside(String section, Path file, Optional<Path> base, List<String> overrides) {
        Config all = Layers.overrides(overrides).withFallback(Includes.parse(file));
        Config below = base.map(Includes::parse).orElseGet(ConfigFactory::empty);
        return new ConfigFile(
                new Source(file.toString(), 0),
                all.root().withoutKey(section).toConfig().withFallback(below),
                REFERENCE);
    }

    /**
     * The names of the sections, and of the values beside them, that stand in a file and in what it includes.
     *
     * @throws InvalidConfig as {@link #load(Path, List, String)}
     */
    public static Set<String> sections(Path file) {
        return Set.copyOf(Includes.parse(file).root().keySet());
    }

    /** The names of the sections, and of the values beside them, that a configuration of a type has. */
    public static Set<String> sections(Class<? extends Record> type) {
        return new Shape.Group(type).fields().stream().map(Shape.Field::key).collect(Collectors.toUnmodifiableSet());
    }

    /**
     * The same with other values, which win over all that is written. A section with a {@code type} takes the place of the
     * whole section, so that nothing is left of another type's keys.
     *
     * @param values by key, such as {@code optimizer.learning-rate}
     * @throws InvalidConfig if something is no key, or a substitution has lost its value
     */
    public ConfigFile with(Map<String, Fragment> values) {
        Config above = ConfigFactory.empty();
        for (Map.Entry<String, Fragment> value : values.entrySet()) {
            above = value.getValue().at(value.getKey()).withFallback(above);
        }
        return new ConfigFile(file, above.withFallback(written), reference);
    }

    /**
     * Makes the records of a run that can start here.
     *
     * @throws InvalidConfig with every unknown key, missing value, wrong type, value out of range and missing file
     */
    public <R extends Record> R bind(Class<R> type) {
        return bind(type, reader -> true);
    }

    /**
     * Makes the records of a run that reads some of its files only.
     *
     * @param needs whether what such a record names must be here
     * @throws InvalidConfig as {@link #bind(Class)}, but for missing files that are not needed
     */
    public <R extends Record> R bind(Class<R> type, Predicate<ReadsFiles> needs) {
        Shape.Group shape = new Shape.Group(type);
        ConfigObject completed = Variants.complete(shape, resolved);
        ConfigObject standIns = Variants.standIns(shape, completed, defaults);
        return type.cast(Binder.bind(shape, completed, standIns, file, early, needs));
    }

    /**
     * Makes the records of a run that may be for another machine: the files it reads need not be here.
     *
     * @throws InvalidConfig as {@link #bind(Class)}, but for missing files
     */
    public <R extends Record> R bindWithoutFiles(Class<R> type) {
        return bind(type, reader -> false);
    }

    /**
     * The effective values as HOCON, in the order of the record's components. Loading it gives an equal record, whatever
     * the defaults are by then.
     *
     * @throws InvalidConfig as {@link #bindWithoutFiles}
     */
    public <R extends Record> String render(Class<R> type) {
        bindWithoutFiles(type);
        Shape.Group shape = new Shape.Group(type);
        return Rendering.hocon(shape, Variants.complete(shape, resolved));
    }

    /**
     * The effective values, one a line, each with the place it comes from:
     * {@code optimizer.learning-rate = 0.03  # conf/quickstart.conf:14}.
     *
     * @throws InvalidConfig as {@link #bindWithoutFiles}
     */
    public <R extends Record> String renderWithSources(Class<R> type) {
        bindWithoutFiles(type);
        Shape.Group shape = new Shape.Group(type);
        return Rendering.withSources(shape, Variants.complete(shape, resolved));
    }

    /**
     * The values of what {@link #render} wrote, as maps, lists, texts, numbers and truth values, in the order of their keys.
     * What is not set is null.
     */
    public static Map<String, @Nullable Object> values(String rendered) {
        return new TreeMap<>(ConfigFactory.parseString(rendered).root().unwrapped());
    }
}
