package io.contrast4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class RankingTest {
    private static Ranking ranking(int best, String metric) {
        return new Ranking(new CheckpointPlan(1, 0, 0, 1, best, metric));
    }

    @Test
    void lossesAreBestWhenLowAndOfEqualOnesTheEarlier() {
        Ranking ranking = ranking(2, "epoch.loss");
        assertThat(ranking.best()).isEmpty();
        ranking.add(10, Map.of("epoch.loss", 3.0, "epoch", 1.0));
        ranking.add(20, Map.of("epoch.loss", 1.0));
        ranking.add(30, Map.of("epoch.loss", 1.0));
        ranking.add(40, Map.of("epoch.loss", Double.NaN));
        ranking.add(50, Map.of("epoch.loss", 2.0));
        assertThat(ranking.best()).containsExactly(20L, 30L);
        // Done again after a resume, with the same values.
        ranking.add(30, Map.of("epoch.loss", 1.0));
        assertThat(ranking.best()).containsExactly(20L, 30L);
    }

    @Test
    void anythingElseIsBestWhenHigh() {
        Ranking ranking = ranking(1, "validation.linear");
        ranking.add(10, Map.of("epoch.loss", 3.0));
        assertThat(ranking.best()).isEmpty();
        ranking.add(20, Map.of("epoch.loss", 2.0, "validation.linear", 60.0));
        ranking.add(30, Map.of("epoch.loss", 1.0, "validation.linear", 50.0));
        assertThat(ranking.best()).containsExactly(20L);
    }

    @Test
    void withoutAChoiceTheAccuracyCountsAsSoonAsThereIsOneAndTheLossUntilThen() {
        Ranking ranking = ranking(2, "auto");
        ranking.add(10, Map.of("epoch.loss", 1.0));
        ranking.add(20, Map.of("epoch.loss", 2.0));
        assertThat(ranking.best()).containsExactly(10L, 20L);
        ranking.add(30, Map.of("epoch.loss", 3.0, "validation.knn", 40.0));
        ranking.add(40, Map.of("epoch.loss", 0.5));
        assertThat(ranking.best()).containsExactly(30L);
        assertThat(ranking(0, "auto").best()).isEmpty();
    }
}
