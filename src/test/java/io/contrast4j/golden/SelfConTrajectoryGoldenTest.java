package io.contrast4j.golden;

import static io.contrast4j.golden.Precision.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.contrast4j.method.Method;
import io.contrast4j.method.OneStage;
import io.contrast4j.method.SelfCon;
import io.contrast4j.method.SelfConTerms;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.nn.ContrastiveNetwork;
import io.contrast4j.nn.OneStageNetwork;
import io.contrast4j.objective.InfoNce;
import io.contrast4j.objective.OneStageLoss;
import io.contrast4j.optim.Sgd;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.OneThread;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/** Four steps of SelfCon, of its variants and of training in one stage. */
@Tag("golden")
@ExtendWith(OneThread.class)
class SelfConTrajectoryGoldenTest {
    private static final int SIDE = 32;
    private static final int BLOCK = 8;

    /** The networks have their published widths. */
    @TestFactory
    @Tag("slow")
    Stream<DynamicTest> trajectories() {
        return Goldens.find("selfcon", "training/trajectories*.json")
                .flatMap(file -> Goldens.stream(cases(file)))
                .map(JsonElement::getAsJsonObject)
                .flatMap(golden -> Stream.of(Precision.values())
                        .map(precision -> DynamicTest.dynamicTest(
                                golden.get("id").getAsString() + " " + precision,
                                () -> new Case(golden, precision).run())));
    }

