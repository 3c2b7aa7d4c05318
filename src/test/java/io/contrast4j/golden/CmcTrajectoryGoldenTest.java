package io.contrast4j.golden;

import static io.contrast4j.golden.Precision.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.contrast4j.checkpoint.SafeTensors;
import io.contrast4j.method.Cmc;
import io.contrast4j.method.Method;
import io.contrast4j.negatives.MemoryBank;
import io.contrast4j.negatives.NegativeStore;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.negatives.UniformSample;
import io.contrast4j.nn.Encoder;
import io.contrast4j.nn.ResNet;
import io.contrast4j.nn.ViewEncoders;
import io.contrast4j.objective.InfoNce;
import io.contrast4j.objective.Nce;
import io.contrast4j.objective.Objective;
import io.contrast4j.optim.Sgd;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Five steps of real training: encoder, memories, loss and SGD together, against the published implementation. */
@Tag("golden")
class CmcTrajectoryGoldenTest {
    private static final List<String> VIEWS = List.of("l", "ab");

    @TestFactory
    Stream<DynamicTest> trajectories() {
        return Goldens.find("cmc", "trajectory/cmc_*.json")
                .flatMap(file -> Stream.of(Precision.values())
                        .map(precision -> DynamicTest.dynamicTest(
                                file.getFileName() + " " + precision, () -> new Case(file, precision).run())));
    }

    private static final class Case {
        private final Path file;
        private final JsonObject golden;
        private final JsonObject config;
        private final Precision precision;
        private final String numbers;
        private final Fill fill;

        Case(Path file, Precision precision) {
            this.file = file;
            this.golden = Goldens.json(file);
            this.config = golden.getAsJsonObject("config");
            this.precision = precision;
            this.numbers = precision == Precision.F64 ? "f64" : "f32";
            this.fill = new Fill(golden.get("salt").getAsString());
        }

        void run() {
            int dim = config.get("dim").getAsInt();
            double temperature = config.get("T").getAsFloat();
            int depth = Integer.parseInt(golden.get("model").getAsString().replaceAll(".*resnet", ""));
            ResNet.Config network = new ResNet.Config(depth, config.get("width").getAsDouble(), dim);
            Objective objective = config.get("softmax").getAsBoolean()
                    ? new InfoNce(new InfoNce.Config(temperature))
                    : new Nce(new Nce.Config(temperature));
            try (Arena arena = new Arena();
                    Scope scope = Scope.open()) {
                ViewEncoders encoders = arena.own(() -> new ViewEncoders(network, List.of(1, 2)));
                encoders.to(precision.type, false);
                fillEncoders(encoders);
                List<NegativeStore> banks = VIEWS.stream().map(this::bank).toList();
                Sgd.Config sgd = new Sgd.Config(
                        config.get("lr").getAsDouble(),
                        config.get("sgd_momentum").getAsDouble(),
                        config.get("weight_decay").getAsDouble(),
                        false);
                Encoder encoder = encoders;
                UniformSample selector = new UniformSample(config.get("K").getAsInt());
                try (Cmc cmc = new Cmc(VIEWS, encoder, banks, selector, objective);
                        Sgd optimizer =
                                new Sgd(sgd, StateDict.parameters(encoders).values())) {
                    List<Tensor> images = images();
                    JsonArray steps = golden.getAsJsonArray("steps");
                    for (int t = 0; t < steps.size(); t++) {
                        step(t, steps.get(t).getAsJsonObject(), cmc, optimizer, encoders, images, objective);
                    }
                    checkFinal(encoders, optimizer, banks);
                }
            }
        }

        private void fillEncoders(ViewEncoders encoders) {
            try (NoGrad noGrad = NoGrad.open()) {
                StateDict.of(encoders).forEach((name, tensor) -> {
                    long[] shape = Tensors.shape(tensor);
                    tensor.copy_(fill.tensor(GoldenEncoder.PREFIX + name, precision.type, shape));
                });
            }
        }

