package io.contrast4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.micrometer.core.instrument.Meter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class MetersTest {
    @Test
    void monitoringFindsTheMetersByTheirNames() {
        Meters meters = new Meters();
        meters.step().record(20, TimeUnit.MILLISECONDS);
        meters.images().increment(64);
        assertThat(meters.registry().get("train.loss").gauge().value()).isNaN();
        meters.loss(2.5);
        // The registry holds the state of gauges weakly: it must live as long as the meters.
        System.gc();

        assertThat(meters.registry().getMeters())
                .extracting(Meter::getId)
                .extracting(Meter.Id::getName)
                .containsExactlyInAnyOrder(
                        "train.step",
                        "data.wait",
                        "train.images",
                        "train.loss",
                        "checkpoint.save",
                        "checkpoint.copy",
                        "memory.resident");
        assertThat(meters.registry().get("train.loss").gauge().value()).isEqualTo(2.5);
        assertThat(meters.registry().get("train.step").timer().totalTime(TimeUnit.MILLISECONDS))
                .isEqualTo(20);
        meters.loss(1);
        assertThat(meters.registry().get("train.loss").gauge().value()).isEqualTo(1);
    }

    @Test
    void residentMemoryIsWhatTheSystemSays() throws IOException {
        Path smaps = Path.of("/proc/self/smaps_rollup");
        assumeTrue(Files.isReadable(smaps), "this system does not say");
        double oracle = Files.readAllLines(smaps).stream()
                .filter(line -> line.startsWith("Rss:"))
                .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElseThrow();
        // Other threads of the test's machine may take or return memory between the two readings.
        assertThat((double) ResidentMemory.bytes()).isCloseTo(oracle, withinPercentage(20));
    }
}
