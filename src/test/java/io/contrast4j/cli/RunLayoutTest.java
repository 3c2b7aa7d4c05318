package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.contrast4j.checkpoint.Conversion;
import io.contrast4j.checkpoint.Namespace;
import io.contrast4j.checkpoint.PthFile;
import io.contrast4j.checkpoint.Python;
import io.contrast4j.checkpoint.Recognized;
import io.contrast4j.checkpoint.TensorInfo;
import io.contrast4j.checkpoint.Trees;
import io.contrast4j.config.ConfigFile;
import io.contrast4j.golden.Goldens;
import io.contrast4j.optim.OptimizerState;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Two steps of each method, and what is left of them in the layout of its source: keys in their order, shapes, optimizer.
 * The references are the golden files, either of equally small networks or of those 16 times as wide.
 */
class RunLayoutTest {
    private static final String ONE_NETWORK = "views { space = rgb, groups = [[0, 1, 2]] }";
    private static final String TWO_CROPS = "views { space = rgb, groups = [[0, 1, 2]], crops = 2 }";
    private static final String IN_BATCH = "store { type = none }, negatives = null, negatives { type = in-batch }";
    private static final String ALL_KEYS = "negatives = null, negatives { type = all }";

    @TempDir
    static Path folder;

    /** Checkpoints by the names of the cases, trained once. */
    private static final Map<String, Path> runs = new LinkedHashMap<>();

    /** How a program's file is laid out: a name and a shape for each tensor of its state dict. */
    private record Layout(List<String> top, Map<String, List<Long>> state, Map<String, List<Long>> contrast) {}

    /**
     * @param config what is added to the tiny run
     * @param convert what becomes of it
     * @param isPlain whether PyTorch loads that with {@code weights_only=True}
     */
    private record Case(
            String name,
            String config,
            Function<Conversion, Map<String, Object>> convert,
            boolean isPlain,
            Layout layout) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Case> cases() {
        String small = "encoder { depth = 18, width = 0.03125, feature-dim = 16 }, negatives { count = 8 }";
        String resnet50 =
                "encoder = null, encoder { type = torchvision-resnet, depth = 50, channels = 4, feature-dim = 8,"
                        + " head = %s }, method { type = moco }, store { type = queue, size = 4096 }, " + ALL_KEYS;
        String ring = "encoder = null, encoder { type = ring-resnet, channels = 4, feature-dim = 8 },"
                + " objective { type = infonce }, negatives = null, negatives { type = ring }";
        String selfCon = "encoder = null, encoder { type = selfcon-resnet, channels = %d, exits = %s, exit-size = fc,"
                + " feature-dim = %d }, " + IN_BATCH;
        String supCon =
                "method { type = selfcon, rows = end, positives = %s }, objective { type = infonce }, " + TWO_CROPS;
        List<Case> cases = new ArrayList<>();
        cases.add(new Case("cmc", small, Conversion::cmc, false, cmc("cmc_epoch10")));
        cases.add(new Case(
                "cmc-infonce", small + ", objective { type = infonce }", Conversion::cmc, false, cmc("cmc_epoch10")));
        cases.add(new Case(
                "insdis",
                small + ", method { type = insdis }, " + ONE_NETWORK,
                Conversion::cmc,
                false,
                cmc("insdis_epoch20_amp")));
        cases.add(new Case(
                "cmc-moco",
                "encoder { depth = 18, width = 0.03125, feature-dim = 16 }, method { type = moco, update = after-step },"
                        + " store { type = queue, size = 8 }, " + ALL_KEYS + ", " + TWO_CROPS,
                Conversion::cmc,
                false,
                cmc("moco_epoch130")));
        cases.add(new Case(
                "moco",
                resnet50.formatted("linear") + ", objective { type = infonce }, " + TWO_CROPS,
                moco -> moco.moco("encoder"),
                true,
                moco("facebook moco v1 resnet50 (no mlp)", false)));
        cases.add(new Case(
                "align-uniform",
                resnet50.formatted("mlp") + ", objective { type = align-uniform, contrastive.weight = 1 }, "
                        + TWO_CROPS,
                moco -> moco.moco("encoder"),
                true,
                moco("align_uniform main_moco resnet50 mlp contr_w=0", true)));
        cases.add(new Case(
                "ring", ring + ", method { type = insdis }, " + ONE_NETWORK, Conversion::ring, true, ring("nce")));
        cases.add(new Case(
                "ring-moco",
                ring + ", method { type = moco }, store { type = queue, size = 16 }, " + TWO_CROPS,
                Conversion::ring,
                true,
                ring("moco")));
        cases.add(new Case(
                "selfcon",
                selfCon.formatted(2, "[2]", 4) + ", method { type = selfcon }, objective { type = infonce }, "
                        + ONE_NETWORK,
                Conversion::selfCon,
                false,
                selfConFixture()));
        for (String positives : List.of("same-class", "same-picture")) {
            cases.add(new Case(
                    positives.equals("same-class") ? "supcon" : "simclr",
                    selfCon.formatted(4, "[]", 8) + ", " + supCon.formatted(positives),
                    Conversion::selfCon,
                    false,
                    selfCon("Con/resnet18/none/cifar10")));
        }
        cases.add(new Case(
                "ce",
                selfCon.formatted(4, "[]", 8)
                        + ", method { type = one-stage, variant = ce }, objective { type = none }, " + ONE_NETWORK,
                Conversion::selfCon,
                false,
                selfCon("CE/resnet18/ce/none/cifar10")));
        return cases;
    }

