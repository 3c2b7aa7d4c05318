package io.contrast4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private long nanos;

    @Test
    void withoutATerminalPlainLinesComeAtIntervals() {
        Progress progress = progress(new Terminal(0, false), Duration.ofSeconds(10));
        progress.begin("epoch 1/2", 40);
        for (int step = 0; step < 40; step++) {
            nanos += 1_000_000_000L;
            progress.step(4 - 0.01 * step, 64, 0.25);
        }
        nanos += 60_000_000_000L; // an evaluation
        progress.end("knn 50.0 %");

        List<String> lines = text().lines().toList();
        assertThat(lines).hasSize(6);
        assertThat(lines.get(0)).isEqualTo("epoch 1/2  step 10/40  loss 3.9100  64 images/s  data 25%  ETA 0:30");
        assertThat(lines.get(4)).isEqualTo("epoch 1/2  step 40/40  loss 3.6100  64 images/s  data 25%  0:40");
        assertThat(lines.get(5)).isEqualTo("  knn 50.0 %");
        assertThat(text()).doesNotContain("\r", "\033");
    }

    @Test
    void onATerminalTheBarIsRewrittenInPlace() {
        Progress progress = progress(new Terminal(100, true), Duration.ofSeconds(10));
        progress.begin("epoch 3/240", 10);
        for (int step = 0; step < 10; step++) {
            nanos += 1_000_000_000L;
            progress.step(2.5, 8, 0);
        }
        progress.end("");

        String[] drawn = text().split("\r");
        assertThat(drawn).hasSize(12);
        assertThat(visible(drawn[5])).startsWith("epoch 3/240  50% [").contains("ETA 0:05");
        assertThat(visible(drawn[11]))
                .startsWith("epoch 3/240 100% [==")
                .contains("] ")
                .doesNotContain("ETA");
        assertThat(text()).containsOnlyOnce("\n").endsWith("\n").contains("\033[36m=");
    }

    @Property(tries = 300)
    void noLineIsWiderThanTheTerminal(
            @ForAll @IntRange(min = 1, max = 200) int columns,
            @ForAll @IntRange(min = 0, max = 50) int steps,
            @ForAll double loss) {
        Progress progress = progress(new Terminal(columns, true), Duration.ofSeconds(1));
        progress.begin("epoch 12/240", steps);
        for (int step = 0; step < steps; step++) {
            nanos += 1_000_000_000L;
            progress.step(loss, 123_456, 0.5);
        }
        progress.end("");

        for (String drawn : text().split("\r")) {
            assertThat(visible(drawn).length()).isLessThan(columns);
        }
    }

    @Test
    void aClearedBarComesBackWithTheNextStep() {
        Progress progress = progress(new Terminal(80, false), Duration.ofSeconds(1));
        progress.begin("epoch 1/1", 4);
        nanos += 1_000_000_000L;
        progress.step(1, 1, 0);
        progress.clear();
        assertThat(text()).endsWith("\r\033[K");
        nanos += 1_000_000_000L;
        progress.step(1, 1, 0);
        assertThat(text()).contains(" 50%");
        assertThat(text()).doesNotContain("\033[3");
    }

    @Test
    void theTerminalIsWhatTheLauncherAndTheEnvironmentSay() {
        assertThat(Terminal.of("120", Map.of("TERM", "xterm"))).isEqualTo(new Terminal(120, true));
        assertThat(Terminal.of("120", Map.of("NO_COLOR", "1"))).isEqualTo(new Terminal(120, false));
        assertThat(Terminal.of("120", Map.of("NO_COLOR", ""))).isEqualTo(new Terminal(120, true));
        assertThat(Terminal.of("120", Map.of("TERM", "dumb"))).isEqualTo(new Terminal(0, false));
        assertThat(Terminal.of("", Map.of())).isEqualTo(new Terminal(0, false));
        assertThat(Terminal.of("wide", Map.of())).isEqualTo(new Terminal(0, false));
        assertThat(Terminal.of("0", Map.of())).isEqualTo(new Terminal(0, false));
    }

    private Progress progress(Terminal terminal, Duration interval) {
        written.reset();
        return new Progress(new PrintStream(written, true, StandardCharsets.UTF_8), terminal, interval, () -> nanos);
    }

    private String text() {
        return written.toString(StandardCharsets.UTF_8);
    }

    private static String visible(String text) {
        return text.replaceAll("\033\\[[0-9;]*[mK]", "").replace("\n", "");
    }
}
