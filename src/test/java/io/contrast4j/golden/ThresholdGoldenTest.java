package io.contrast4j.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.contrast4j.negatives.Draws;
import io.contrast4j.negatives.Measure;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.negatives.Threshold;
import io.contrast4j.spec.UserError;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Schedules of the outer threshold; where the published step schedule is too short or above 1, the intended one. */
@Tag("golden")
class ThresholdGoldenTest {
    private static final Draws NONE = (rows, columns, n) -> {
        throw new IllegalStateException("a threshold draws nothing");
    };

    @TestFactory
    Stream<DynamicTest> schedules() {
        return Goldens.find("ring", "policies*.json")
                .flatMap(file -> Stream.of("linear", "step", "exponential").flatMap(type -> cases(file, type)));
    }

    private static Stream<DynamicTest> cases(Path file, String type) {
        return Goldens.stream(Goldens.json(file).getAsJsonArray(type))
                .map(JsonElement::getAsJsonObject)
                .map(golden -> DynamicTest.dynamicTest(
                        type + " " + golden.get("total_steps") + " " + golden.get("max_anneal_step") + " "
                                + golden.get("params"),
                        () -> checkSchedule(type, golden)));
    }

    private static void checkSchedule(String type, JsonObject golden) {
        long steps = golden.get("total_steps").getAsLong();
        JsonObject params = golden.getAsJsonObject("params");
        double from = number(params, "init_thres", 1);
        double to = number(params, "min_thres", 0.1);
        double epochs = golden.get("max_anneal_step").getAsDouble();
        Threshold threshold = switch (type) {
            case "linear" -> new Threshold.Linear(from, to, epochs).build();
            case "step" -> new Threshold.Steps(from, to, number(params, "step_size", 0.1), epochs).build();
            default -> new Threshold.Exponential(from, to, number(params, "decay", 0.1), epochs).build();
        };
        if (golden.has("error")) {
            assertThatThrownBy(() -> threshold.at(new StepContext(0, 1, steps, NONE)))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("the training has only " + steps);
            return;
        }
        double[] expected = Goldens.doubles(golden.getAsJsonArray("schedule"));
        long length = golden.has("intended_schedule_length")
                ? golden.get("intended_schedule_length").getAsLong()
                : expected.length;
        // Beyond its end a schedule holds its last value.
        for (int step = 0; step < length + 5; step++) {
            boolean given = step < expected.length;
            double padding = golden.has("intended_pad_value")
                    ? golden.get("intended_pad_value").getAsDouble()
                    : to;
            // The annealing of the full length ends before its end point.
            assertThat(threshold.at(new StepContext(step, 1, steps, NONE)))
                    .as("step %d", step)
                    .isCloseTo(Math.min(1, given ? expected[step] : padding), within(1e-12));
        }
    }

    private static double number(JsonObject params, String name, double otherwise) {
        return params.has(name) ? params.get(name).getAsDouble() : otherwise;
    }

    @TestFactory
    Stream<DynamicTest> adaptive() {
        return Goldens.find("ring", "policies*.json")
                .flatMap(file -> Goldens.stream(Goldens.json(file).getAsJsonArray("adaptive")))
                .map(JsonElement::getAsJsonObject)
                .map(golden -> DynamicTest.dynamicTest(
                        golden.get("kind") + " " + golden.get("params"), () -> checkAdaptive(golden)));
    }

    private static void checkAdaptive(JsonObject golden) {
        JsonObject params = golden.getAsJsonObject("params");
        Measure measure = params.get("lower_is_better").getAsBoolean() ? Measure.LOSS : Measure.ACCURACY;
        Threshold threshold = new Threshold.Adaptive(
                        number(params, "max_thres", 1),
                        number(params, "min_thres", 0.1),
                        measure,
                        number(params, "delta", 0),
                        params.get("window").getAsInt())
                .build();
        assertThat(threshold.follows()).contains(measure);
        StepContext any = new StepContext(0, 1, 1, NONE);
        assertThat(threshold.at(any)).isEqualTo(number(params, "init_thres", 1));
        double[] metrics = Goldens.doubles(golden.getAsJsonArray("metrics"));
        double[] after = Goldens.doubles(golden.getAsJsonArray("threshold_after"));
        for (int i = 0; i < metrics.length; i++) {
            threshold.observe(metrics[i]);
            assertThat(threshold.at(any)).as("metric %d", i).isCloseTo(after[i], within(1e-12));
        }
    }

    @TestFactory
    Stream<DynamicTest> constant() {
        return Goldens.find("ring", "policies*.json")
                .flatMap(file -> Goldens.stream(Goldens.json(file).getAsJsonArray("constant")))
                .map(JsonElement::getAsJsonObject)
                .map(golden -> DynamicTest.dynamicTest(golden.toString(), () -> {
                    Threshold threshold =
                            new Threshold.Constant(golden.get("init").getAsDouble()).build();
                    golden.getAsJsonObject("at")
                            .entrySet()
                            .forEach(at -> assertThat(
                                            threshold.at(new StepContext(Long.parseLong(at.getKey()), 1, 1, NONE)))
                                    .isEqualTo(at.getValue().getAsDouble()));
                }));
    }

    @TestFactory
    Stream<DynamicTest> lengthOfAnnealing() {
        return Goldens.find("ring", "policies*.json")
                .flatMap(file -> Goldens.stream(Goldens.json(file).getAsJsonArray("annealing_steps")))
                .map(JsonElement::getAsJsonObject)
                .map(golden -> DynamicTest.dynamicTest(golden.toString(), () -> {
                    long perEpoch = golden.get("steps_per_epoch").getAsLong();
                    long steps = golden.get("total_steps").getAsLong();
                    long end = golden.get("max_anneal_step").getAsLong();
                    // Nearly flat, so that its end is seen: the last step of the annealing is above what follows.
                    Threshold threshold = new Threshold.Exponential(
                                    1, 0.1, 1e-9, golden.get("max_anneal_epoch").getAsDouble())
                            .build();
                    assertThat(threshold.at(new StepContext(end - 1, perEpoch, steps, NONE)))
                            .isGreaterThan(0.9);
                    assertThat(threshold.at(new StepContext(end, perEpoch, steps, NONE)))
                            .isEqualTo(0.1);
                }));
    }
}
