package io.contrast4j.golden;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.contrast4j.checkpoint.SafeTensors;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Where the golden files are: numbers that the published implementations produced, one folder for each family. The
 * system property {@code contrast4j.goldens} names another directory of the same layout; its cases then run instead.
 */
public final class Goldens {
    private Goldens() {}

    public static Path root() {
        String chosen = System.getProperty("contrast4j.goldens", "");
        return chosen.isBlank() ? bundled("") : Path.of(chosen);
    }

    /** A file that comes with the project, whatever directory is chosen: for tests of one file. */
    public static Path bundled(String name) {
        try {
            return Path.of(Goldens.class.getResource("/goldens").toURI()).resolve(name);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * The files of a kind, sorted; a family without one skips the calling test visibly.
     *
     * @param glob relative to the family's folder, as {@code nce/cmc_*.json}
     */
    public static Stream<Path> find(String family, String glob) {
        Path folder = root().resolve(family);
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + glob);
        List<Path> found = List.of();
        if (Files.isDirectory(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                found = files.filter(file -> matcher.matches(folder.relativize(file)))
                        .sorted()
                        .toList();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        assumeTrue(!found.isEmpty(), "no golden files " + family + "/" + glob + " in " + root());
        return found.stream();
    }

    public static JsonObject json(Path file) {
        try {
            return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The file of the same name with another ending. */
    public static Path sibling(Path file, String ending) {
        String name = file.getFileName().toString();
        return file.resolveSibling(name.substring(0, name.lastIndexOf('.')) + ending);
    }

    /** The tensors beside a file: what is computed with is on the device of the tests, indices and labels are on the CPU. */
    public static Map<String, Tensor> tensors(Path file) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        SafeTensors.read(sibling(file, ".safetensors"))
                .forEach((name, tensor) -> tensors.put(name, tensor.is_floating_point() ? here(tensor) : tensor));
        return tensors;
    }

    /**
     * The device that golden cases run on: the CPU, or what the system property {@code contrast4j.device} names. On a GPU
     * tolerances are {@link Precision#ON_GPU} times as large, and convolutions must not be in TF32, as they are by LibTorch's default.
     */
    public static Device device() {
        torch.globalContext().setAllowTF32CuDNN(false);
        torch.globalContext().setAllowTF32CuBLAS(false);
        return Tensors.device(System.getProperty("contrast4j.device", "cpu"));
    }

    /** The tensor on the device of the tests. */
    public static Tensor here(Tensor tensor) {
        return Tensors.to(tensor, device());
    }

    public static double[] doubles(JsonArray array) {
        return stream(array).mapToDouble(JsonElement::getAsDouble).toArray();
    }

    public static long[] longs(JsonArray array) {
        return stream(array).mapToLong(JsonElement::getAsLong).toArray();
    }

    public static Stream<JsonElement> stream(JsonArray array) {
        return StreamSupport.stream(array.spliterator(), false);
    }
}
