package io.contrast4j.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.spec.InvalidValues;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    @Test
    void beforeTheFirstMilestoneAResumedRunKeepsOrDropsItsRate() {
        Schedule keep = new Schedule.Step.Config(List.of(3), 0.1, Schedule.Resume.KEEP).build(1, 10);
        Schedule base = new Schedule.Step.Config(List.of(3), 0.1, Schedule.Resume.BASE).build(1, 10);
        assertThat(keep.at(2, 0.7)).isEqualTo(0.7);
        assertThat(base.at(2, 0.7)).isEqualTo(1);
        assertThat(keep.at(3, 0.7)).isCloseTo(0.1, within(1e-15));
        assertThat(base.at(3, 0.7)).isCloseTo(0.1, within(1e-15));
    }

    @Test
    void withoutMilestonesTheRateStays() {
        Schedule schedule = new Schedule.Step.Config(List.of(), 0.1, Schedule.Resume.BASE).build(0.5, 10);
        assertThat(schedule.at(0, 0.5)).isEqualTo(0.5);
        assertThat(schedule.at(1000, 0.5)).isEqualTo(0.5);
    }

    @Test
    void aMilestoneGivenTwiceCountsTwice() {
        Schedule schedule = new Schedule.Step.Config(List.of(0, 2, 2), 0.5, Schedule.Resume.KEEP).build(8, 10);
        assertThat(schedule.at(0, 8)).isEqualTo(4);
        assertThat(schedule.at(2, 4)).isEqualTo(1);
    }

    @Test
    void theCosineFallsFromBaseToFloor() {
        Schedule schedule = new Schedule.Cosine.Config(0.2, Schedule.Last.BEFORE_FLOOR).build(1, 10);
        assertThat(schedule.at(0, 99)).isEqualTo(1);
        assertThat(schedule.at(5, 99)).isCloseTo(0.6, within(1e-15));
        for (int epoch = 1; epoch < 10; epoch++) {
            assertThat(schedule.at(epoch, 0))
                    .isLessThan(schedule.at(epoch - 1, 0))
                    .isGreaterThan(0.2);
        }
        assertThat(new Schedule.Cosine.Config(0.2, Schedule.Last.AT_FLOOR)
                        .build(1, 10)
                        .at(9, 0))
                .isCloseTo(0.2, within(1e-15));
        assertThat(new Schedule.Cosine.Config(0, Schedule.Last.BEFORE_FLOOR)
                        .build(1, 1)
                        .at(0, 0))
                .isEqualTo(1);
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> new Schedule.Step.Config(List.of(5, 3), 0, Schedule.Resume.KEEP))
                .isInstanceOf(InvalidValues.class)
                .hasMessage("milestones = [5, 3] must be in ascending order; rate = 0 must be greater than 0");
        assertThatThrownBy(() -> new Schedule.Cosine.Config(-1, Schedule.Last.AT_FLOOR))
                .isInstanceOf(InvalidValues.class)
                .hasMessage("floor = -1 must be at least 0");
    }
}
