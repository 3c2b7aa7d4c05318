package io.contrast4j.negatives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.random.CounterRandom;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class AliasTableTest {
    /** The probabilities that a table stands for: pick i, keep it or take its alias. */
    private static double[] implied(AliasTable table) {
        float[] prob = table.prob();
        int[] alias = table.alias();
        double[] p = new double[table.size()];
        for (int i = 0; i < p.length; i++) {
            assertThat(prob[i]).isBetween(0f, 1f);
            p[i] += (double) prob[i] / p.length;
            p[alias[i]] += (1 - (double) prob[i]) / p.length;
        }
        return p;
    }

    @Property(tries = 300)
    void aTableStandsForTheNormalisedWeights(
            @ForAll @Size(min = 1, max = 40) List<@FloatRange(min = 0, max = 100) Float> drawn, @ForAll long zeros) {
        float[] weights = new float[drawn.size()];
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (zeros >> i & 1) == 1 && i > 0 ? 0 : drawn.get(i) + (i == 0 ? 1e-3f : 0);
            sum += weights[i];
        }
        double[] implied = implied(new AliasTable(weights));
        for (int i = 0; i < weights.length; i++) {
            assertThat(implied[i]).as("outcome %d", i).isCloseTo(weights[i] / sum, within(2e-6));
            if (weights[i] == 0) {
                assertThat(implied[i]).as("outcome %d without weight", i).isZero();
            }
        }
    }

    @Test
    void aLargeTableStandsForItsWeightsToo() {
        float[] weights = new float[100_000];
        CounterRandom random = CounterRandom.of(4);
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            weights[i] = random.nextInt(3) == 0 ? 0 : random.nextFloat();
            sum += weights[i];
        }
        double[] implied = implied(new AliasTable(weights));
        double distance = 0;
        for (int i = 0; i < weights.length; i++) {
            distance += Math.abs(implied[i] - weights[i] / sum) / 2;
        }
        assertThat(distance).as("total variation").isLessThan(1e-4);
    }

    @Test
    void drawsFollowTheTable() {
        AliasTable table = new AliasTable(1, 0, 3, 4, 2);
        int[] counts = new int[5];
        CounterRandom random = CounterRandom.of(9);
        for (int i = 0; i < 100_000; i++) {
            counts[table.draw(random)]++;
        }
        double[] share = {0.1, 0, 0.3, 0.4, 0.2};
        for (int i = 0; i < counts.length; i++) {
            assertThat(counts[i] / 1e5).isCloseTo(share[i], within(0.007));
        }
        assertThat(counts[1]).isZero();
    }

    @Test
    void weightsThatAreNoDistributionAreRefused() {
        for (float bad : new float[] {-1e-6f, Float.NaN, Float.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> new AliasTable(1, bad))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("at least 0, not " + bad);
        }
        for (float[] none : new float[][] {{}, {0, 0}, {Float.MAX_VALUE, Float.MAX_VALUE}}) {
            assertThatThrownBy(() -> new AliasTable(none))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("positive, finite sum");
        }
    }
}
