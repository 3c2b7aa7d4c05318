package io.contrast4j.metrics;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.javacpp.Pointer;

/** The physical memory of this process: of the Java heap, of tensors, and of libraries together. */
public final class ResidentMemory {
    private static final Path STATUS = Path.of("/proc/self/status");

    private ResidentMemory() {}

    /** The resident set in bytes. Where the system has no {@code /proc}, JavaCPP asks it. */
    public static long bytes() {
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith("VmRSS:")) {
                    // "VmRSS:     123456 kB"
                    List<String> words = List.of(line.trim().split("\\s+"));
                    return Long.parseLong(words.get(1)) * 1024;
                }
            }
        } catch (IOException elsewhere) {
            // not Linux
        }
        return Pointer.physicalBytes();
    }
}
