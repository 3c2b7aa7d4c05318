package io.contrast4j.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.contrast4j.optim.Schedule;
import io.contrast4j.optim.Warmup;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Learning rates of the published trainers, within 1e-12 of each. */
@Tag("golden")
class ScheduleGoldenTest {
    private static final double TOLERANCE = 1e-12;

    @TestFactory
    Stream<DynamicTest> cmc() {
        return Goldens.find("cmc", "lr_schedules*.json")
                .flatMap(file -> Goldens.json(file).getAsJsonObject("tables").entrySet().stream())
                .map(table -> DynamicTest.dynamicTest(
                        table.getKey(), () -> checkCmc(table.getValue().getAsJsonObject())));
    }

    private static void checkCmc(JsonObject table) {
        double base = table.get("lr0").getAsDouble();
        // CMC's scripts count epochs from 1, MoCo's from 0.
        int first = table.get("first_epoch").getAsInt()
                - (table.get("rule").getAsString().startsWith("cmc") ? 1 : 0);
        boolean resumed = table.has("lr_in_optimizer_at_start")
                && !table.get("lr_in_optimizer_at_start").isJsonNull();
        double current = resumed ? table.get("lr_in_optimizer_at_start").getAsDouble() : base;
        check(cmc(table, base), first, current, Goldens.doubles(table.getAsJsonArray("lr")));
    }

    private static void check(Schedule schedule, int first, double start, double[] expected) {
        double current = start;
        for (int i = 0; i < expected.length; i++) {
            current = schedule.at(first + i, 0, 1, current);
            assertThat(current).as("epoch %d", first + i).isCloseTo(expected[i], within(TOLERANCE * expected[i]));
        }
    }

    private static Schedule cmc(JsonObject table, double base) {
        List<Integer> milestones = table.has("milestones") ? integers(table.getAsJsonArray("milestones")) : List.of();
        String rule = table.get("rule").getAsString();
        return switch (rule) {
            case "cmc_step" ->
                step(milestones, table.get("rate").getAsDouble(), Schedule.Resume.KEEP)
                        .build(base, table.get("last_epoch").getAsInt());
            case "moco_step" ->
                step(milestones, 0.1, Schedule.Resume.BASE)
                        .build(base, table.get("epochs").getAsInt());
            case "moco_cosine" -> moco(base, table.get("epochs").getAsInt());
            case "cmc_eval_cosine" -> {
                double share = Math.pow(table.get("rate").getAsDouble(), 3) * 0.1;
                yield cosine(share, Schedule.Last.AT_FLOOR, Optional.empty())
                        .build(base, table.get("epochs").getAsInt());
            }
            default -> throw new AssertionError("no schedule for the rule " + rule);
        };
    }

    private static Schedule.Config step(List<Integer> milestones, double rate, Schedule.Resume resume) {
        return new Schedule.Step.Config(
                milestones, Schedule.Step.Falls.AFTER, rate, resume, Optional.empty(), Optional.empty());
    }

    private static Schedule.Config cosine(double share, Schedule.Last last, Optional<Warmup> warmup) {
        return new Schedule.Cosine.Config(share, Schedule.Cosine.FloorIs.SHARE, last, warmup, Optional.empty());
    }

    private static Schedule moco(double base, int epochs) {
        return cosine(0, Schedule.Last.BEFORE_FLOOR, Optional.empty()).build(base, epochs);
    }

    private static List<Integer> integers(JsonArray array) {
        return Arrays.stream(Goldens.longs(array)).mapToObj(m -> (int) m).toList();
    }

    /** Pre-training and linear classifiers of align-uniform: MoCo's rules. */
    @TestFactory
    Stream<DynamicTest> alignUniform() {
        return Goldens.find("align_uniform", "schedules*.json")
                .map(Goldens::json)
                .flatMap(file -> Stream.of("pretrain", "linear")
                        .filter(file::has)
                        .flatMap(part -> named(part, file.getAsJsonArray(part))))
                .map(test -> DynamicTest.dynamicTest(test.name, () -> {
                    JsonObject table = test.table;
                    double base = table.get("lr").getAsDouble();
                    int epochs = table.get("epochs").getAsInt();
                    boolean isCosine = table.has("cos") && table.get("cos").getAsBoolean();
                    Schedule schedule = isCosine
                            ? moco(base, epochs)
                            : step(integers(table.getAsJsonArray("schedule")), 0.1, Schedule.Resume.BASE)
                                    .build(base, epochs);
                    check(schedule, 0, base, Goldens.doubles(table.getAsJsonArray("lr_by_epoch")));
                }));
    }

