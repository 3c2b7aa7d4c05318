package io.contrast4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.objective.Loss;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EpochMeterTest {
    private static void add(EpochMeter meter, int step) {
        try (Scope scope = Scope.open()) {
            CounterRandom random = CounterRandom.of(step);
            meter.add(
                    new Loss(
                            Tensors.of(new float[] {random.nextFloat()}).set_requires_grad(true),
                            Map.of("loss.l", Tensors.of(new float[] {random.nextFloat() * 1e-3f}))),
                    1 + step % 3);
        }
    }

    @Test
    void meansAreOverSamplesAndNotBatches() {
        try (EpochMeter meter = new EpochMeter()) {
            assertThat(meter.means()).isEmpty();
            try (Scope scope = Scope.open()) {
                meter.add(new Loss(Tensors.of(new double[] {1}), Map.of()), 3);
                meter.add(new Loss(Tensors.of(new double[] {5}), Map.of()), 1);
            }
            assertThat(meter.means()).containsOnlyKeys("loss");
            assertThat(meter.means().get("loss")).isCloseTo(2, within(1e-15));
            meter.reset();
            assertThat(meter.means()).isEmpty();
        }
    }

    @Test
    void restoredAnywhereInAnEpochItEndsWithTheSameBits() {
        int steps = 7;
        try (EpochMeter whole = new EpochMeter()) {
            for (int step = 0; step < steps; step++) {
                add(whole, step);
            }
            for (int stop = 0; stop <= steps; stop++) {
                try (EpochMeter first = new EpochMeter();
                        EpochMeter second = new EpochMeter()) {
                    for (int step = 0; step < stop; step++) {
                        add(first, step);
                    }
                    add(second, 99);
                    second.restore(first.state(), "file");
                    assertThat(second.means()).isEqualTo(first.means());
                    for (int step = stop; step < steps; step++) {
                        add(second, step);
                    }
                    assertThat(second.means()).as("stopped after %d", stop).isEqualTo(whole.means());
                    assertThat(second.state()).isEqualTo(whole.state());
                }
            }
        }
    }

    @Test
    void aStateOfSomethingElseIsRefused() {
        try (EpochMeter meter = new EpochMeter()) {
            for (Map<String, ?> state : List.of(
                    Map.<String, Object>of(),
                    Map.of("sums", Map.of(), "samples", "many"),
                    Map.of("sums", Map.of("loss", "low"), "samples", 3L))) {
                assertThatThrownBy(() -> meter.restore(state, "a.pth"))
                        .isInstanceOf(UserError.class)
                        .hasMessage("a.pth has no meters; it is not a checkpoint of a run.");
            }
        }
    }
}
