package io.contrast4j.cli;

import com.google.gson.GsonBuilder;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** What all measurements say beside their figures: the machine, and, where it is asked for, a file for other programs. */
final class BenchReport {
    @Option(names = "--json", paramLabel = "FILE", description = "Writes the result to a file, too.")
    private Optional<Path> json = Optional.empty();

    /** To be called before anything is measured: a file that cannot be written would be a pity later. */
    void check(CommandLine command) {
        if (json.isPresent() && !Files.isDirectory(json.get().toAbsolutePath().getParent())) {
            throw new ParameterException(
                    command, "--json " + json.get() + " cannot be written: its folder is not there");
        }
    }

    /** Writes the figures behind the description of the machine, if there is a file to write to. */
    void write(Map<String, ?> figures) {
        if (json.isEmpty()) {
            return;
        }
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("machine", machine());
        result.putAll(figures);
        try {
            Files.writeString(
                    json.get(),
                    new GsonBuilder()
                                    .setPrettyPrinting()
                                    .disableHtmlEscaping()
                                    .create()
                                    .toJson(result)
                            + "\n");
        } catch (IOException e) {
            throw new UserError(
                    UserError.FAILED,
                    "Cannot write --json " + json.get() + " (" + Reasons.of(e) + "); choose another file.",
                    e);
        }
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    static Map<String, String> machine() {
        Map<String, String> versions = Versions.all();
        Map<String, String> machine = new LinkedHashMap<>();
        machine.put("cpu", processor());
        machine.put("cores", Runtime.getRuntime().availableProcessors() + " cores");
        machine.put("java", "Java " + versions.get("java"));
        machine.put("opencv", "OpenCV " + versions.get("opencv"));
        machine.put("pytorch", "LibTorch " + versions.get("pytorch"));
        machine.put("contrast4j", "contrast4j " + versions.get("contrast4j"));
        return machine;
    }

    private static String processor() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).trim())
                    .findFirst()
                    .orElse(System.getProperty("os.arch"));
        } catch (IOException elsewhere) {
            return System.getProperty("os.arch");
        }
    }
}
