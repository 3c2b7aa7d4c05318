package io.contrast4j.metrics;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.bytedeco.javacpp.Pointer;

/** The physical memory of this process: of the Java heap, of tensors, and of libraries together. */
public final class ResidentMemory {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path RESET = Path.of("/proc/self/clear_refs");

    private ResidentMemory() {}

    /** The resident set in bytes. Where the system has no {@code /proc}, JavaCPP asks it. */
    public static long bytes() {
        return status("VmRSS:").orElseGet(Pointer::physicalBytes);
    }

    /** Its peak in bytes, since the last reset or the start; empty where the system does not tell. */
    public static OptionalLong peakBytes() {
        return status("VmHWM:");
    }

    /** Starts the peak anew from the present size; false where the system cannot. */
    public static boolean resetPeak() {
        try {
            Files.writeString(RESET, "5");
            return true;
        } catch (IOException elsewhere) {
            return false;
        }
    }

    private static OptionalLong status(String name) {
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith(name)) {
                    // "VmRSS:     123456 kB"
                    List<String> words = List.of(line.trim().split("\\s+"));
                    return OptionalLong.of(Long.parseLong(words.get(1)) * 1024);
                }
            }
        } catch (IOException elsewhere) {
            // not Linux
        }
        return OptionalLong.empty();
    }
}
