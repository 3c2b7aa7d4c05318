package io.contrast4j.golden;

import static io.contrast4j.golden.Precision.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.contrast4j.nn.AlexNet;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.LinearHead;
import io.contrast4j.nn.LinearHead.Plan;
import io.contrast4j.nn.LinearHead.Pooling;
import io.contrast4j.nn.LinearHead.Spelling;
import io.contrast4j.nn.ResNet;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** CMC's linear classifiers: which shapes they have on which layer, and their numbers forward and backward. */
@Tag("golden")
class CmcHeadGoldenTest {
    private static final Pattern RESNET = Pattern.compile("(ins_)?resnet(\\d+)(?:v([123])|x([24]))?");

    /** The encoder of a published name, {@code resnet50v2} or {@code ins_resnet50x4}; none for a name of another kind. */
    private static Backbone.Config encoder(String model) {
        Matcher resnet = RESNET.matcher(model);
        if (model.equals("alexnet")) {
            return new AlexNet.Config(128);
        }
        assumeTrue(resnet.matches(), model + " is not one of CMC's networks");
        double width = resnet.group(3) != null
                ? Math.pow(2, Integer.parseInt(resnet.group(3)) - 2)
                : resnet.group(4) == null ? 1 : Integer.parseInt(resnet.group(4));
        return new ResNet.Config(Integer.parseInt(resnet.group(2)), width, 128);
    }

    private static Stream<DynamicTest> models(String kind, Test test) {
        return Goldens.find("cmc", "heads/head_shapes.json")
                .flatMap(file -> Goldens.json(file).entrySet().stream()
                        .map(entry -> DynamicTest.dynamicTest(
                                entry.getKey() + " " + kind,
                                () -> test.check(
                                        encoder(entry.getKey()),
                                        entry.getValue().getAsJsonObject()))));
    }

    private interface Test {
        void check(Backbone.Config encoder, JsonObject layers);
    }

    @TestFactory
    Stream<DynamicTest> shapes() {
        return models("heads", CmcHeadGoldenTest::checkHeads);
    }

    private static void checkHeads(Backbone.Config encoder, JsonObject layers) {
        List<String> taps = List.copyOf(encoder.taps());
        for (int layer = 0; layer < taps.size(); layer++) {
            JsonObject golden = layers.getAsJsonObject(Integer.toString(layer));
            if (golden == null || !golden.has("in_features")) {
                continue;
            }
            Plan plan = Plan.of(encoder, taps.get(layer));
            long[] feature = Goldens.longs(golden.getAsJsonObject("feature").getAsJsonArray("concatenated"));
            String what = taps.get(layer);
            String modules = golden.getAsJsonArray("modules").toString();
            assertThat(plan.pooling()).as(what).isEqualTo(pooling(modules));
            if (!golden.get("fits_encoder_output").getAsBoolean()) {
                // The published head cannot be used: ours has the pooled size and the channels that are there.
                long side = plan.side();
                assertThat(golden.get("in_features").getAsLong() % Math.max(1, side * side))
                        .as(what)
                        .isZero();
                continue;
            }
            JsonObject keys = golden.getAsJsonObject("state_dict");
            long classes =
                    Goldens.longs(keys.entrySet().iterator().next().getValue().getAsJsonArray())[0];
            try (Arena arena = new Arena();
                    Scope scope = Scope.open()) {
                LinearHead head = arena.own(() -> plan.build((int) classes, feature));
                assertThat(plan.inFeatures(feature))
                        .as(what)
                        .isEqualTo(golden.get("in_features").getAsLong());
                assertThat(shapes(head)).as(what).isEqualTo(keys);
            }
        }
    }

    private static JsonObject shapes(LinearHead head) {
        JsonObject shapes = new JsonObject();
        StateDict.of(head).forEach((name, tensor) -> {
            JsonArray shape = new JsonArray();
            for (long length : Tensors.shape(tensor)) {
                shape.add(length);
            }
            shapes.add(name, shape);
        });
        return shapes;
    }

    private static Pooling pooling(String modules) {
        return modules.contains("AdaptiveMax")
                ? Pooling.MAX
                : modules.contains("AdaptiveAvg") ? Pooling.AVERAGE : Pooling.NONE;
    }

    /** What really comes out of the layers, with a head on each of them: large networks. */
    @TestFactory
    @Tag("slow")
    Stream<DynamicTest> layers() {
        return models("layers", CmcHeadGoldenTest::checkLayers);
    }

