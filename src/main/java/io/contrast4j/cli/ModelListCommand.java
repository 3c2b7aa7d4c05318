package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.config.ConfigReference;
import java.util.List;
import picocli.CommandLine.Command;

@Command(
        name = "list",
        description = "Lists the types of encoders with their options and the defaults of these.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExample:%n",
        footer = "  contrast4j model list")
final class ModelListCommand implements Runnable {
    /** The encoders that a configuration can name. */
    static List<ConfigReference.Variant> encoders() {
        return ConfigReference.of(RunConfig.class, ConfigFile.REFERENCE).variants("encoder");
    }

    @Override
    public void run() {
        for (ConfigReference.Variant encoder : encoders()) {
            System.out.println(encoder.type());
            if (!encoder.meaning().isEmpty()) {
                System.out.println("  " + encoder.meaning());
            }
            for (ConfigReference.Option option : encoder.options()) {
                System.out.printf("    %-24s %s%n", option.key() + " = " + option.value(), option.meaning());
            }
        }
    }
}
