package io.contrast4j.negatives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.InvalidValues;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ThresholdTest {
    private static StepContext at(long step, long perEpoch, long steps) {
        return new StepContext(step, perEpoch, steps, Draws.keyed(1, step));
    }

    @Property(tries = 300)
    void aScheduleFallsFromItsStartToItsEndAndStaysThere(
            @ForAll @DoubleRange(min = 0, max = 1) double from,
            @ForAll @DoubleRange(min = 0, max = 1) double share,
            @ForAll @IntRange(min = 1, max = 20) int perEpoch,
            @ForAll @IntRange(min = 1, max = 10) int epochs,
            @ForAll @DoubleRange(min = 0, max = 1) double annealed,
            @ForAll @DoubleRange(min = 0.01, max = 1) double size) {
        double to = share * from;
        double until = annealed * epochs;
        long steps = (long) epochs * perEpoch;
        long end = (long) (until * perEpoch);
        for (Threshold.Config config : List.of(
                new Threshold.Linear(from, to, until),
                new Threshold.Steps(from, to, size, until),
                new Threshold.Exponential(from, to, size, until))) {
            Threshold threshold = config.build();
            assertThat(config.least()).isEqualTo(to);
            assertThat(threshold.follows()).isEmpty();
            double last = 1;
            for (long step = 0; step < steps + 10; step++) {
                double now = threshold.at(at(step, perEpoch, steps));
                assertThat(now).as("%s, step %d", config, step).isBetween(to - 1e-12, last + 1e-12);
                if (step >= end) {
                    assertThat(now).isEqualTo(to);
                }
                last = now;
            }
            if (end >= 2 && !(config instanceof Threshold.Steps)) {
                assertThat(threshold.at(at(0, perEpoch, steps))).isCloseTo(from, within(1e-12));
            }
        }
    }

    @Property(tries = 200)
    void anAdaptiveThresholdMovesByOneDeltaAgainstTheMeanOfTheLastValues(
            @ForAll @IntRange(min = 1, max = 6) int window, @ForAll Measure measure, @ForAll long seed) {
        CounterRandom random = CounterRandom.of(seed);
        Threshold threshold = new Threshold.Adaptive(0.9, 0.3, measure, 0.1, window).build();
        List<Integer> values = new ArrayList<>();
        double expected = 0.9;
        for (int i = 0; i < 40; i++) {
            int value = random.nextInt(5); // small whole numbers: means are exact
            List<Integer> last = values.subList(Math.max(0, values.size() - window), values.size());
            if (!last.isEmpty()) {
                int against = last.stream().mapToInt(x -> x).sum() - value * last.size();
                int better = Integer.signum(measure == Measure.LOSS ? against : -against);
                expected = Math.max(0.3, Math.min(0.9, expected - 0.1 * better));
            }
            values.add(value);
            threshold.observe(value);
            assertThat(threshold.at(at(i, 1, 100))).isCloseTo(expected, within(1e-9));
        }
    }

    @Test
    void sharesThatAreNoneAreRefused() {
        assertThatThrownBy(() -> new Threshold.Constant(1.1))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContaining("share = 1.1 must be between 0 and 1");
        assertThatThrownBy(() -> new Threshold.Linear(0.5, 0.6, -1))
                .hasMessageContaining("to = 0.6 must be between 0 and the share it starts from, 0.5")
                .hasMessageContaining("epochs = -1 must be at least 0");
        assertThatThrownBy(() -> new Threshold.Steps(1, 0.1, 0, 1)).hasMessageContaining("size = 0 must be greater");
        assertThatThrownBy(() -> new Threshold.Exponential(1, 0.1, 0, 1)).hasMessageContaining("rate = 0 must be");
        assertThatThrownBy(() -> new Threshold.Adaptive(1, 0.1, Measure.LOSS, 0, 0))
                .hasMessageContaining("delta = 0 must be greater than 0")
                .hasMessageContaining("window = 0 must be at least 1");
    }
}
