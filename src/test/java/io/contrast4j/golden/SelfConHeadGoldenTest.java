package io.contrast4j.golden;

import static io.contrast4j.golden.Precision.assertClose;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.contrast4j.checkpoint.Pretrained;
import io.contrast4j.nn.Classifier;
import io.contrast4j.nn.SelfConResNet;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** SelfCon's classifiers of frozen vectors, and the small network of its checkpoints. */
@Tag("golden")
class SelfConHeadGoldenTest {
    @TestFactory
    Stream<DynamicTest> classifiers() {
        return Goldens.find("selfcon", "linear/linear_eval*.json")
                .flatMap(file -> Goldens.stream(Goldens.json(file).getAsJsonArray("heads"))
                        .map(JsonElement::getAsJsonObject)
                        .flatMap(head -> Stream.of(Precision.values())
                                .map(precision -> DynamicTest.dynamicTest(
                                        head.get("model").getAsString() + " " + precision,
                                        () -> checkClassifier(file, head, precision)))));
    }

    private static void checkClassifier(Path file, JsonObject golden, Precision precision) {
        long[] shape = Goldens.longs(golden.getAsJsonArray("input"));
        Classifier kind = golden.get("class_").getAsString().endsWith("VGG") ? Classifier.VGG : Classifier.LINEAR;
        try (Arena arena = new Arena();
                Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Classifier.Probe probe = arena.own(
                    () -> kind.probe((int) shape[1], golden.get("num_classes").getAsInt()));
            Fill.he("").fill(probe, precision.type);
            probe.eval();
            String name = "head." + golden.get("model").getAsString() + ".out";
            Tensor expected = Goldens.tensors(file).get(name);
            Tensor actual = probe.forward(Fill.noise("input", precision.type, shape));
            assertClose(name, actual, expected, precision.of(1e-9, 1e-5));
        }
    }

    @TestFactory
    Stream<DynamicTest> checkpointNetwork() {
        return Goldens.find("selfcon", "checkpoints/expected*.json")
                .flatMap(file -> Goldens.stream(Goldens.json(file).getAsJsonArray("files"))
                        .map(entry -> file.resolveSibling(
                                entry.getAsJsonObject().get("file").getAsString()))
                        .filter(Files::exists)
                        .flatMap(weights -> Stream.of(Precision.values())
                                .map(precision -> DynamicTest.dynamicTest(
                                        weights.getFileName() + " " + precision,
                                        () -> checkNetwork(file, weights, precision)))));
    }

    private static void checkNetwork(Path file, Path weights, Precision precision) {
        JsonObject golden = Goldens.json(file);
        JsonObject network = golden.getAsJsonObject("network");
        JsonObject run = golden.getAsJsonObject("eval_forward_f64");
        SelfConResNet.Config published = (SelfConResNet.Config) GoldenSelfCon.config(network);
        SelfConResNet.Config config = new SelfConResNet.Config(
                published.depth(),
                network.get("base_width").getAsInt(),
                published.stem(),
                published.exits(),
                published.exitSize(),
                published.zeroInitResidual(),
                published.head(),
                published.featureDim());
        try (Arena arena = new Arena();
                Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            GoldenSelfCon net = arena.own(() -> GoldenSelfCon.of(config, 3));
            new Pretrained(Optional.of(weights), Optional.empty(), Pretrained.Layers.ALL).into(net.module);
            net.module.to(Goldens.device(), precision.type, false);
            net.module.eval();
            Tensor images = Fill.noise("input", precision.type, Goldens.longs(run.getAsJsonArray("input")));
            Map<String, Tensor> outputs = net.vectors(images);
            outputs.putAll(net.outputs(images));
            double tolerance = precision.of(1e-9, 1e-5);
            check("enc.feat", outputs, run.getAsJsonArray("enc_feat"), tolerance);
            check("out.feat", outputs, run.getAsJsonArray("out_feat"), tolerance);
            for (int exit = 0; exit < run.getAsJsonArray("enc_sub").size(); exit++) {
                check("enc.sub" + exit, outputs, run.getAsJsonArray("enc_sub").get(exit), tolerance);
                check("out.sub" + exit, outputs, run.getAsJsonArray("out_sub").get(exit), tolerance);
            }
        }
    }

    private static void check(String name, Map<String, Tensor> outputs, JsonElement rows, double tolerance) {
        double[] expected = Goldens.stream((JsonArray) rows)
                .flatMap(row -> Goldens.stream(row.getAsJsonArray()))
                .mapToDouble(JsonElement::getAsDouble)
                .toArray();
        assertClose(name, Tensors.doubles(outputs.get(name)), expected, tolerance);
    }
}
