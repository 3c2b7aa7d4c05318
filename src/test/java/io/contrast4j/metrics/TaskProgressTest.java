package io.contrast4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TaskProgressTest {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private long nanos;

    private TaskProgress begin(TaskProgress.Unit unit, long already, long total, int columns) {
        return new TaskProgress(
                "x.zip",
                unit,
                already,
                total,
                new PrintStream(written, true, StandardCharsets.UTF_8),
                new Terminal(columns, false),
                () -> nanos);
    }

    private void seconds(int seconds) {
        nanos += seconds * 1_000_000_000L;
    }

    private String text() {
        return written.toString(StandardCharsets.UTF_8);
    }

    @Test
    void whatWasThereBeforeCountsForTheShareAndNotForTheSpeed() {
        try (TaskProgress progress = begin(TaskProgress.Unit.BYTES, 50_000_000, 150_000_000, 0)) {
            seconds(10);
            progress.add(40_000_000);
            seconds(20);
            progress.add(60_000_000);
        }
        assertThat(text().lines())
                .containsExactly(
                        "x.zip  90.0 of 150.0 MB  4.0 MB/s  ETA 0:15",
                        "x.zip  150.0 of 150.0 MB  3.3 MB/s  0:30",
                        "x.zip  150.0 of 150.0 MB  3.3 MB/s  0:30");
    }

    @Test
    void withoutATotalThereIsNoShare() {
        try (TaskProgress progress = begin(TaskProgress.Unit.FILES, 0, -1, 80)) {
            seconds(1);
            progress.add(20);
        }
        assertThat(text()).contains("x.zip  20 files  20 files/s").doesNotContain("%", "ETA");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10, 30, 60, 100})
    void onATerminalTheBarIsRewrittenAndFits(int columns) {
        try (TaskProgress progress = begin(TaskProgress.Unit.PICTURES, 0, 1000, columns)) {
            for (int picture = 0; picture < 1000; picture++) {
                seconds(1);
                progress.add(1);
            }
        }
        assertThat(text().split("\r"))
                .hasSize(1002)
                .allSatisfy(line ->
                        assertThat(line.replace("\033[K", "").replace("\n", "")).hasSizeLessThan(columns));
        assertThat(text()).containsOnlyOnce("\n").endsWith("\n");
    }
}
