package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the README promises of its first command, for three seeds and both objectives. */
@Tag("slow")
class QuickstartTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"nce", "infonce"})
    void trainedWeightsBeatRandomOnesByFivePoints(String objective) {
        List<Double> gains = new ArrayList<>();
        for (int seed = 1; seed <= 3; seed++) {
            Launcher launcher = new Launcher(folder);
            Launcher.Result result = launcher.run(new ProcessBuilder(
                    Launcher.HOME.resolve("tools/contrast4j").toString(),
                    "train",
                    Launcher.HOME.resolve("conf/quickstart.conf").toString(),
                    "objective.type=" + objective,
                    "name=seed" + seed,
                    "seed=" + seed));
            result.succeeded();
            System.out.println(objective + ", seed " + seed + result.out());
            List<JsonObject> metrics =
                    RunFiles.only(folder.resolve("runs"), "seed" + seed).metrics();
            JsonObject last = metrics.get(metrics.size() - 1);
            gains.add(last.get("eval.trained.linear").getAsDouble()
                    - last.get("eval.random_weights.linear").getAsDouble());
        }
        assertThat(gains.stream().mapToDouble(gain -> gain).average().orElseThrow())
                .as("gain of the linear probe in points, mean of %s", gains)
                .isGreaterThanOrEqualTo(5);
    }
}