    private static void checkLayers(Backbone.Config config, JsonObject golden) {
        try (Arena arena = new Arena();
                Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            JsonObject input = golden.getAsJsonObject("0").getAsJsonObject("feature");
            boolean views = input.has("per_view");
            long[] image = Goldens.longs(input.getAsJsonArray(views ? "per_view" : "concatenated"));
            Backbone encoder = arena.own(() -> config.build((int) image[0]));
            encoder.module().eval();
            Map<String, Tensor> outputs =
                    encoder.forward(torch.torch_zeros(1, image[0], image[1], image[2]), Set.copyOf(encoder.taps()));
            int layer = 0;
            for (Map.Entry<String, Tensor> output : outputs.entrySet()) {
                JsonElement expected = golden.get(Integer.toString(layer++));
                if (expected == null) {
                    continue;
                }
                long[] shape = Tensors.shape(output.getValue().select(0, 0));
                JsonObject feature = expected.getAsJsonObject().getAsJsonObject("feature");
                assertThat(shape)
                        .as(output.getKey())
                        .isEqualTo(Goldens.longs(feature.getAsJsonArray(views ? "per_view" : "concatenated")));
                LinearHead head =
                        arena.own(() -> Plan.of(config, output.getKey()).build(3, shape));
                assertThat(Tensors.shape(head.forward(output.getValue())))
                        .as("logits of " + output.getKey())
                        .containsExactly(1, 3);
            }
        }
    }

    @TestFactory
    Stream<DynamicTest> numbers() {
        return Goldens.find("cmc", "heads/head_numeric.json").flatMap(file -> {
            JsonObject golden = Goldens.json(file);
            String salt = golden.get("salt").getAsString();
            return Goldens.stream(golden.getAsJsonArray("cases"))
                    .map(JsonElement::getAsJsonObject)
                    .flatMap(example -> Stream.of(Precision.values())
                            .map(precision -> DynamicTest.dynamicTest(
                                    example.get("name").getAsString() + " " + precision,
                                    () -> checkNumbers(example, salt, precision))));
        });
    }

    private static void checkNumbers(JsonObject golden, String salt, Precision precision) {
        Map<String, long[]> keys = new LinkedHashMap<>();
        golden.getAsJsonObject("keys")
                .entrySet()
                .forEach(key ->
                        keys.put(key.getKey(), Goldens.longs(key.getValue().getAsJsonArray())));
        long[] input = Goldens.longs(golden.getAsJsonArray("input_shape"));
        long[] feature = Arrays.copyOfRange(input, 1, input.length);
        long[] weight = keys.entrySet().iterator().next().getValue();
        Pooling pooling = pooling(golden.getAsJsonArray("modules").toString());
        int side = pooling == Pooling.NONE ? 0 : (int) Math.round(Math.sqrt((double) weight[1] / feature[0]));
        boolean misspelt = keys.keySet().iterator().next().contains("Liniear");
        Plan plan = new Plan(misspelt ? Spelling.RESNET : Spelling.ALEXNET, pooling, side);
        String suffix = precision == Precision.F64 ? "_f64" : "_f32";
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            LinearHead head = arena.own(() -> plan.build((int) weight[0], feature));
            head.to(Goldens.device(), precision.type, false);
            Fill fill = new Fill(salt);
            Map<String, Tensor> values = new LinkedHashMap<>();
            keys.forEach((key, shape) -> values.put(key, fill.tensor(key, precision.type, shape)));
            head.load(values, "the golden file");
            Tensor x = fill.tensor(golden.get("input_fill_name").getAsString(), precision.type, input)
                    .set_requires_grad(true);
            Tensor logits = head.forward(x);
            double[] expected = Goldens.stream(golden.getAsJsonArray("logits" + suffix))
                    .flatMapToDouble(row -> Arrays.stream(Goldens.doubles(row.getAsJsonArray())))
                    .toArray();
            double[] actual = Tensors.doubles(logits);
            assertThat(actual).hasSameSizeAs(expected);
            for (int i = 0; i < expected.length; i++) {
                assertClose("logit " + i, actual[i], expected[i], precision.of(1e-9, 0), precision.of(1e-12, 2e-5));
            }
            long[] targets = Goldens.longs(golden.getAsJsonArray("target"));
            Tensor loss = torch.cross_entropy_loss(logits, Goldens.here(Tensors.of(targets, targets.length)));
            double tolerance = precision.of(1e-9, 1e-5);
            assertClose(
                    "loss", Tensors.scalar(loss), golden.get("loss" + suffix).getAsDouble(), tolerance, 0);
            loss.backward();
            StateDict.parameters(head)
                    .forEach((name, parameter) -> assertClose(
                            "gradient of " + name,
                            norm(parameter.grad()),
                            golden.getAsJsonObject("grad_norms" + suffix)
                                    .get(name)
                                    .getAsDouble(),
                            tolerance,
                            0));
            assertClose(
                    "gradient of the input",
                    norm(x.grad()),
                    golden.get("input_grad_norm_f64").getAsDouble(),
                    tolerance,
                    0);
        }
    }

    /** In float64, whatever the tensor's type: a sum of many squares in float32 is off by more than the gradients are. */
    private static double norm(Tensor tensor) {
        return Math.sqrt(Arrays.stream(Tensors.doubles(tensor)).map(v -> v * v).sum());
    }
}
