package io.contrast4j.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import io.contrast4j.optim.Schedule;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

@Tag("golden")
class ScheduleGoldenTest {
    @TestFactory
    Stream<DynamicTest> learningRates() {
        return Goldens.find("cmc", "lr_schedules*.json")
                .flatMap(file -> Goldens.json(file).getAsJsonObject("tables").entrySet().stream())
                .map(table -> DynamicTest.dynamicTest(
                        table.getKey(), () -> check(table.getValue().getAsJsonObject())));
    }

    private static void check(JsonObject table) {
        double[] expected = Goldens.doubles(table.getAsJsonArray("lr"));
        double base = table.get("lr0").getAsDouble();
        Schedule schedule = schedule(table, base);
        // CMC's scripts count epochs from 1, MoCo's from 0.
        int first = table.get("first_epoch").getAsInt()
                - (table.get("rule").getAsString().startsWith("cmc") ? 1 : 0);
        boolean resumed = table.has("lr_in_optimizer_at_start")
                && !table.get("lr_in_optimizer_at_start").isJsonNull();
        double current = resumed ? table.get("lr_in_optimizer_at_start").getAsDouble() : base;
        for (int i = 0; i < expected.length; i++) {
            current = schedule.at(first + i, current);
            assertThat(current).as("epoch %d", first + i).isCloseTo(expected[i], within(1e-12 * expected[i]));
        }
    }

    private static Schedule schedule(JsonObject table, double base) {
        List<Integer> milestones = table.has("milestones")
                ? Arrays.stream(Goldens.longs(table.getAsJsonArray("milestones")))
                        .mapToObj(m -> (int) m)
                        .toList()
                : List.of();
        String rule = table.get("rule").getAsString();
        return switch (rule) {
            case "cmc_step" ->
                new Schedule.Step.Config(milestones, table.get("rate").getAsDouble(), Schedule.Resume.KEEP)
                        .build(base, table.get("last_epoch").getAsInt());
            case "moco_step" ->
                new Schedule.Step.Config(milestones, 0.1, Schedule.Resume.BASE)
                        .build(base, table.get("epochs").getAsInt());
            case "moco_cosine" ->
                new Schedule.Cosine.Config(0, Schedule.Last.BEFORE_FLOOR)
                        .build(base, table.get("epochs").getAsInt());
            case "cmc_eval_cosine" ->
                new Schedule.Cosine.Config(
                                base * Math.pow(table.get("rate").getAsDouble(), 3) * 0.1, Schedule.Last.AT_FLOOR)
                        .build(base, table.get("epochs").getAsInt());
            default -> throw new AssertionError("no schedule for the rule " + rule);
        };
    }
}
