package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.contrast4j.checkpoint.PthFile;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** The folder of one run, read as another program would. */
record RunFiles(Path path) {
    /** The folders of all runs of a name, the oldest first. */
    static List<RunFiles> all(Path out, String name) {
        return list(out.resolve(name)).stream()
                .filter(Files::isDirectory)
                .map(RunFiles::new)
                .toList();
    }

    static RunFiles only(Path out, String name) {
        assertThat(all(out, name)).hasSize(1);
        return all(out, name).get(0);
    }

    static List<Path> list(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Complete lines of {@code metrics.jsonl}; none where the file is not there yet. */
    List<String> lines() {
        Path file = path.resolve("metrics.jsonl");
        return Files.exists(file) ? Launcher.read(file).lines().toList() : List.of();
    }

    List<JsonObject> metrics() {
        return lines().stream()
                .map(line -> JsonParser.parseString(line).getAsJsonObject())
                .toList();
    }

    /** The lines without what depends on the clock. */
    List<String> timelessMetrics() {
        return metrics().stream()
                .map(line -> {
                    List.copyOf(line.keySet()).stream()
                            .filter(key -> key.startsWith("time."))
                            .forEach(line::remove);
                    return line.toString();
                })
                .toList();
    }

    /** The loss of every logged step. */
    List<Double> losses() {
        return metrics().stream()
                .filter(line -> line.has("loss"))
                .map(line -> line.get("loss").getAsDouble())
                .toList();
    }

    JsonObject json() {
        return JsonParser.parseString(Launcher.read(path.resolve("run.json"))).getAsJsonObject();
    }

    /** Finished checkpoints, the latest last; not what points to them. */
    List<Path> checkpoints() {
        return list(path.resolve("checkpoints")).stream()
                .filter(file -> file.getFileName().toString().matches("step-\\d+\\.pth"))
                .sorted(Comparator.comparingInt(RunFiles::step))
                .toList();
    }

    Path latestCheckpoint() {
        List<Path> all = checkpoints();
        assertThat(all).isNotEmpty();
        return all.get(all.size() - 1);
    }

    static int step(Path checkpoint) {
        return Integer.parseInt(checkpoint.getFileName().toString().replaceAll("\\D", ""));
    }

    boolean hasUnfinishedCheckpoint() {
        return list(path.resolve("checkpoints")).stream()
                .anyMatch(file -> file.toString().endsWith(".part"));
    }

    /**
     * Every value in a checkpoint by its path in the tree: numbers as text, tensors as type, shape and checksum of their
     * bytes. Left out is what the run has written about itself, which tells the time.
     */
    static Map<String, String> content(Path checkpoint) {
        Map<String, String> values = new TreeMap<>();
        try (Scope scope = Scope.open()) {
            add(values, "", PthFile.readMap(checkpoint));
        }
        assertThat(values.keySet()).anyMatch(key -> key.startsWith("/model/"));
        assertThat(values.keySet()).anyMatch(key -> key.startsWith("/contrast/"));
        assertThat(values.keySet()).anyMatch(key -> key.startsWith("/optimizer/"));
        values.keySet().removeIf(key -> key.startsWith("/opt/") || key.startsWith("/contrast4j/log/metrics_bytes"));
        return values;
    }

    private static void add(Map<String, String> values, String at, @Nullable Object value) {
        if (value instanceof Map<?, ?> map) {
            map.forEach((key, part) -> add(values, at + "/" + key, part));
        } else if (value instanceof List<?> list) {
            for (int i = 0; i < list.size(); i++) {
                add(values, at + "/" + i, list.get(i));
            }
        } else if (value instanceof Tensor tensor) {
            ByteBuffer bytes = Tensors.bytes(tensor.contiguous());
            CRC32C sum = new CRC32C();
            sum.update(bytes);
            values.put(
                    at,
                    tensor.dtype().toScalarType() + " " + Arrays.toString(Tensors.shape(tensor)) + " "
                            + HexFormat.of().toHexDigits(sum.getValue()));
        } else {
            values.put(at, String.valueOf(value));
        }
    }
}
