package io.contrast4j.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProfileTest {
    private static Curve curve(double... values) {
        return new Curve(IntStream.range(0, values.length)
                .mapToObj(i -> new Curve.Point(i, values[i]))
                .toList());
    }

    /** An epoch of 10 s at 100 images/s in 5 s of steps, and one of 30 s at 50 images/s in 15 s: 1250 images in 20 s. */
    @Test
    void epochsCountByTheirTime() {
        Profile profile = Profile.of(Map.of(
                        "time.forward_seconds", curve(5, 15),
                        "time.data_wait_seconds", curve(5, 15),
                        "time.attained_share", curve(0.5, 0.5),
                        "time.attainable_images_per_second", curve(100, 50),
                        "time.data_wait_share", curve(0.1)))
                .orElseThrow();
        assertThat(profile.seconds()).containsOnly(Map.entry("forward", 20.0), Map.entry("data wait", 20.0));
        assertThat(profile.attained()).isEqualTo(0.5);
        assertThat(profile.attainable()).isEqualTo(62.5);
    }

    @Test
    void aRunWithoutAnEpochHasNone() {
        assertThat(Profile.of(Map.of("loss", curve(1)))).isEmpty();
    }

    @Test
    void secondsAreNoCurvesOfTheirOwn(@TempDir Path folder) throws Exception {
        RecordedRun run = RecordedRun.read(ExampleRun.write(folder.resolve("run"), 1));
        String page = new ReportPage(List.of(run)).html();
        assertThat(page)
                .contains(
                        "\"profile\":{\"seconds\":{\"data wait\":10.0,\"forward\":30.0},\"attained\":0.75,\"attainable\":1000.0}")
                .doesNotContain("forward_seconds");
    }
}
