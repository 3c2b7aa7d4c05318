package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.config.ConfigReference;
import io.contrast4j.nn.Backbone;
import java.util.List;
import java.util.stream.Stream;

/** An encoder that the command line names, with options such as {@code depth=18} and the defaults of the others. */
final class NamedEncoder {
    private NamedEncoder() {}

    /** The part of a configuration that an encoder alone has. */
    record Alone(Backbone.Config encoder) {}

    /** The encoders that a configuration can name. */
    static List<ConfigReference.Variant> all() {
        return ConfigReference.of(RunConfig.class, ConfigFile.REFERENCE).variants("encoder");
    }

    static List<String> names() {
        return all().stream().map(ConfigReference.Variant::type).toList();
    }

    /**
     * @param name one of {@link #names}
     * @throws io.contrast4j.spec.UserError if the name or an option is unknown, or a value out of range
     */
    static Backbone.Config of(String name, List<String> options) {
        List<String> keys = Stream.concat(
                        Stream.of("encoder.type=" + name), options.stream().map(option -> "encoder." + option))
                .toList();
        return ConfigFile.defaults(keys, ConfigFile.REFERENCE).bind(Alone.class).encoder();
    }
}
