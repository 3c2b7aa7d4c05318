package io.contrast4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.InvalidValues;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UnMixTest {
    private static final int N = 4;
    private static final int CHANNELS = 2;
    private static final int HEIGHT = 9;
    private static final int WIDTH = 12;
    private static final int EACH = CHANNELS * HEIGHT * WIDTH;

    /** All values are different. */
    private static float[] values() {
        float[] values = new float[N * EACH];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        return values;
    }

    private static float reversed(float[] values, int at) {
        return values[(N - 1 - at / EACH) * EACH + at % EACH];
    }

    @Test
    void globallyEveryPictureKeepsItsShare() {
        try (Scope scope = Scope.open()) {
            float[] before = values();
            Tensor batch = Tensors.of(before, N, CHANNELS, HEIGHT, WIDTH);
            UnMix.Mixed mixed = new UnMix(1, 1).mix(batch, Chance.of(CounterRandom.of(3)));
            float[] after = Tensors.floats(mixed.images());
            assertThat(mixed.share()).isBetween(0.0, 1.0);
            for (int i = 0; i < after.length; i++) {
                double expected = mixed.share() * before[i] + (1 - mixed.share()) * reversed(before, i);
                assertThat((double) after[i]).isCloseTo(expected, within(1e-3));
            }
            assertThat(Tensors.floats(batch)).containsExactly(before);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void aBoxIsThatOfTheReversedBatchAndTheShareIsWhatIsLeft(long seed) {
        try (Scope scope = Scope.open()) {
            float[] before = values();
            Tensor batch = Tensors.of(before, N, CHANNELS, HEIGHT, WIDTH);
            UnMix.Mixed mixed = new UnMix(1, 0).mix(batch, Chance.of(CounterRandom.of(seed)));
            float[] after = Tensors.floats(mixed.images());
            int replaced = 0;
            for (int i = 0; i < after.length; i++) {
                boolean isOwn = after[i] == before[i];
                assertThat(isOwn || after[i] == reversed(before, i)).isTrue();
                replaced += isOwn ? 0 : 1;
            }
            assertThat(mixed.share()).isCloseTo(1 - replaced / (double) after.length, within(1e-12));
            assertThat(Tensors.floats(batch)).containsExactly(before);
        }
    }

    @Test
    void theKindIsDrawnWithItsProbability() {
        int globally = 0;
        for (int draw = 0; draw < 400; draw++) {
            try (Scope scope = Scope.open()) {
                Tensor batch = Tensors.of(new float[] {0, 0, 0, 0, 1, 1, 1, 1}, 2, 1, 2, 2);
                float[] after = Tensors.floats(new UnMix(1, 0.25)
                        .mix(batch, Chance.of(CounterRandom.of(draw)))
                        .images());
                globally += after[0] > 0 && after[0] < 1 ? 1 : 0;
            }
        }
        assertThat(globally).isBetween(70, 130);
    }

    @Test
    void impossibleValuesAreNamed() {
        assertThatThrownBy(() -> new UnMix(0, 2))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContaining("beta = 0 must be greater than 0")
                .hasMessageContaining("globalProbability = 2 must be between 0 and 1");
    }
}
