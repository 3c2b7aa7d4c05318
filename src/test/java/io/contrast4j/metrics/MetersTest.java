package io.contrast4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
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
                        "train.step", "data.wait", "train.images", "train.loss", "checkpoint.save", "memory.resident");
        assertThat(meters.registry().get("train.loss").gauge().value()).isEqualTo(2.5);
        assertThat(meters.registry().get("train.step").timer().totalTime(TimeUnit.MILLISECONDS))
                .isEqualTo(20);
        meters.loss(1);
        assertThat(meters.registry().get("train.loss").gauge().value()).isEqualTo(1);
    }

    @Test
    void residentMemoryGrowsWithWhatIsTouched() {
        long before = ResidentMemory.bytes();
        assertThat(before).isBetween(20L << 20, 1L << 40);
        java.nio.ByteBuffer block = java.nio.ByteBuffer.allocateDirect(200 << 20);
        for (int at = 0; at < block.capacity(); at += 1024) {
            block.put(at, (byte) 1);
        }
        assertThat(ResidentMemory.bytes() - before).isGreaterThan(150L << 20);
        assertThat(block.get(0)).isEqualTo((byte) 1);
    }
}
