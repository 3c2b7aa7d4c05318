package io.contrast4j.cli;

import com.sun.management.OperatingSystemMXBean;
import io.contrast4j.fit.Machine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.bytedeco.pytorch.Device;

/** The machine that this process runs on, or what a container has of it. */
final class ThisMachine {
    private static final Path MEMORY = Path.of("/proc/meminfo");
    private static final double GIB = 1L << 30;

    private ThisMachine() {}

    static int cores() {
        return Runtime.getRuntime().availableProcessors();
    }

    /** All memory in bytes. */
    static long memory() {
        return system().getTotalMemorySize();
    }

    /** Memory that nobody uses. */
    static long unused() {
        return system().getFreeMemorySize();
    }

    /** Memory that could be had: what is unused, and what the system keeps of files. */
    static long available() {
        try {
            for (String line : Files.readAllLines(MEMORY)) {
                if (line.startsWith("MemAvailable:")) {
                    List<String> words = List.of(line.split("\\s+"));
                    return Math.min(memory(), Long.parseLong(words.get(1)) * 1024);
                }
            }
        } catch (IOException elsewhere) {
            // not Linux
        }
        return unused();
    }

    /** For the rules of a run; of a GPU's memory nothing is known before it is used. */
    static Machine of(Device device) {
        return new Machine(cores(), device.is_cuda() ? Long.MAX_VALUE : available(), device.is_cuda());
    }

    /** A sentence to put behind measured times where others compute on this machine, too; empty where they do not. */
    static String busy(double loadBefore) {
        return loadBefore < cores() / 2.0
                ? ""
                : String.format(
                        Locale.ROOT,
                        "The machine has other work (a load of %.1f on %d cores): without it, times are shorter.",
                        loadBefore,
                        cores());
    }

    /** Processes that have computed in the last minute, on average; 0 where the system does not tell. */
    static double load() {
        return Math.max(0, system().getSystemLoadAverage());
    }

    static String gib(long bytes) {
        return String.format(Locale.ROOT, "%.1f GiB", bytes / GIB);
    }

    private static OperatingSystemMXBean system() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    }
}