    /** The milestones are not read: they follow from the number of epochs. */
    @TestFactory
    Stream<DynamicTest> ring() {
        return Goldens.find("ring", "policies*.json")
                .map(Goldens::json)
                .flatMap(file -> named("lr_callback", file.getAsJsonArray("lr_callback")))
                .map(test -> DynamicTest.dynamicTest(test.name, () -> {
                    JsonObject table = test.table;
                    double base = table.get("initial_lr").getAsDouble();
                    int epochs = table.get("max_epochs").getAsInt();
                    Schedule schedule = table.get("cosine").getAsBoolean()
                            ? moco(base, epochs)
                            : new Schedule.Step.Shares(List.of(0.68, 0.83), 0.1, Optional.empty(), Optional.empty())
                                    .build(base, epochs);
                    check(schedule, 0, base, Goldens.doubles(table.getAsJsonArray("lr_by_epoch")));
                }));
    }

    /** Every epoch, and the steps of the warm-up. */
    @TestFactory
    Stream<DynamicTest> selfCon() {
        return Goldens.find("selfcon", "lr/lr_tables*.json")
                .flatMap(file -> Goldens.json(file).entrySet().stream())
                .map(entry -> DynamicTest.dynamicTest(
                        entry.getKey(), () -> checkSelfCon(entry.getValue().getAsJsonObject())));
    }

    private static void checkSelfCon(JsonObject table) {
        double base = table.get("learning_rate").getAsDouble();
        int epochs = table.get("epochs").getAsInt();
        check(selfCon(table, Optional.empty()).build(base, epochs), 0, base, doubles(table, "epoch_lr"));
        Optional<Warmup> warmup = table.get("warm").getAsBoolean()
                ? Optional.of(new Warmup(
                        table.get("warm_epochs").getAsInt(),
                        table.get("warmup_from").getAsDouble(),
                        Warmup.Shape.LINEAR))
                : Optional.empty();
        Schedule schedule = selfCon(table, warmup).build(base, epochs);
        int batches = table.get("batches_per_epoch").getAsInt();
        JsonArray steps = table.getAsJsonArray("epoch_batch_lr");
        assertThat(!steps.isEmpty() || warmup.isEmpty()).as("has steps").isTrue();
        for (JsonElement element : steps) {
            double[] step = Goldens.doubles(element.getAsJsonArray());
            assertThat(schedule.at((int) step[0] - 1, (int) step[1], batches, base))
                    .as("epoch %.0f, batch %.0f", step[0], step[1])
                    .isCloseTo(step[2], within(TOLERANCE * step[2]));
        }
    }

    /** The rate that a warm-up ends at, as the scripts derive it from their options. */
    @TestFactory
    Stream<DynamicTest> selfConOptions() {
        return Goldens.find("selfcon", "lr/options*.json")
                .flatMap(file -> Goldens.stream(Goldens.json(file).getAsJsonArray("cases")))
                .map(JsonElement::getAsJsonObject)
                .filter(run -> run.getAsJsonObject("options").get("warm").getAsBoolean())
                .map(run -> DynamicTest.dynamicTest(
                        run.get("script").getAsString() + " " + run.get("args").getAsString(),
                        () -> checkWarmup(run.getAsJsonObject("options"))));
    }

    private static void checkWarmup(JsonObject options) {
        double base = options.get("learning_rate").getAsDouble();
        double from = options.get("warmup_from").getAsDouble();
        double to = options.get("warmup_to").getAsDouble();
        int epochs = options.get("epochs").getAsInt();
        int length = options.get("warm_epochs").getAsInt();
        Schedule schedule = selfCon(options, Optional.of(new Warmup(length, from, Warmup.Shape.LINEAR)))
                .build(base, epochs);
        int steps = 7;
        for (int epoch = 0; epoch < Math.min(epochs, length); epoch++) {
            for (int step = 0; step < steps; step++) {
                double share = (epoch * steps + step) / (double) (length * steps);
                double expected = from + share * (to - from);
                assertThat(schedule.at(epoch, step, steps, base))
                        .as("epoch %d, step %d", epoch, step)
                        .isCloseTo(expected, within(TOLERANCE * expected));
            }
        }
    }

    private static Schedule.Config selfCon(JsonObject table, Optional<Warmup> warmup) {
        double rate = table.get("lr_decay_rate").getAsDouble();
        return table.get("cosine").getAsBoolean()
                ? cosine(Math.pow(rate, 3), Schedule.Last.AT_FLOOR, warmup)
                : new Schedule.Step.Config(
                        integers(table.getAsJsonArray("lr_decay_epochs")),
                        Schedule.Step.Falls.AFTER,
                        rate,
                        Schedule.Resume.BASE,
                        warmup,
                        Optional.empty());
    }

    private static double[] doubles(JsonObject table, String name) {
        return Goldens.doubles(table.getAsJsonArray(name));
    }

    private record Named(String name, JsonObject table) {}

    private static Stream<Named> named(String part, JsonArray tables) {
        AtomicInteger number = new AtomicInteger();
        return Goldens.stream(tables)
                .map(table -> new Named(part + " " + number.incrementAndGet(), table.getAsJsonObject()));
    }
}
