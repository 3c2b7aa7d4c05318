package io.contrast4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class StageClockTest {
    private long now;

    private void lap(StageClock clock, Stage stage, long seconds) {
        now += seconds * 1_000_000_000L;
        clock.lap(stage);
    }

    @Test
    void verdictNamesWhatTheTimeIsLostTo() {
        StageClock clock = new StageClock(() -> now, false);
        lap(clock, Stage.DATA_WAIT, 11);
        lap(clock, Stage.FORWARD, 30);
        lap(clock, Stage.BACKWARD, 40);
        lap(clock, Stage.OPTIMIZER, 8);
        lap(clock, Stage.COMMIT, 4);
        lap(clock, Stage.VALIDATION, 5);
        lap(clock, Stage.CHECKPOINT, 2);
        StageTimes times = clock.times();
        assertThat(times.seconds()).isEqualTo(100);
        assertThat(times.attained()).isEqualTo(0.82);
        assertThat(times.verdict(8200))
                .isEqualTo(
                        "82 % of the attainable 100 images/s: waiting for data 11 %, evaluation 5 %, checkpoints 2 %");
        assertThat(times.verdict(82)).startsWith("82 % of the attainable 1.0 images/s: ");
    }

    @Test
    void withoutLossesTheRateIsAttained() {
        StageClock clock = new StageClock(() -> now, false);
        lap(clock, Stage.FORWARD, 2);
        assertThat(clock.times().verdict(100)).isEqualTo("100 % of the attainable 50 images/s");
        assertThat(StageTimes.none().verdict(0)).isEqualTo("100 % of the attainable 0.0 images/s");
    }

    @Test
    void onlyWhatHasPassedSinceCounts() {
        StageClock clock = new StageClock(() -> now, false);
        lap(clock, Stage.FORWARD, 3);
        StageTimes before = clock.times();
        lap(clock, Stage.FORWARD, 1);
        lap(clock, Stage.DATA_WAIT, 3);
        StageTimes passed = clock.times().since(before);
        assertThat(passed.share(Stage.FORWARD)).isEqualTo(0.25);
        assertThat(passed.share(Stage.DATA_WAIT)).isEqualTo(0.75);
        now += 1_000_000_000L;
        clock.start();
        assertThat(clock.times())
                .as("what is before a start does not count")
                .isEqualTo(clock.times().since(StageTimes.none()));
        assertThat(clock.times().seconds()).isEqualTo(7);
    }

    /** Of a device that runs behind: two steps split, eight not. */
    @Test
    void timeThatWasNotSplitIsSharedOutByWhatWas() {
        Map<Stage, Long> split =
                Map.of(Stage.FORWARD, 1_000_000_000L, Stage.BACKWARD, 3_000_000_000L, Stage.DATA_WAIT, 2_000_000_000L);
        StageTimes times = new StageTimes(split, 16_000_000_000L);
        assertThat(times.seconds(Stage.FORWARD)).isEqualTo(5);
        assertThat(times.seconds(Stage.BACKWARD)).isEqualTo(15);
        assertThat(times.seconds(Stage.DATA_WAIT)).isEqualTo(2);
        assertThat(times.seconds()).isEqualTo(22);
        assertThat(times.work()).isEqualTo(20);
        StageTimes none = new StageTimes(Map.of(), 1_000_000_000L);
        assertThat(none.seconds(Stage.FORWARD)).isEqualTo(1);
        assertThat(none.attained()).isEqualTo(1);
    }

    @Property(tries = 200)
    void noTimeIsLostOrCountedTwice(@ForAll @Size(max = 30) int[] laps) {
        now = 0;
        StageClock clock = new StageClock(() -> now, false);
        for (int i = 0; i < laps.length; i++) {
            lap(clock, Stage.values()[Math.floorMod(laps[i], Stage.values().length)], i);
        }
        StageTimes times = clock.times();
        double sum = Stream.of(Stage.values()).mapToDouble(times::seconds).sum();
        assertThat(sum).isCloseTo(now / 1e9, within(1e-9));
        double shares = DoubleStream.of(
                        Stream.of(Stage.values()).mapToDouble(times::share).toArray())
                .sum();
        assertThat(shares).isCloseTo(now == 0 ? 0 : 1, within(1e-9));
    }
}
