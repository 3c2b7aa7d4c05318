package io.contrast4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import org.junit.jupiter.api.Test;

class LinearProbeTest {
    private static final int DIM = 6;
    private static final LinearProbe.Config CONFIG = new LinearProbe.Config(0.1, 0.9, 0, 20, 32);

    /** Points around one centre per class: far apart, or with a spread of 0 all in the same place. */
    private static Features points(int n, int classes, double spread, long seed) {
        CounterRandom random = CounterRandom.of(seed);
        float[] values = new float[n * DIM];
        long[] labels = new long[n];
        for (int i = 0; i < n; i++) {
            labels[i] = random.nextInt(classes);
            for (int d = 0; d < DIM; d++) {
                // The last feature is the same for all: it has no deviation to divide by.
                double centre = d == labels[i] ? spread : 0;
                values[i * DIM + d] = d == DIM - 1 ? 7 : (float) (centre + random.nextGaussian());
            }
        }
        return new Features(Tensors.of(values, n, DIM), Tensors.of(labels, n));
    }

    @Test
    void classesThatCanBeSeparatedAre() {
        try (Scope scope = Scope.open()) {
            double accuracy = new LinearProbe(CONFIG, 1).accuracy(points(200, 4, 20, 1), points(200, 4, 20, 2), 4);
            assertThat(accuracy).isEqualTo(100);
        }
    }

    @Test
    void noiseGivesChance() {
        try (Scope scope = Scope.open()) {
            double accuracy = new LinearProbe(CONFIG, 1).accuracy(points(400, 4, 0, 1), points(1000, 4, 0, 2), 4);
            assertThat(accuracy).isBetween(19.0, 31.0);
        }
    }

    @Test
    void theSeedDecidesTheResult() {
        try (Scope scope = Scope.open()) {
            Features train = points(200, 4, 1, 1);
            Features test = points(1000, 4, 1, 2);
            LinearProbe.Config rough = new LinearProbe.Config(0.5, 0.9, 0, 2, 32);
            double first = new LinearProbe(rough, 1).accuracy(train, test, 4);
            assertThat(new LinearProbe(rough, 1).accuracy(train, test, 4)).isEqualTo(first);
            assertThat(new LinearProbe(rough, 2).accuracy(train, test, 4)).isNotEqualTo(first);
        }
    }
}
