package io.contrast4j.cli;

import io.contrast4j.config.ConfigReference;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

@Command(
        name = "list",
        description = "Lists the types of encoders with their options and the defaults of these.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExample:%n",
        footer = "  contrast4j model list")
final class ModelListCommand implements Runnable {
    private static final int LINE = 100;
    private static final String INDENT = "    ";

    @Override
    public void run() {
        List<ConfigReference.Variant> encoders = NamedEncoder.all();
        // All types have their second column at the same place.
        int width = encoders.stream()
                .flatMap(encoder -> encoder.options().stream())
                .mapToInt(option -> setting(option).length())
                .max()
                .orElse(0);
        for (ConfigReference.Variant encoder : encoders) {
            System.out.println(encoder.type());
            wrapped(encoder.meaning(), LINE - 2).forEach(line -> System.out.println("  " + line));
            for (ConfigReference.Option option : encoder.options()) {
                String first = setting(option);
                for (String line : wrapped(option.meaning(), LINE - INDENT.length() - width - 2)) {
                    System.out.printf("%s%-" + width + "s  %s%n", INDENT, first, line);
                    first = "";
                }
            }
            System.out.println();
        }
        System.out.println(
                "Options are keys below encoder in a configuration, and arguments of model show and bench model.");
    }

    private static String setting(ConfigReference.Option option) {
        return option.key() + " = " + option.value();
    }

    /** Broken between words into lines of at most so many characters; one line at least. */
    private static List<String> wrapped(String text, int most) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        Stream.of(text.split(" ")).forEach(word -> {
            if (line.length() > 0 && line.length() + 1 + word.length() > most) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.length() == 0 ? "" : " ").append(word);
        });
        lines.add(line.toString());
        return lines;
    }
}