        private NegativeStore bank(String view) {
            int n = config.get("n_data").getAsInt();
            int dim = config.get("dim").getAsInt();
            float[] rows = fill.values("memory_" + view, n, dim);
            for (int row = 0; row < n; row++) {
                double squares = 0;
                for (int d = 0; d < dim; d++) {
                    squares += (double) rows[row * dim + d] * rows[row * dim + d];
                }
                for (int d = 0; d < dim; d++) {
                    rows[row * dim + d] = (float) (rows[row * dim + d] / Math.sqrt(squares));
                }
            }
            MemoryBank bank = new MemoryBank(
                    new MemoryBank.Config(config.get("memory_momentum").getAsFloat()),
                    n,
                    dim,
                    precision.type,
                    Tensors.device("cpu"));
            bank.restore(Map.of("memory", Tensors.of(rows, n, dim)), file.toString());
            return bank;
        }

        /** A coarse pattern, each value over 32×32 pixels, plus half a fine one, in float32. */
        private List<Tensor> images() {
            int batch = config.get("batch").getAsInt();
            int side = 224;
            float[] coarse = fill.values("input.coarse", batch, 3, 7, 7);
            float[] fine = fill.values("input.fine", batch, 3, side, side);
            float[] pixels = new float[fine.length];
            for (int plane = 0; plane < batch * 3; plane++) {
                for (int i = 0; i < side; i++) {
                    for (int j = 0; j < side; j++) {
                        int at = (plane * side + i) * side + j;
                        pixels[at] = coarse[(plane * 7 + i / 32) * 7 + j / 32] + 0.5f * fine[at];
                    }
                }
            }
            Tensor images = Tensors.of(pixels, batch, 3, side, side).to(precision.type);
            return List.of(images.narrow(1, 0, 1), images.narrow(1, 1, 2));
        }

        private void step(
                int t,
                JsonObject step,
                Cmc cmc,
                Sgd optimizer,
                ViewEncoders encoders,
                List<Tensor> images,
                Objective objective) {
            JsonObject given = step.getAsJsonObject("given");
            JsonObject expected = step.getAsJsonObject(numbers);
            long[] y = Goldens.longs(given.getAsJsonArray("y"));
            JsonArray rows = given.getAsJsonArray("idx");
            long[] idx = Goldens.stream(rows)
                    .flatMapToLong(row -> Arrays.stream(Goldens.longs(row.getAsJsonArray())))
                    .toArray();
            Tensor table = Tensors.of(idx, rows.size(), idx.length / rows.size());
            StepContext at = new StepContext(t, 1, 1, (n, k, items) -> table.narrow(1, 1, k));

            Method.Output output =
                    cmc.forward(new Method.Input(images, Tensors.of(y, y.length), Tensors.of(y, y.length)), at);
            optimizer.zeroGrad();
            output.loss().total().backward();
            double relative = precision.of(1e-9, t < 2 ? 1e-5 : later(t));
            double absolute = precision.of(0, expected.get("loss").getAsDouble() < 0.01 ? 1e-6 : 0);
            String step_ = "step " + t + " ";
            assertClose(
                    step_ + "loss",
                    Tensors.scalar(output.loss().total()),
                    expected.get("loss").getAsDouble(),
                    relative,
                    absolute);
            for (String view : VIEWS) {
                Map<String, Tensor> parts = output.loss().parts();
                double loss = expected.get("loss_" + view).getAsDouble();
                // The tolerance is stated for the sum; a part may carry all of its error.
                double slack = relative * expected.get("loss").getAsDouble();
                assertClose(step_ + "loss_" + view, Tensors.scalar(parts.get("loss." + view)), loss, relative, slack);
                if (precision == Precision.F64) {
                    String measure = objective instanceof Nce ? "prob." : "logit.";
                    assertClose(
                            step_ + "prob_" + view,
                            Tensors.scalar(parts.get(measure + view)),
                            expected.get("prob_" + view).getAsDouble(),
                            1e-8,
                            0);
                }
            }
            double gradient = norm(StateDict.parameters(encoders).values().stream()
                    .map(Tensor::grad)
                    .toList());
            optimizer.step();
            cmc.commit(output);
            if (precision == Precision.F64) {
                assertClose(
                        step_ + "gradient",
                        gradient,
                        expected.get("grad_total_norm").getAsDouble(),
                        1e-8,
                        0);
                assertClose(
                        step_ + "weights",
                        norm(StateDict.parameters(encoders).values()),
                        expected.get("weight_total_norm").getAsDouble(),
                        1e-8,
                        0);
                if (objective instanceof Nce nce) {
                    double[] params = Goldens.doubles(expected.getAsJsonArray("contrast_params"));
                    for (int v = 0; v < VIEWS.size(); v++) {
                        assertClose(step_ + "Z", nce.constants().get(VIEWS.get(v)), params[2 + v], 1e-9, 0);
                    }
                }
            }
        }

