package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.negatives.AllRows;
import io.contrast4j.negatives.Ball;
import io.contrast4j.negatives.FeatureQueue;
import io.contrast4j.negatives.InnerMode;
import io.contrast4j.negatives.Measure;
import io.contrast4j.negatives.Ring;
import io.contrast4j.negatives.Start;
import io.contrast4j.negatives.Threshold;
import io.contrast4j.objective.Scores;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Stores and selectors as they are written in a configuration. */
class NegativesConfigTest {
    private static final Path FILE =
            Path.of(System.getProperty("contrast4j.home", ".")).resolve("conf/quickstart.conf");

    private static RunConfig with(String... overrides) {
        // Nothing of the quickstart's own negatives.
        List<String> all = new ArrayList<>(List.of("negatives=null"));
        all.addAll(List.of(overrides));
        return ConfigFile.load(FILE, all).bindWithoutFiles(RunConfig.class);
    }

    @Test
    void aQueueAndAllOfItsRows() {
        RunConfig config = with(
                "objective.type=infonce",
                "store={ type = queue, size = 1000, start = unit }",
                "negatives={ type = all }");
        assertThat(config.store()).isEqualTo(new FeatureQueue.Config(1000, Start.UNIT));
        assertThat(config.negatives()).isEqualTo(new AllRows.Config());
    }

    @Test
    void aRingWithAThresholdThatFalls() {
        RunConfig config = with(
                "objective.type=infonce",
                "negatives={ type = ring, outer { type = linear, epochs = 0.5 }, count = 64, neighbours = log-sum-exp }");
        assertThat(config.negatives())
                .isEqualTo(new Ring.Config(
                        new Threshold.Linear(1, 0.1, 0.5),
                        0.1,
                        InnerMode.DYNAMIC,
                        Optional.of(64),
                        Optional.empty(),
                        Optional.of(Scores.Combination.LOG_SUM_EXP),
                        Scores.Denominator.ALL,
                        false));
    }

    @Test
    void aBallThatFollowsTheAccuracy() {
        RunConfig config = with(
                "objective.type=infonce",
                "negatives={ type = ball, outer { type = adaptive, measure = accuracy, delta = 0.05, window = 5 } }");
        assertThat(config.negatives())
                .isEqualTo(new Ball.Config(
                        new Threshold.Adaptive(1, 0.1, Measure.ACCURACY, 0.05, 5),
                        Ball.ShareOf.STORE,
                        0,
                        InnerMode.DYNAMIC,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Scores.Denominator.ALL,
                        false));
    }

    @Test
    void honestMistakesAreExplained() {
        assertThatThrownBy(() ->
                        with("objective.type=infonce", "negatives={ type = ring, inner-mode = fixed, inner = 0.2 }"))
                .hasMessageContaining("negatives.inner = 0.2 must be below the outer threshold, which gets as small as"
                        + " 0.1, unless negatives.inner-mode is dynamic");
        assertThatThrownBy(() -> with("objective.type=infonce", "negatives={ type = ring, outer { type = linaer } }"))
                .hasMessageContaining("did you mean linear?");
    }
}
