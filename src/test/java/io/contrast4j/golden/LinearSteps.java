package io.contrast4j.golden;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.contrast4j.data.Batch;
import io.contrast4j.eval.FeatureSource;
import io.contrast4j.eval.FrozenEncoder;
import io.contrast4j.eval.LinearEvaluation;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.Classifier;
import io.contrast4j.nn.LinearHead;
import io.contrast4j.optim.Schedule;
import io.contrast4j.optim.Sgd;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** A linear classifier on a published encoder, trained step by step: each step is an epoch of one batch. */
final class LinearSteps implements AutoCloseable {
    static final String OUTPUT = "pooled";

    /** Nothing is told, and nothing stops it. */
    static final LinearEvaluation.Watch WATCH = new LinearEvaluation.Watch() {
        @Override
        public boolean isToStop() {
            return false;
        }

        @Override
        public void step(long pictures) {}
    };

    private final Precision precision;
    private final Arena arena = new Arena();
    private final Backbone network;
    private final FrozenEncoder encoder;
    private final LinearEvaluation evaluation;

    /** @param weight what the classifier starts from, with a bias of 0 */
    LinearSteps(Path file, Precision precision, FrozenEncoder.Mode mode, Sgd.Config rule, Tensor weight) {
        this.precision = precision;
        Device device = arena.own(Goldens::device);
        this.network = arena.own(() -> TorchvisionGoldenTest.loaded(file, precision));
        this.encoder = new FrozenEncoder(
                Map.of(0, network), Map.of(OUTPUT, LinearHead.Plan.flat(LinearHead.Spelling.RESNET)), mode, device);
        this.evaluation = new LinearEvaluation(
                plan(rule, 100),
                new LinearEvaluation.Setting(
                        Map.of(OUTPUT, weight.size(1)), Math.toIntExact(weight.size(0)), precision.type, device, 1));
        start(evaluation, OUTPUT, weight, Optional.empty());
    }

    static LinearEvaluation.Plan plan(Sgd.Config rule, int epochs) {
        Schedule.Config constant = new Schedule.Step.Config(
                List.of(), Schedule.Step.Falls.AFTER, 0.1, Schedule.Resume.BASE, Optional.empty(), Optional.empty());
        return new LinearEvaluation.Plan(
                Classifier.LINEAR,
                Classifier.Norm.NONE,
                Classifier.Start.NORMAL,
                List.of(rule.learningRate()),
                epochs,
                16,
                List.of(),
                rule,
                constant);
    }

    static void start(LinearEvaluation evaluation, String output, Tensor weight, Optional<Tensor> bias) {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Map<String, Tensor> live = evaluation.classifier(output, 0);
            live.get("fc.weight").copy_(weight);
            live.get("fc.bias").zero_();
            bias.ifPresent(values -> live.get("fc.bias").copy_(values));
        }
    }

    LinearEvaluation evaluation() {
        return evaluation;
    }

    FrozenEncoder encoder() {
        return encoder;
    }

    Module network() {
        return network.module();
    }

    /** One step on a batch, and a test on others. */
    LinearEvaluation.Outcome step(JsonObject input, JsonArray... tested) {
        List<JsonObject> asked = new ArrayList<>();
        for (JsonArray some : tested) {
            Goldens.stream(some).map(JsonElement::getAsJsonObject).forEach(asked::add);
        }
        return evaluation
                .epoch(source(List.of(input), FrozenEncoder::training), source(asked, FrozenEncoder::evaluation), WATCH)
                .get(0);
    }

    /** A batch by its name, of some of its first rows. */
    Batch batch(JsonObject input) {
        long[] shape = Goldens.longs(input.getAsJsonArray("shape"));
        long[] labels = Goldens.longs(input.getAsJsonArray("labels"));
        Tensor images = Fill.noise(input.get("name").getAsString(), precision.type, shape)
                .narrow(0, 0, labels.length)
                .clone();
        return new Batch(
                List.of(images),
                Goldens.here(Tensors.of(labels, labels.length)),
                Tensors.of(new long[labels.length], labels.length));
    }

    private FeatureSource source(
            List<JsonObject> inputs, BiFunction<FrozenEncoder, Batch, Map<String, Tensor>> vectors) {
        return new FeatureSource() {
            @Override
            public int batches() {
                return inputs.size();
            }

            @Override
            public void pass(long epoch, BooleanSupplier stop, Taker taker) {
                for (int i = 0; i < inputs.size(); i++) {
                    try (Scope scope = Scope.open();
                            Batch batch = batch(inputs.get(i))) {
                        taker.take(i, vectors.apply(encoder, batch), batch.labels());
                    }
                }
            }

            @Override
            public void requireSame() {
                encoder.requireUnchanged();
            }
        };
    }

    @Override
    public void close() {
        evaluation.close();
        arena.close();
    }
}
