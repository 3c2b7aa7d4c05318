package io.contrast4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import com.google.gson.reflect.TypeToken;
import io.contrast4j.golden.Goldens;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files go from Python to Java and back, and every tensor and every other value is compared. Needs a Python with torch:
 * the system property {@code contrast4j.python} names it ({@code python3}); without one the tests are skipped.
 */
@Tag("python")
class PythonInteroperabilityTest {
    @TempDir
    Path folder;

    private String python(String... arguments) throws IOException, InterruptedException {
        return Python.run("peer.py", folder, arguments);
    }

    private static Map<String, String> parse(String json) {
        return new Gson().fromJson(json, new TypeToken<LinkedHashMap<String, String>>() {}.getType());
    }

    @Test
    void whatPythonWritesIsRead() throws Exception {
        python("write", folder.toString());
        int compared = 0;
        List<Path> files;
        try (var listed = Files.list(folder)) {
            files = listed.filter(file -> file.toString().endsWith(".pth"))
                    .sorted()
                    .toList();
        }
        assertThat(files).hasSize(9);
        for (Path file : files) {
            Map<String, String> expected = parse(Files.readString(file.resolveSibling(file.getFileName() + ".json")));
            try (Scope scope = Scope.open()) {
                Map<String, String> actual = leaves(PthFile.read(file));
                assertThat(actual).as(file.getFileName().toString()).isEqualTo(expected);
                assertThat(new ArrayList<>(actual.keySet())).isEqualTo(new ArrayList<>(expected.keySet()));
                compared += actual.size();
            }
        }
        assertThat(compared).isGreaterThan(100);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "mmap"})
    void whatIsWrittenHereIsReadByPython(String keyword) throws Exception {
        Path file = folder.resolve("ours.pth");
        try (Scope scope = Scope.open()) {
            Map<String, Object> tree = new LinkedHashMap<>();
            OrderedDict model = new OrderedDict();
            for (ElementType type : ElementType.values()) {
                model.put(
                        type.torchName,
                        Tensors.of(new double[] {1, 0, 2, 3, 0.5, 100}, 2, 3).to(type.scalarType));
            }
            Tensor matrix = Tensors.of(new double[] {1, 2, 3, 4, 5, 6}, 2, 3);
            model.put("transposed", matrix.t());
            model.put("scalar", matrix.select(0, 1).select(0, 2));
            model.put("empty", Tensors.zeros(matrix.scalar_type(), 3, 0));
            model.attributes()
                    .put("_metadata", new OrderedDict(Map.of("", new LinkedHashMap<>(Map.of("version", 1L)))));
            tree.put("model", model);
            tree.put("opt", new LinkedHashMap<>(Map.of("name", "é漢字😀")));
            tree.put("numbers", Arrays.asList(0L, -1L, 1L << 40, BigInteger.ONE.shiftLeft(70), 0.1, -0.0, null, true));
            tree.put("tuple", new Tuple(List.of(1L, "a")));
            tree.put("state", new LinkedHashMap<>(Map.of(7L, "seven")));
            PthFile.write(file, tree);

            Map<String, String> read = parse(
                    keyword.isEmpty() ? python("read", file.toString()) : python("read", file.toString(), keyword));

            assertThat(read).isEqualTo(leaves(tree));
            assertThat(new ArrayList<>(read.keySet()))
                    .isEqualTo(new ArrayList<>(leaves(tree).keySet()));
        }
    }

    /** Conversions of golden checkpoints, as their readers load them. */
    @ParameterizedTest
    @EnumSource(Converted.class)
    void whatIsConvertedIsReadByPython(Converted to) throws Exception {
        try (Scope scope = Scope.open()) {
            Object tree = PthFile.read(Goldens.bundled(to.source));
            Recognized known = Recognized.in(tree).orElseThrow();
            Conversion conversion = new Conversion(known, to.source);
            Path file = folder.resolve(to.file);
            Map<String, String> expected = switch (to) {
                case SAFETENSORS -> {
                    Map<String, Tensor> tensors = new LinkedHashMap<>();
                    known.part("encoder").forEach((name, tensor) -> tensors.put(name, (Tensor) tensor));
                    SafeTensors.write(file, tensors);
                    yield leaves(new LinkedHashMap<>(tensors));
                }
                case DETECTRON2 -> {
                    OrderedDict backbone = conversion.torchvision("encoder", Conversion.Head.DROP);
                    DetectronFile.write(file, backbone, "test");
                    Map<String, String> renamed = new LinkedHashMap<>();
                    leaves(backbone).forEach((name, text) -> renamed.put("model." + DetectronFile.rename(name), text));
                    renamed.put("__author__", "str test");
                    renamed.put("matching_heuristics", "True");
                    yield renamed;
                }
                case PTH -> write(file, (Map<?, ?>) Objects.requireNonNull(Plain.of(tree)));
                case MOCO -> write(file, conversion.moco("encoder"));
                case CMC -> write(file, conversion.cmc());
                case SELFCON -> write(file, conversion.selfCon());
            };
            Map<String, String> read = parse(
                    to == Converted.CMC || to == Converted.SELFCON
                            ? python("read", file.toString(), "namespace")
                            : python("read", file.toString()));
            assertThat(read).isEqualTo(expected);
        }
    }

    enum Converted {
        PTH("ring/ring_moco_tiny.ckpt", "c.pth"),
        MOCO("ring/ring_moco_tiny.ckpt", "c.pth.tar"),
        CMC("cmc/pth/moco_epoch130_numpy1.legacy.pth", "c.pth"),
        SELFCON("selfcon/checkpoints/last_dataparallel_cuda.pth", "c.pth"),
        DETECTRON2("align_uniform/moco_au_legacy.pth.tar", "c.pkl"),
        SAFETENSORS("align_uniform/moco_au_legacy.pth.tar", "c.safetensors");

        private final String source;
        private final String file;

        Converted(String source, String file) {
            this.source = source;
            this.file = file;
        }
    }

    private static Map<String, String> write(Path file, Map<?, ?> tree) {
        PthFile.write(file, tree);
        return leaves(tree);
    }

    /** In the words of the script. */
    private static Map<String, String> leaves(Object tree) {
        Map<String, String> texts = new LinkedHashMap<>();
        Trees.leaves(tree).forEach((path, value) -> texts.put(path, text(value)));
        return texts;
    }

    private static String text(Optional<Object> leaf) {
        Object value = leaf.orElse(null);
        if (value instanceof Tensor tensor) {
            return ElementType.of(tensor) + " " + Arrays.toString(Tensors.shape(tensor)) + " " + sha(tensor);
        }
        if (value == null) {
            return "None";
        }
        if (value instanceof Boolean truth) {
            return truth ? "True" : "False";
        }
        if (value instanceof Long || value instanceof BigInteger) {
            return "int " + value;
        }
        if (value instanceof Double number) {
            return String.format("float %016x", Double.doubleToLongBits(number));
        }
        if (value instanceof String text) {
            return "str " + text;
        }
        return value instanceof List ? "list" : value instanceof OrderedDict ? "OrderedDict" : "dict";
    }

    private static String sha(Tensor tensor) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            TensorBytes.forEachPiece(tensor, sha::update);
            return HexFormat.of().formatHex(sha.digest());
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
