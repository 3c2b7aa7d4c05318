package io.contrast4j.golden;

import static io.contrast4j.golden.Precision.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.contrast4j.negatives.AllRows;
import io.contrast4j.negatives.Anchor;
import io.contrast4j.negatives.Draws;
import io.contrast4j.negatives.FeatureQueue;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.objective.Loss;
import io.contrast4j.objective.Nce;
import io.contrast4j.objective.Objective;
import io.contrast4j.objective.Scores;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** CMC's MoCo: scores against a queue, both losses, gradients and the queue of successive steps. */
@Tag("golden")
class MocoQueueGoldenTest {
    @TestFactory
    Stream<DynamicTest> queues() {
        return Goldens.find("cmc", "nce/moco_*.json")
                .flatMap(file -> Stream.of(Precision.values())
                        .map(precision -> DynamicTest.dynamicTest(
                                file.getFileName() + " " + precision, () -> check(file, precision))));
    }

    private static void check(Path file, Precision precision) {
        JsonObject golden = Goldens.json(file);
        JsonObject config = golden.getAsJsonObject("config");
        double temperature = config.get("T").getAsDouble();
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Map<String, Tensor> tensors = Goldens.tensors(file);
            Tensor start = tensors.get("memory_init");
            Objective objective =
                    ContrastGolden.objective(config.get("softmax").getAsBoolean(), temperature, Nce.Constant.TRUNCATED);
            try (FeatureQueue queue = new FeatureQueue(
                    new FeatureQueue.Config(config.get("K").getAsInt()),
                    config.get("n").getAsLong(),
                    start.size(1),
                    precision.type,
                    Goldens.device())) {
                queue.restore(Map.of("queue", start, "position", 0L), file.toString());
                for (int t = 0; t < golden.getAsJsonArray("steps").size(); t++) {
                    JsonObject step = golden.getAsJsonArray("steps").get(t).getAsJsonObject();
                    step(queue, objective, temperature, tensors, t, step, precision);
                }
            }
        }
    }

    private static void step(
            FeatureQueue queue,
            Objective objective,
            double temperature,
            Map<String, Tensor> tensors,
            int t,
            JsonObject step,
            Precision precision) {
        String prefix = "step" + t + ".";
        Tensor q = tensors.get(prefix + "q").to(precision.type).clone().set_requires_grad(true);
        Tensor k = tensors.get(prefix + "k").to(precision.type);
        Tensor items = Tensors.of(new long[(int) q.size(0)], q.size(0));
        assertThat(queue.position()).isEqualTo(step.get("index_before").getAsLong());

        Scores scores = new AllRows()
                .select(new Anchor("q", q, Optional.of(k), items), queue, new StepContext(t, 1, 1, Draws.keyed(1, t)));
        if (t == 0 && objective instanceof Nce kept) {
            Nce exact = new Nce(new Nce.Config(temperature));
            exact.ratios(scores);
            double z = step.get("untruncated_Z").getAsDouble();
            assertClose("Z", exact.constants().get("q"), z, precision.of(1e-9, 1e-5), 0);
            kept.ratios(scores);
            // The reference keeps Z as a whole number.
            assertThat(kept.constants().get("q"))
                    .isEqualTo(step.getAsJsonArray("params").get(0).getAsDouble());
        }
        Loss loss = objective.of(List.of(scores));
        loss.total().backward();

        assertClose(
                prefix + "out", ContrastGolden.out(objective, scores, temperature), tensors.get(prefix + "out"), 1e-5);
        assertClose(prefix + "grad_q", q.grad(), tensors.get(prefix + "grad_q"), 1e-5);
        ContrastGolden.checkLoss(Tensors.scalar(loss.total()), step, precision);
        String measure = objective instanceof Nce ? "prob.q" : "logit.q";
        assertClose(
                "prob",
                Tensors.scalar(loss.parts().get(measure)),
                step.get("prob").getAsDouble(),
                1e-5,
                1e-7);

        queue.commit(k, items);
        assertThat(queue.position()).isEqualTo(step.get("index_after").getAsLong());
        if (tensors.containsKey(prefix + "memory_after")) {
            assertClose(prefix + "queue", queue.keys(), tensors.get(prefix + "memory_after"), 1e-6);
        }
    }
}