    private static JsonObject json(String file) {
        return Goldens.json(Goldens.bundled(file));
    }

    private static List<String> topOf(Map<?, ?> tree) {
        return tree.keySet().stream().map(Object::toString).toList();
    }

    /** A file of CMC's repository; the bank has a row for each picture of ours. */
    private static Layout cmc(String name) {
        Map<?, ?> tree = (Map<?, ?>)
                PthFile.list(Goldens.bundled("cmc/pth/" + name + ".zip.pth")).tree();
        List<String> top = new ArrayList<>(topOf(tree));
        top.remove("amp");
        Map<String, List<Long>> contrast = shapes(tree.get("contrast"));
        if (!name.startsWith("moco")) {
            contrast.replaceAll((key, shape) -> key.startsWith("memory") ? List.of(84L, shape.get(1)) : shape);
        }
        return new Layout(top, shapes(tree.get("model")), contrast);
    }

    private static Layout moco(String name, boolean hasLabel) {
        Map<String, List<Long>> state = new LinkedHashMap<>();
        if (hasLabel) {
            state.put("module.scalar_label", List.of());
        }
        state.putAll(narrow(json("align_uniform/checkpoint_layouts.json")
                .getAsJsonObject(name)
                .getAsJsonArray("keys")));
        return new Layout(List.of("epoch", "arch", "state_dict", "optimizer"), state, Map.of());
    }

    /** The layout of the whole system has names only, that of its encoder the shapes. */
    private static Layout ring(String system) {
        JsonObject layouts = json("ring/checkpoint_layouts.json");
        Map<String, List<Long>> encoder =
                narrow(layouts.getAsJsonObject("encoder resnet18 conv3x3=False").getAsJsonArray("keys"));
        Map<String, List<Long>> state = new LinkedHashMap<>();
        for (JsonElement key : layouts.getAsJsonObject("system " + system + " resnet18 conv3x3 (k=16, train size 20)")
                .getAsJsonArray("keys")) {
            String name = key.getAsString();
            switch (name) {
                case "queue" -> state.put(name, List.of(16L, 8L));
                case "queue_ptr" -> state.put(name, List.of(1L));
                case "memory_bank._bank" -> {
                    // MoCo's bank beside its queue serves an accuracy of theirs; ours has none.
                    if (system.equals("nce")) {
                        state.put(name, List.of(84L, 8L));
                    }
                }
                default -> state.put(name, encoder.get(name.substring(name.indexOf('.') + 1)));
            }
        }
        Path file = Goldens.bundled("ring/ring_" + system + "_tiny.ckpt");
        return new Layout(topOf((Map<?, ?>) PthFile.list(file).tree()), state, Map.of());
    }

    private static Layout selfConFixture() {
        Path file = Goldens.bundled("selfcon/checkpoints/last.pth");
        Map<?, ?> tree = (Map<?, ?>) PthFile.list(file).tree();
        return new Layout(topOf(tree), shapes(tree.get("model")), Map.of());
    }

    private static Layout selfCon(String network) {
        Map<String, List<Long>> state = narrow(json("selfcon/networks/keys_resnet.json")
                .getAsJsonObject(network)
                .getAsJsonArray("keys"));
        // Our pictures have seven classes instead of ten.
        state.computeIfPresent("l_fc.weight", (name, shape) -> List.of(7L, shape.get(1)));
        state.computeIfPresent("l_fc.bias", (name, shape) -> List.of(7L));
        return new Layout(List.of("opt", "model", "optimizer", "epoch"), state, Map.of());
    }

    /** Name, shape and whatever else, of a network 16 times as wide. */
    private static Map<String, List<Long>> narrow(JsonArray keys) {
        Map<String, List<Long>> shapes = new LinkedHashMap<>();
        for (JsonElement key : keys) {
            JsonArray entry = key.getAsJsonArray();
            JsonElement shape = entry.get(1).isJsonArray() ? entry.get(1) : entry.get(2);
            shapes.put(
                    entry.get(0).getAsString(),
                    Goldens.stream(shape.getAsJsonArray())
                            .map(JsonElement::getAsLong)
                            .map(length -> length >= 64 ? length / 16 : length)
                            .toList());
        }
        return shapes;
    }