        /** Rounding grows from step to step: ten times what the reference's own two precisions differ by. */
        private double later(int t) {
            double[] measured = Goldens.doubles(
                    golden.getAsJsonObject("total_rel_diff_f32_f64").getAsJsonArray("per_step_loss"));
            return Math.max(1e-5, 10 * measured[t]);
        }

        private static double norm(Iterable<Tensor> tensors) {
            double squares = 0;
            for (Tensor tensor : tensors) {
                squares +=
                        Arrays.stream(Tensors.doubles(tensor)).map(x -> x * x).sum();
            }
            return Math.sqrt(squares);
        }

        private void checkFinal(ViewEncoders encoders, Sgd optimizer, List<NegativeStore> banks) {
            Map<String, Tensor> state = StateDict.of(encoders);
            JsonObject model = golden.getAsJsonObject("final_model");
            assertThat(new ArrayList<>(model.keySet()))
                    .isEqualTo(state.keySet().stream()
                            .map(name -> GoldenEncoder.PREFIX + name)
                            .toList());
            double total = golden.getAsJsonObject("total_rel_diff_f32_f64")
                    .get("model")
                    .getAsDouble();
            if (precision == Precision.F32) {
                // Only norms are given in float32: the total norm must agree as well as the whole model does.
                double expected = Math.sqrt(model.entrySet().stream()
                        .mapToDouble(entry -> entry.getValue()
                                .getAsJsonObject()
                                .get("norm_f32")
                                .getAsDouble())
                        .map(norm -> norm * norm)
                        .sum());
                assertClose("model", norm(state.values()), expected, 10 * total, 0);
                return;
            }
            state.forEach((name, tensor) -> check(name, tensor, model));
            Map<String, Tensor> velocities = new java.util.LinkedHashMap<>();
            Map<?, ?> saved = (Map<?, ?>) optimizer.state().get("state");
            List<String> names = new ArrayList<>(StateDict.parameters(encoders).keySet());
            for (int i = 0; i < names.size(); i++) {
                velocities.put(names.get(i), (Tensor) ((Map<?, ?>) saved.get((long) i)).get("momentum_buffer"));
            }
            velocities.forEach((name, tensor) -> check(name, tensor, golden.getAsJsonObject("final_momentum_buffer")));
            Map<String, Tensor> tensors = SafeTensors.read(Goldens.sibling(file, ".safetensors"));
            for (int v = 0; v < VIEWS.size(); v++) {
                String name = "f64.contrast.memory_" + VIEWS.get(v);
                assertClose(name, banks.get(v).keys(), tensors.get(name), 1e-8);
            }
        }

        private static void check(String name, Tensor tensor, JsonObject golden) {
            JsonObject expected = golden.getAsJsonObject(GoldenEncoder.PREFIX + name);
            double[] actual = Tensors.doubles(tensor);
            double norm = expected.get("norm_f64").getAsDouble();
            assertClose(name, Math.sqrt(Arrays.stream(actual).map(x -> x * x).sum()), norm, 1e-8, 0);
            double[] first = Goldens.doubles(expected.getAsJsonArray("first4_f64"));
            for (int i = 0; i < first.length; i++) {
                assertClose(name + " " + i, actual[i], first[i], 0, 1e-8 * norm);
            }
        }
    }
}
