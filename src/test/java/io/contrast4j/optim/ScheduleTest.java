package io.contrast4j.optim;

import static io.contrast4j.optim.Schedule.Cosine.FloorIs.RATE;
import static io.contrast4j.optim.Schedule.Cosine.FloorIs.SHARE;
import static io.contrast4j.optim.Schedule.Step.Falls.AFTER;
import static io.contrast4j.optim.Schedule.Step.Falls.AT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.spec.InvalidValues;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    @Test
    void beforeTheFirstMilestoneAResumedRunKeepsOrDropsItsRate() {
        Schedule keep = new Schedule.Step(1, List.of(3), 0.1, Schedule.Resume.KEEP);
        Schedule base = new Schedule.Step(1, List.of(3), 0.1, Schedule.Resume.BASE);
        assertThat(keep.at(2, 0, 1, 0.7)).isEqualTo(0.7);
        assertThat(base.at(2, 0, 1, 0.7)).isEqualTo(1);
        assertThat(keep.at(3, 0, 1, 0.7)).isCloseTo(0.1, within(1e-15));
        assertThat(base.at(3, 0, 1, 0.7)).isCloseTo(0.1, within(1e-15));
    }

    @Test
    void withoutMilestonesTheRateStays() {
        Schedule schedule = new Schedule.Step(0.5, List.of(), 0.1, Schedule.Resume.BASE);
        assertThat(schedule.at(0, 0, 1, 0.5)).isEqualTo(0.5);
        assertThat(schedule.at(1000, 0, 1, 0.5)).isEqualTo(0.5);
    }

    @Test
    void aMilestoneGivenTwiceCountsTwice() {
        Schedule schedule = new Schedule.Step(8, List.of(0, 2, 2), 0.5, Schedule.Resume.KEEP);
        assertThat(schedule.at(0, 0, 1, 8)).isEqualTo(4);
        assertThat(schedule.at(2, 0, 1, 4)).isEqualTo(1);
    }

    @Test
    void theCosineFallsFromBaseToFloor() {
        Schedule schedule = new Schedule.Cosine(1, 0.2, Schedule.Last.BEFORE_FLOOR, 10);
        assertThat(schedule.at(0, 0, 1, 99)).isEqualTo(1);
        assertThat(schedule.at(5, 0, 1, 99)).isCloseTo(0.6, within(1e-15));
        for (int epoch = 1; epoch < 10; epoch++) {
            assertThat(schedule.at(epoch, 0, 1, 0))
                    .isLessThan(schedule.at(epoch - 1, 0, 1, 0))
                    .isGreaterThan(0.2);
        }
        assertThat(new Schedule.Cosine(1, 0.2, Schedule.Last.AT_FLOOR, 10).at(9, 0, 1, 0))
                .isCloseTo(0.2, within(1e-15));
        assertThat(new Schedule.Cosine(1, 0, Schedule.Last.BEFORE_FLOOR, 1).at(0, 0, 1, 0))
                .isEqualTo(1);
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> new Schedule.Step.Config(
                        List.of(5, 3), AFTER, 0, Schedule.Resume.KEEP, Optional.empty(), Optional.empty()))
                .isInstanceOf(InvalidValues.class)
                .hasMessage("milestones = [5, 3] must be in ascending order; rate = 0 must be greater than 0");
        assertThatThrownBy(() ->
                        new Schedule.Cosine.Config(-1, RATE, Schedule.Last.AT_FLOOR, Optional.empty(), Optional.of(0)))
                .isInstanceOf(InvalidValues.class)
                .hasMessage("floor = -1 must be at least 0; referenceBatch = 0 must be at least 1");
    }

    private static Schedule.Config step(Schedule.Step.Falls falls, Optional<Warmup> warmup) {
        return new Schedule.Step.Config(List.of(3, 5), falls, 0.1, Schedule.Resume.BASE, warmup, Optional.of(256));
    }

    @Test
    void theTwoConventionsAreAnEpochApart() {
        Schedule after = step(AFTER, Optional.empty()).build(1, 10);
        Schedule at = step(AT, Optional.empty()).build(1, 10);
        // Epoch 3 counted from 1 is the one with two epochs before it.
        assertThat(after.at(2, 0, 1, 1)).isEqualTo(1);
        assertThat(at.at(2, 0, 1, 1)).isCloseTo(0.1, within(1e-15));
        for (int epoch = 0; epoch < 9; epoch++) {
            assertThat(at.at(epoch, 0, 1, 1)).isEqualTo(after.at(epoch + 1, 0, 1, 1));
        }
    }

    @Test
    void aLinearWarmupRisesInEveryStepAndJoinsTheSchedule() {
        Warmup warmup = new Warmup(2, 0.1, Warmup.Shape.LINEAR);
        Schedule schedule = step(AFTER, Optional.of(warmup)).build(1, 10);
        double[] expected = {0.1, 0.25, 0.4, 0.55, 0.7, 0.85};
        for (int step = 0; step < 6; step++) {
            assertThat(schedule.at(step / 3, step % 3, 3, 99)).isCloseTo(expected[step], within(1e-15));
        }
        assertThat(schedule.at(2, 0, 3, 0.85)).isEqualTo(1);
        assertThat(schedule.at(3, 2, 3, 1)).isCloseTo(0.1, within(1e-15));
    }

    @Test
    void aWarmupJoinsTheCosineWithoutAStep() {
        for (Schedule.Last last : Schedule.Last.values()) {
            Warmup warmup = new Warmup(4, 0, Warmup.Shape.LINEAR);
            Schedule schedule =
                    new Schedule.Cosine.Config(0.001, SHARE, last, Optional.of(warmup), Optional.empty()).build(1, 10);
            double joint = 0.001 + 0.999 * (1 + Math.cos(Math.PI * 0.4)) / 2;
            assertThat(schedule.at(3, 999_999, 1_000_000, 0)).isCloseTo(joint, within(1e-6));
        }
    }

    @Test
    void aConstantWarmupStays() {
        Warmup warmup = new Warmup(2, 0.3, Warmup.Shape.CONSTANT);
        Schedule schedule = step(AFTER, Optional.of(warmup)).build(1, 10);
        assertThat(schedule.at(0, 0, 5, 1)).isEqualTo(0.3);
        assertThat(schedule.at(1, 4, 5, 0.3)).isEqualTo(0.3);
        assertThat(schedule.at(2, 0, 5, 0.3)).isEqualTo(1);
    }

    @Test
    void theRateScalesWithTheBatchOnlyWhereItIsAskedFor() {
        assertThat(step(AFTER, Optional.empty()).base(0.03, 1024)).isEqualTo(0.12);
        assertThat(new Schedule.Step.Shares(List.of(), 0.1, Optional.empty(), Optional.empty()).base(0.03, 1024))
                .isEqualTo(0.03);
    }

    @Test
    void ratesOfAWarmupAreNotKept() {
        assertThatThrownBy(() -> new Schedule.Step.Config(
                        List.of(),
                        AFTER,
                        0.1,
                        Schedule.Resume.KEEP,
                        Optional.of(new Warmup(1, 0, Warmup.Shape.LINEAR)),
                        Optional.empty()))
                .isInstanceOf(InvalidValues.class)
                .hasMessage("resume = keep must be base where there is a warmup, whose rates are not to be kept");
        assertThatThrownBy(() -> new Warmup(0, -1, Warmup.Shape.LINEAR))
                .isInstanceOf(InvalidValues.class)
                .hasMessage("epochs = 0 must be at least 1; from = -1 must be at least 0");
        assertThatThrownBy(() -> new Schedule.Step.Shares(List.of(0.5, 1.5), 0.1, Optional.empty(), Optional.empty()))
                .isInstanceOf(InvalidValues.class)
                .hasMessage("shares = [0.5, 1.5] must be between 0 and 1, in ascending order");
    }
}