    private static Map<String, List<Long>> shapes(Object section) {
        Map<String, List<Long>> shapes = new LinkedHashMap<>();
        ((Map<?, ?>) section).forEach((name, value) -> shapes.put((String) name, shape(value)));
        return shapes;
    }

    private static List<Long> shape(Object value) {
        return Arrays.stream(((TensorInfo) value).shape()).boxed().toList();
    }

    private static Path trained(Case method) {
        return runs.computeIfAbsent(method.name(), name -> {
            try {
                Path conf = Files.writeString(folder.resolve(name + ".conf"), """
                        name = %s
                        out = "%s"
                        device = cpu
                        data { type = photo-crops, size = 40, train-per-picture = 12, test-per-picture = 3 }
                        views { size = 32, evaluation { resize = 32 } }
                        schedule { milestones = [] }
                        train { epochs = 1, batch-size = 42, log-every = 1 }
                        eval { batch-size = 16, linear { epochs = 1, batch-size = 16 }, knn { k = 3 }, random-weights = false }
                        report { pictures = 0 }
                        %s
                        """.formatted(
                                name, folder, method.config().replace(", ", "\n")));
                ConfigFile file = ConfigFile.load(conf, List.of());
                RunConfig config = file.bind(RunConfig.class);
                try (Workplace place = Workplace.alone(config);
                        Run run = new Run(
                                config,
                                file.render(RunConfig.class),
                                new Resume.Nothing(),
                                new AllowedChanges(List.of()),
                                place)) {
                    assertThat(run.train()).isTrue();
                }
                try (Stream<Path> found =
                        Files.find(folder.resolve(name), 3, (path, of) -> path.endsWith("checkpoints/step-2.pth"))) {
                    return found.findFirst().orElseThrow();
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    private static Path converted(Case method) {
        Path file = folder.resolve(method.name() + ".converted.pth");
        if (!Files.exists(file)) {
            try (Scope scope = Scope.open()) {
                Path saved = trained(method);
                Recognized known = Recognized.in(PthFile.read(saved)).orElseThrow();
                assertThat(known.source().name()).isEqualTo("contrast4j");
                assertThat(known.unknown()).isEmpty();
                PthFile.write(file, method.convert().apply(new Conversion(known, saved.toString())));
            }
        }
        return file;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aRunBecomesAFileOfItsSource(Case method) {
        Map<?, ?> tree = (Map<?, ?>) PthFile.list(converted(method)).tree();
        Layout layout = method.layout();
        assertThat(topOf(tree)).isEqualTo(layout.top());
        assertThat(Trees.at(tree, List.of("epoch"))).isEqualTo(1L);
        Map<String, List<Long>> state = shapes(tree.containsKey("model") ? tree.get("model") : tree.get("state_dict"));
        assertThat(new ArrayList<>(state.keySet()))
                .isEqualTo(new ArrayList<>(layout.state().keySet()));
        assertThat(state).isEqualTo(layout.state());
        if (!layout.contrast().isEmpty()) {
            Map<String, List<Long>> contrast = shapes(tree.get("contrast"));
            assertThat(new ArrayList<>(contrast.keySet()))
                    .isEqualTo(new ArrayList<>(layout.contrast().keySet()));
            assertThat(contrast).isEqualTo(layout.contrast());
        }
        if (tree.containsKey("model_ema")) {
            assertThat(shapes(tree.get("model_ema"))).isEqualTo(state);
        }
        if (tree.containsKey("opt")) {
            assertThat(tree.get("opt")).isInstanceOf(Namespace.class);
        }
        Recognized again = Recognized.in(tree).orElseThrow();
        assertThat(again.unknown()).isEmpty();
        OptimizerState optimizer =
                OptimizerState.of(again.optimizer().orElseThrow()).orElseThrow();
        assertThat(again.trained()).hasSameSizeAs(optimizer.entries());
        for (int i = 0; i < optimizer.entries().size(); i++) {
            Object velocity = optimizer.entries().get(i).get(OptimizerState.VELOCITY);
            String name = again.trained().get(i);
            if (name.startsWith("key-encoder.")) {
                assertThat(velocity).isNull();
            } else {
                int dot = name.indexOf('.');
                assertThat(shape(velocity))
                        .as(name)
                        .isEqualTo(shape(again.part(name.substring(0, dot)).get(name.substring(dot + 1))));
            }
        }
    }

    /** A bank of pictures is no queue, though both are kept in one place: MoCo's layout has no place for it. */
    @Test
    void theBankOfARunOfMocoBecomesNoQueue() {
        Case bank = new Case(
                "ring-moco-bank",
                "encoder = null, encoder { type = ring-resnet, channels = 4, feature-dim = 8 },"
                        + " objective { type = infonce }, negatives = null, negatives { type = ring },"
                        + " method { type = moco }, store { type = memory-bank }, " + TWO_CROPS,
                Conversion::ring,
                true,
                new Layout(List.of(), Map.of(), Map.of()));
        try (Scope scope = Scope.open()) {
            Recognized known = Recognized.in(PthFile.read(trained(bank))).orElseThrow();
            Tensor rows = (Tensor) known.part("contrast").get("memory");

            Conversion ring = new Conversion(known, "bank.pth");
            Map<?, ?> lightning = (Map<?, ?>) ring.ring().get("state_dict");
            assertThat(lightning.get("memory_bank._bank")).isEqualTo(rows);
            assertThat(lightning.keySet().stream().map(Object::toString))
                    .contains("model_k.l2.weight")
                    .doesNotContain("queue", "queue_ptr");
            assertThat(ring.leftOut()).isEmpty();

            Conversion moco = new Conversion(known, "bank.pth");
            Map<?, ?> state = (Map<?, ?>) moco.moco("encoder").get("state_dict");
            assertThat(state.keySet().stream().map(Object::toString))
                    .contains("module.encoder_k.conv1.weight")
                    .doesNotContain("module.queue", "module.queue_ptr");
            assertThat(moco.leftOut()).containsExactly("contrast");
        }
    }

    /** CMC's and SelfCon's scripts need no conversion: the run's own file is laid out as theirs, with one key more. */
    @ParameterizedTest
    @MethodSource("cases")
    void aRunsOwnFileHasTheLayoutOfCmcOrSelfCon(Case method) {
        Map<?, ?> tree = (Map<?, ?>) PthFile.list(trained(method)).tree();
        Recognized known = Recognized.in(tree).orElseThrow();
        assertThat(known.trained())
                .hasSameSizeAs(OptimizerState.of(known.optimizer().orElseThrow())
                        .orElseThrow()
                        .entries());
        if (method.isPlain()) {
            return;
        }
        List<String> top = new ArrayList<>(method.layout().top());
        top.add("contrast4j");
        assertThat(topOf(tree)).isEqualTo(top);
        assertThat(shapes(tree.get("model"))).isEqualTo(method.layout().state());
        if (!method.layout().contrast().isEmpty()) {
            assertThat(shapes(tree.get("contrast"))).isEqualTo(method.layout().contrast());
        }
    }

    /** The buffer params of CMC's memories: what is configured, and the constants Z of the first step. */
    @ParameterizedTest
    @MethodSource("cases")
    void paramsHaveTheirValues(Case method) {
        if (!method.layout().contrast().containsKey("params")) {
            return;
        }
        try (Scope scope = Scope.open()) {
            Map<?, ?> tree = PthFile.readMap(trained(method));
            double[] params = Tensors.doubles((Tensor) Trees.at(tree, List.of("contrast", "params")));
            Map<?, ?> z = Trees.at(tree, List.of("contrast4j", "method", "objective", "z")) instanceof Map<?, ?> kept
                    ? kept
                    : Map.of();
            double[] constants = params.length == 1 ? params : Arrays.copyOfRange(params, 2, params.length - 1);
            switch (method.name()) {
                case "cmc-moco" -> assertThat(constants).containsExactly(Math.floor((Double) z.get("q")));
                case "cmc-infonce" -> assertThat(constants).containsExactly(-1, -1);
                case "cmc" ->
                    assertThat(constants).containsExactly((float) (double) (Double) z.get("l"), (float)
                            (double) (Double) z.get("ab"));
                default -> assertThat(constants).containsExactly((float) (double) (Double) z.get("memory"));
            }
            if (params.length > 1) {
                assertThat(params[0]).isEqualTo(8);
                assertThat(params[1]).isEqualTo(0.07f);
                assertThat(params[params.length - 1]).isEqualTo(0.5);
            }
        }
    }

    @Test
    void pythonLoadsThemAll() throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>();
        for (Case method : cases()) {
            arguments.add("plain:" + trained(method));
            arguments.add((method.isPlain() ? "plain:" : "script:") + converted(method));
        }
        String printed = Python.run("layouts.py", folder, arguments.toArray(new String[0]));
        List<String> files =
                printed.lines().filter(line -> line.startsWith("file ")).toList();
        assertThat(files).hasSize(arguments.size());
        for (int i = 0; i < cases().size(); i++) {
            assertThat(files.get(2 * i + 1))
                    .isEqualTo("file " + cases().get(i).layout().top().stream().collect(Collectors.joining(" ")));
        }
        assertThat(printed.lines().filter(line -> line.startsWith("parameters ")))
                .hasSize(arguments.size())
                .noneMatch(line -> line.contains(" velocities 0 "))
                .allMatch(line -> line.endsWith(" momentum 0.9"));
    }
}
