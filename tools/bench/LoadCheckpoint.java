import io.contrast4j.checkpoint.PthFile;
import io.contrast4j.checkpoint.TensorInfo;
import io.contrast4j.checkpoint.Trees;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Our side of tools/bench/checkpoint: how many milliseconds {@link PthFile#read} takes in each round, the resident memory
 * it adds at most, the bytes of the tensors, and the milliseconds of the first and of a later listing.
 */
final class LoadCheckpoint {
    private LoadCheckpoint() {}

    public static void main(String[] arguments) throws IOException {
        Path file = Path.of(arguments[0]);
        int rounds = Integer.parseInt(arguments[1]);
        double firstListing = millis(() -> PthFile.list(file));
        double listing = IntStream.range(0, 20)
                .mapToDouble(i -> millis(() -> PthFile.list(file)))
                .min()
                .orElseThrow();
        long kept = Trees.leaves(PthFile.list(file).tree()).values().stream()
                .mapToLong(leaf -> leaf.orElse(null) instanceof TensorInfo info ? info.bytes() : 0)
                .sum();
        try (Scope scope = Scope.open()) {
            // LibTorch's libraries are memory, too.
            Tensors.of(new float[] {1}, 1);
        }
        System.gc();
        long before = memory("VmRSS:");
        String times = IntStream.range(0, rounds)
                .mapToObj(round -> {
                    // Opened and closed outside the measured time, as Python's objects are.
                    try (Scope scope = Scope.open()) {
                        return String.format(Locale.ROOT, "%.1f", millis(() -> PthFile.read(file)));
                    }
                })
                .collect(Collectors.joining(" "));
        System.out.printf(
                Locale.ROOT,
                "%s %d %d %.1f %.1f%n",
                times,
                memory("VmHWM:") - before,
                kept,
                firstListing,
                listing);
    }

    private static double millis(Runnable task) {
        long start = System.nanoTime();
        task.run();
        return (System.nanoTime() - start) / 1e6;
    }

    /** A line of what Linux says about this process; 0 elsewhere. */
    private static long memory(String field) throws IOException {
        Path status = Path.of("/proc/self/status");
        return Files.exists(status)
                ? Files.readAllLines(status).stream()
                        .filter(line -> line.startsWith(field))
                        .mapToLong(line -> Long.parseLong(line.split("\\s+")[1]) * 1024)
                        .findFirst()
                        .orElse(0)
                : 0;
    }
}