    private static JsonArray cases(Path file) {
        try {
            return JsonParser.parseString(Files.readString(file)).getAsJsonArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class Case {
        private final JsonObject golden;
        private final JsonObject options;
        private final Precision precision;
        private final boolean isOneStage;

        Case(JsonObject golden, Precision precision) {
            this.golden = golden;
            this.options = golden.getAsJsonObject("options");
            this.precision = precision;
            this.isOneStage = golden.get("model_class").getAsString().startsWith("CE");
        }

        void run() {
            try (Arena arena = new Arena();
                    Scope scope = Scope.open()) {
                GoldenSelfCon network = arena.own(() ->
                        GoldenSelfCon.of(golden.get("model_class").getAsString(), golden.getAsJsonObject("kwargs"), 3));
                Fill.he(golden.get("fill_prefix").getAsString()).fill(network.module, precision.type);
                network.module.train(true);
                try (Method method = isOneStage
                                ? oneStage((OneStageNetwork) network.module)
                                : selfCon((ContrastiveNetwork) network.module);
                        Sgd optimizer = GoldenTraining.optimizer(
                                options.get("learning_rate").getAsDouble(),
                                options.get("momentum").getAsDouble(),
                                options.get("weight_decay").getAsDouble(),
                                network.module)) {
                    JsonArray steps = golden.getAsJsonArray("steps");
                    for (int t = 0; t < steps.size(); t++) {
                        try (Scope each = Scope.open()) {
                            step(t, steps.get(t).getAsJsonObject(), method, optimizer, network.module);
                        }
                    }
                }
                checkFinal(network.module);
            }
        }

        private OneStage oneStage(OneStageNetwork network) {
            OneStageLoss.Weights weights = new OneStageLoss.Weights(
                    options.get("alpha").getAsDouble(),
                    options.get("beta").getAsDouble(),
                    options.get("gamma").getAsDouble());
            return new OneStage(
                    network,
                    new OneStageLoss(weights, options.get("temperature").getAsDouble()));
        }

        private SelfCon selfCon(ContrastiveNetwork network) {
            SelfConTerms terms = SelfConMethodsGoldenTest.terms(options);
            InfoNce objective = new InfoNce(new InfoNce.Config(
                    options.get("temp").getAsDouble(), Optional.of(0.07), InfoNce.WithoutPositives.LEFT_OUT));
            return new SelfCon(
                    new SelfCon.Config(terms.rows(), terms.positives(), terms.alpha()),
                    network,
                    Optional.empty(),
                    objective);
        }

        private void step(int t, JsonObject step, Method method, Sgd optimizer, Module module) {
            List<Tensor> crops = Goldens.stream(
                            golden.getAsJsonArray("input_names").get(t).getAsJsonArray())
                    .map(name -> blocky(name.getAsString()))
                    .toList();
            long[] classes =
                    Goldens.longs(golden.getAsJsonArray("labels").get(t).getAsJsonArray());
            Tensor labels = Tensors.of(classes, classes.length);
            Method.Output output = method.forward(
                    new Method.Input(crops, Goldens.here(labels), labels),
                    new StepContext(t, 1, 1, (rows, columns, n) -> {
                        throw new AssertionError("nothing is drawn");
                    }));
            optimizer.zeroGrad();
            output.loss().total().backward();
            String what = "step " + t + " ";
            assertClose(
                    what + "loss",
                    Tensors.scalar(output.loss().total()),
                    step.get("loss").getAsDouble(),
                    precision.of(1e-7, t == 0 ? 1e-5 : 5e-3),
                    0);
            List<Tensor> gradients = new ArrayList<>();
            GoldenTraining.gradients(module).forEach((name, gradient) -> {
                if (gradient.defined()) {
                    gradients.add(gradient);
                }
            });
            assertClose(
                    what + "gradient",
                    norm(gradients),
                    step.get("grad_l2").getAsDouble(),
                    precision.of(1e-7, t == 0 ? 1e-3 : 5e-2),
                    0);

            assertClose(what + "rate", rate(t), step.get("lr").getAsDouble(), 1e-12, 0);
            optimizer.learningRate(rate(t));
            optimizer.step();
            method.commit(output);
            Map<String, Tensor> parameters = StateDict.parameters(module);
            double tolerance = precision.of(1e-7, 5e-2);
            assertClose(
                    what + "weights",
                    norm(parameters.values()),
                    step.get("weight_l2").getAsDouble(),
                    tolerance,
                    0);
            step.getAsJsonObject("watch")
                    .entrySet()
                    .forEach(watched -> assertClose(
                            what + watched.getKey(),
                            GoldenTraining.norm(parameters.get(watched.getKey())),
                            watched.getValue().getAsDouble(),
                            tolerance,
                            0));
        }

        /** 0.01 + p·(w − 0.01) in the first ten epochs of a run that warms up, the base rate in the others. */
        private double rate(int batch) {
            if (!options.get("warm").getAsBoolean()) {
                return options.get("learning_rate").getAsDouble();
            }
            double from = options.get("warmup_from").getAsDouble();
            double to = options.get("warmup_to").getAsDouble();
            int batches = golden.get("batches_per_epoch_for_warmup").getAsInt();
            double done = batch + (golden.get("epoch").getAsDouble() - 1) * batches;
            return from + done / (options.get("warm_epochs").getAsDouble() * batches) * (to - from);
        }

        private Tensor blocky(String name) {
            int batch = golden.get("batch").getAsInt();
            int cells = SIDE / BLOCK;
            return Fill.noise(name, precision.type, batch, 3, cells, 1, cells, 1)
                    .expand(batch, 3, cells, BLOCK, cells, BLOCK)
                    .reshape(batch, 3, SIDE, SIDE);
        }

        private static double norm(Iterable<Tensor> tensors) {
            double squares = 0;
            for (Tensor tensor : tensors) {
                double norm = GoldenTraining.norm(tensor);
                squares += norm * norm;
            }
            return Math.sqrt(squares);
        }

        /** In float32 a tensor may be 5 % of its length off, in whatever direction. */
        private void checkFinal(Module module) {
            JsonObject expected = golden.getAsJsonObject("final");
            Map<String, Tensor> state = StateDict.of(module);
            assertThat(new ArrayList<>(state.keySet())).isEqualTo(new ArrayList<>(expected.keySet()));
            double tolerance = precision.of(1e-7, 5e-2);
            state.forEach((name, tensor) -> {
                if (expected.get(name).isJsonPrimitive()) {
                    assertThat(Tensors.scalar(tensor))
                            .as(name)
                            .isEqualTo(expected.get(name).getAsDouble());
                    return;
                }
                JsonObject numbers = expected.getAsJsonObject(name);
                double length = numbers.get("l2").getAsDouble();
                double[] values = Tensors.doubles(tensor);
                float[] noise = Fill.noise("proj." + name, values.length);
                double product = 0;
                for (int i = 0; i < values.length; i++) {
                    product += values[i] * noise[i];
                }
                assertClose(name, GoldenTraining.norm(tensor), length, tolerance, 0);
                assertClose(name + " proj", product, numbers.get("proj").getAsDouble(), 0, tolerance * length);
                double[] first = Goldens.doubles(numbers.getAsJsonArray("first4"));
                for (int i = 0; i < first.length; i++) {
                    assertClose(name + " " + i, values[i], first[i], 0, tolerance * length);
                }
            });
        }
    }
}
