package io.contrast4j.golden;

import static io.contrast4j.golden.Precision.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.contrast4j.method.Cmc;
import io.contrast4j.method.InsDis;
import io.contrast4j.method.Method;
import io.contrast4j.method.Moco;
import io.contrast4j.negatives.AllRows;
import io.contrast4j.negatives.Draws;
import io.contrast4j.negatives.FeatureQueue;
import io.contrast4j.negatives.MemoryBank;
import io.contrast4j.negatives.NegativeStore;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.negatives.UniformSample;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.MomentumEncoder;
import io.contrast4j.nn.ResNet;
import io.contrast4j.nn.ViewEncoders;
import io.contrast4j.objective.InfoNce;
import io.contrast4j.objective.Nce;
import io.contrast4j.objective.Objective;
import io.contrast4j.optim.Sgd;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.OneThread;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
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

/** Five steps of real training of CMC, InsDis and MoCo: encoders, stores, loss and SGD, against the published implementation. */
@Tag("golden")
@ExtendWith(OneThread.class)
class TrajectoryGoldenTest {
    private static final int SIDE = 224;

    @TestFactory
    Stream<DynamicTest> trajectories() {
        return Goldens.find("cmc", "trajectory/*.json")
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
        private final String kind;
        /** The names of the directed pairs here, by what their numbers end in in the file. */
        private final Map<String, String> pairs;

        private final Map<String, NegativeStore> stores = new LinkedHashMap<>();
        private final Objective objective;

        Case(Path file, Precision precision) {
            this.file = file;
            this.golden = Goldens.json(file);
            this.config = golden.getAsJsonObject("config");
            this.precision = precision;
            this.numbers = precision == Precision.F64 ? "f64" : "f32";
            this.fill = new Fill(golden.get("salt").getAsString());
            this.kind = golden.get("kind").getAsString();
            Map<String, String> names = new LinkedHashMap<>();
            if (isCmc()) {
                names.put("_l", "l");
                names.put("_ab", "ab");
            } else {
                names.put("", isMoco() ? "q" : "memory");
            }
            this.pairs = names;
            // CMC and InsDis keep T in float32; MoCo truncates Z to a whole number.
            double temperature =
                    isMoco() ? config.get("T").getAsDouble() : config.get("T").getAsFloat();
            this.objective = config.get("softmax").getAsBoolean()
                    ? new InfoNce(new InfoNce.Config(temperature))
                    : new Nce(new Nce.Config(temperature, isMoco() ? Nce.Constant.TRUNCATED : Nce.Constant.EXACT));
        }

        private boolean isCmc() {
            return kind.equals("cmc");
        }

        private boolean isMoco() {
            return kind.equals("moco");
        }

        void run() {
            int depth = Integer.parseInt(golden.get("model").getAsString().replaceAll(".*resnet", ""));
            ResNet.Config network = new ResNet.Config(
                    depth, config.get("width").getAsDouble(), config.get("dim").getAsInt());
            try (Arena arena = new Arena();
                    Scope scope = Scope.open()) {
                if (isCmc()) {
                    ViewEncoders encoders = arena.own(() -> new ViewEncoders(network, List.of(1, 2)));
                    encoders.to(Goldens.device(), precision.type, false);
                    fill(fill, encoders);
                    List<NegativeStore> banks = List.of(bank("memory_l"), bank("memory_ab"));
                    UniformSample selector = new UniformSample(config.get("K").getAsInt());
                    Tensor images = images("input");
                    train(
                            new Cmc(new Cmc.Config(), List.of("l", "ab"), encoders, banks, selector, objective),
                            encoders,
                            List.of(images.narrow(1, 0, 1), images.narrow(1, 1, 2)),
                            Optional.empty());
                    return;
                }
                Backbone backbone = arena.own(() -> network.build(3));
                backbone.module().to(Goldens.device(), precision.type, false);
                fill(fill, backbone.module());
                if (isMoco()) {
                    moco(network, backbone);
                } else {
                    UniformSample selector = new UniformSample(config.get("K").getAsInt());
                    train(
                            new InsDis(backbone, bank("memory"), selector, objective),
                            backbone.module(),
                            List.of(images("input")),
                            Optional.empty());
                }
            }
        }

        private void moco(ResNet.Config network, Backbone online) {
            MomentumEncoder.Config following =
                    new MomentumEncoder.Config(config.get("alpha").getAsDouble(), MomentumEncoder.Buffers.OWN);
            MomentumEncoder momentum = new MomentumEncoder(following, online, () -> {
                Backbone twin = network.build(3);
                twin.module().to(Goldens.device(), precision.type, false);
                return twin;
            });
            Module keys = momentum.network().module();
            Map<String, Tensor> buffers = StateDict.of(keys);
            buffers.keySet().removeAll(StateDict.parameters(keys).keySet());
            fill(new Fill(golden.get("salt").getAsString() + "ema:"), buffers);
            int shards = config.has("virtual_devices")
                    ? config.get("virtual_devices").getAsInt()
                    : 1;
            Moco.Config settings = new Moco.Config(
                    following.momentum(), following.buffers(), Moco.Update.AFTER_STEP, shards, false, Optional.empty());
            train(
                    new Moco(settings, online, momentum, queue(), new AllRows(), objective),
                    online.module(),
                    List.of(images("input_q"), images("input_k")),
                    Optional.of(keys));
        }

        private void train(Method method, Module module, List<Tensor> images, Optional<Module> keys) {
            Sgd.Config sgd = new Sgd.Config(
                    config.get("lr").getAsDouble(),
                    config.get("sgd_momentum").getAsDouble(),
                    config.get("weight_decay").getAsDouble(),
                    false);
            try (method;
                    Sgd optimizer = new Sgd(sgd, StateDict.parameters(module).values())) {
                JsonArray steps = golden.getAsJsonArray("steps");
                for (int t = 0; t < steps.size(); t++) {
                    step(t, steps.get(t).getAsJsonObject(), method, optimizer, module, images);
                }
                checkFinal(module, optimizer, keys);
            }
        }

        private void fill(Fill rule, Module module) {
            fill(rule, StateDict.of(module));
        }

        private void fill(Fill rule, Map<String, Tensor> tensors) {
            try (NoGrad noGrad = NoGrad.open()) {
                tensors.forEach((name, tensor) ->
                        tensor.copy_(rule.tensor(GoldenEncoder.PREFIX + name, precision.type, Tensors.shape(tensor))));
            }
        }

        private NegativeStore bank(String name) {
            int n = config.get("n_data").getAsInt();
            int dim = config.get("dim").getAsInt();
            MemoryBank.Config settings =
                    new MemoryBank.Config(config.get("memory_momentum").getAsFloat());
            NegativeStore bank = settings.build(n, dim, precision.type, Goldens.device());
            bank.restore(Map.of("memory", unitRows(name, n, dim)), file.toString());
            stores.put(name, bank);
            return bank;
        }

        private NegativeStore queue() {
            int size = config.get("K").getAsInt();
            int dim = config.get("dim").getAsInt();
            NegativeStore queue = new FeatureQueue.Config(size)
                    .build(config.get("n_data").getAsInt(), dim, precision.type, Goldens.device());
            queue.restore(Map.of("queue", unitRows("memory", size, dim), "position", 0L), file.toString());
            stores.put("memory", queue);
            return queue;
        }

        private Tensor unitRows(String name, int n, int dim) {
            float[] rows = fill.values(name, n, dim);
            for (int row = 0; row < n; row++) {
                double squares = 0;
                for (int d = 0; d < dim; d++) {
                    squares += (double) rows[row * dim + d] * rows[row * dim + d];
                }
                for (int d = 0; d < dim; d++) {
                    rows[row * dim + d] = (float) (rows[row * dim + d] / Math.sqrt(squares));
                }
            }
            return Goldens.here(Tensors.of(rows, n, dim));
        }

        /** A coarse pattern, each value over 32×32 pixels, plus half a fine one, in float32. */
        private Tensor images(String name) {
            int batch = config.get("batch").getAsInt();
            float[] coarse = fill.values(name + ".coarse", batch, 3, 7, 7);
            float[] fine = fill.values(name + ".fine", batch, 3, SIDE, SIDE);
            float[] pixels = new float[fine.length];
            for (int plane = 0; plane < batch * 3; plane++) {
                for (int i = 0; i < SIDE; i++) {
                    for (int j = 0; j < SIDE; j++) {
                        int at = (plane * SIDE + i) * SIDE + j;
                        pixels[at] = coarse[(plane * 7 + i / 32) * 7 + j / 32] + 0.5f * fine[at];
                    }
                }
            }
            return Goldens.here(Tensors.of(pixels, batch, 3, SIDE, SIDE).to(precision.type));
        }

        /** The draws that the file gives. */
        private static Draws given(JsonObject given) {
            return new Draws() {
                @Override
                public Tensor items(long rows, long columns, long n) {
                    JsonArray table = given.getAsJsonArray("idx");
                    long[] idx = Goldens.stream(table)
                            .flatMapToLong(row -> Arrays.stream(Goldens.longs(row.getAsJsonArray())))
                            .toArray();
                    return Tensors.of(idx, rows, idx.length / rows).narrow(1, 1, columns);
                }

                @Override
                public Tensor permutation(long n) {
                    return Tensors.of(Goldens.longs(given.getAsJsonArray("shuffle")), n);
                }
            };
        }

        private void step(int t, JsonObject step, Method method, Sgd optimizer, Module module, List<Tensor> images) {
            JsonObject given = step.getAsJsonObject("given");
            JsonObject expected = step.getAsJsonObject(numbers);
            // MoCo asks for no positions in the data set.
            long[] y = given.has("y")
                    ? Goldens.longs(given.getAsJsonArray("y"))
                    : new long[config.get("batch").getAsInt()];
            Tensor indices = Tensors.of(y, y.length);

            Method.Output output = method.forward(
                    new Method.Input(images, Goldens.here(indices), indices), new StepContext(t, 1, 1, given(given)));
            optimizer.zeroGrad();
            output.loss().total().backward();
            double relative = precision.of(1e-9, t < 2 ? 1e-5 : later());
            double absolute = precision.of(0, expected.get("loss").getAsDouble() < 0.01 ? 1e-6 : 0);
            String name = "step " + t + " ";
            double total = expected.get("loss").getAsDouble();
            assertClose(name + "loss", Tensors.scalar(output.loss().total()), total, relative, absolute);
            Map<String, Tensor> parts = output.loss().parts();
            pairs.forEach((ending, pair) -> {
                double loss = expected.get("loss" + ending).getAsDouble();
                // The tolerance is stated for the sum; a part may carry all of its error.
                double slack = relative * total + absolute;
                assertClose(name + pair, Tensors.scalar(parts.get("loss." + pair)), loss, relative, slack);
                if (precision == Precision.F64) {
                    String measure = objective instanceof Nce ? "prob." : "logit.";
                    double prob = expected.get("prob" + ending).getAsDouble();
                    assertClose(name + "prob " + pair, Tensors.scalar(parts.get(measure + pair)), prob, 1e-8, 0);
                }
            });
            double gradient = norm(StateDict.parameters(module).values().stream()
                    .map(Tensor::grad)
                    .toList());
            optimizer.step();
            method.commit(output);
            if (expected.has("queue_index_after")) {
                assertThat(((FeatureQueue) stores.get("memory")).position())
                        .isEqualTo(expected.get("queue_index_after").getAsLong());
            }
            if (precision == Precision.F64) {
                assertClose(
                        name + "gradient",
                        gradient,
                        expected.get("grad_total_norm").getAsDouble(),
                        1e-8,
                        0);
                assertClose(
                        name + "weights",
                        norm(StateDict.parameters(module).values()),
                        expected.get("weight_total_norm").getAsDouble(),
                        1e-8,
                        0);
                if (objective instanceof Nce nce) {
                    double[] params = Goldens.doubles(expected.getAsJsonArray("contrast_params"));
                    int first = isMoco() ? 0 : 2;
                    for (String pair : pairs.values()) {
                        assertClose(name + "Z", nce.constants().get(pair), params[first++], 1e-9, 0);
                    }
                }
            }
        }

        /**
         * Rounding grows from step to step. What the reference's own two precisions differ by at most is one such difference;
         * the number of threads alone can turn an activation near zero on or off and make one that is many times as large,
         * at least some 1e-4. The strict check is that of float64.
         */
        private double later() {
            double[] measured = Goldens.doubles(
                    golden.getAsJsonObject("total_rel_diff_f32_f64").getAsJsonArray("per_step_loss"));
            return Math.max(1e-3, 50 * Arrays.stream(measured).max().orElseThrow());
        }

        private static double norm(Iterable<Tensor> tensors) {
            double squares = 0;
            for (Tensor tensor : tensors) {
                squares +=
                        Arrays.stream(Tensors.doubles(tensor)).map(x -> x * x).sum();
            }
            return Math.sqrt(squares);
        }

        private void checkFinal(Module module, Sgd optimizer, Optional<Module> keys) {
            Map<String, Tensor> state = StateDict.of(module);
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
                assertClose("model", norm(state.values()), expected, Math.max(1e-4, 10 * total), 0);
                return;
            }
            state.forEach((name, tensor) -> check(name, tensor, model));
            keys.ifPresent(network -> StateDict.of(network)
                    .forEach((name, tensor) -> check(name, tensor, golden.getAsJsonObject("final_ema_model"))));
            Map<?, ?> saved = (Map<?, ?>) optimizer.state().get("state");
            List<String> names = new ArrayList<>(StateDict.parameters(module).keySet());
            for (int i = 0; i < names.size(); i++) {
                Tensor velocity = (Tensor) ((Map<?, ?>) saved.get((long) i)).get("momentum_buffer");
                check(names.get(i), velocity, golden.getAsJsonObject("final_momentum_buffer"));
            }
            Map<String, Tensor> tensors = Goldens.tensors(file);
            stores.forEach(
                    (name, store) -> assertClose(name, store.rows().all(), tensors.get("f64.contrast." + name), 1e-8));
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
