package io.contrast4j.cli;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.contrast4j.cli.Finding.Level;
import java.io.File;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "doctor",
        description = {
            "Looks at the machine: platform, Java, native libraries, GPUs and their drivers, threads, memory, disk; and says"
                    + " what to do about each problem."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {" 0:everything works", " 1:something is broken"},
        footerHeading = "%nExample:%n",
        footer = "  contrast4j doctor --json")
final class DoctorCommand implements Callable<Integer> {
    @Option(names = "--json", description = "Prints the findings as JSON.")
    private boolean json;

    @Override
    public Integer call() {
        List<String> classPath =
                List.of(System.getProperty("java.class.path", "").split(File.pathSeparator));
        List<Finding> findings = new Doctor(System.getenv(), classPath, Natives.folder()).examine();
        boolean isHealthy = findings.stream().noneMatch(finding -> finding.level() == Level.PROBLEM);
        if (json) {
            printJson(findings, isHealthy);
        } else {
            print(findings, isHealthy);
        }
        return isHealthy ? 0 : 1;
    }

    private static void print(List<Finding> findings, boolean isHealthy) {
        for (Finding finding : findings) {
            System.out.printf(Locale.ROOT, "%-8s %-10s %s%n", name(finding.level()), finding.topic(), finding.found());
            if (!finding.remedy().isEmpty()) {
                System.out.printf(Locale.ROOT, "%-19s → %s%n", "", finding.remedy());
            }
        }
        System.out.println(isHealthy ? "contrast4j can work here." : "contrast4j cannot work here yet.");
    }

    private static void printJson(List<Finding> findings, boolean isHealthy) {
        JsonArray list = new JsonArray();
        for (Finding finding : findings) {
            JsonObject one = new JsonObject();
            one.addProperty("topic", finding.topic());
            one.addProperty("level", name(finding.level()));
            one.addProperty("found", finding.found());
            one.addProperty("remedy", finding.remedy());
            list.add(one);
        }
        JsonObject all = new JsonObject();
        all.addProperty("healthy", isHealthy);
        all.add("findings", list);
        System.out.println(new GsonBuilder()
                .setPrettyPrinting()
                .disableHtmlEscaping()
                .create()
                .toJson(all));
    }

    private static String name(Level level) {
        return level.name().toLowerCase(Locale.ROOT);
    }
}
