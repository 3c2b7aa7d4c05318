package io.contrast4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class MetersTest {
    private static final Map<String, String> TAGS = Map.of("method", "cmc", "dataset", "cifar-10", "rank", "0");

    @Test
    void monitoringFindsTheMetersByTheirNamesAndTags() {
        MeterRegistry registry = new SimpleMeterRegistry();
        try (Meters meters = new Meters(registry, TAGS)) {
            meters.step(0.020);
            meters.stage("forward", 0.005);
            meters.dataWait(0.001);
            meters.images().increment(64);
            meters.monitor("top1.l", 12.5);
            meters.accuracy("knn", 50);
            meters.accuracy("knn", 60);
            meters.gpuMemory("allocated", () -> 123);
            assertThat(registry.get("train.loss").gauge().value()).isNaN();
            meters.loss(2.5);
            // The registry holds the state of gauges weakly: it must live as long as the meters.
            System.gc();

            assertThat(registry.getMeters())
                    .extracting(Meter::getId)
                    .extracting(Meter.Id::getName)
                    .contains(
                            "train.step",
                            "train.stage",
                            "data.wait",
                            "train.images",
                            "train.loss",
                            "checkpoint.save",
                            "checkpoint.copy",
                            "eval.accuracy",
                            "monitor.top1",
                            "memory.resident",
                            "memory.native",
                            "memory.javacpp",
                            "gpu.memory",
                            "jvm.memory.used",
                            "jvm.threads.live",
                            "process.files.open")
                    .allSatisfy(name -> assertThat(name).matches("[a-z0-9]+(\\.[a-z0-9]+)+"));
            assertThat(registry.getMeters())
                    .allSatisfy(meter -> TAGS.forEach((key, value) ->
                            assertThat(meter.getId().getTag(key)).isEqualTo(value)));
            assertThat(registry.get("train.loss").gauge().value()).isEqualTo(2.5);
            assertThat(registry.get("eval.accuracy")
                            .tag("classifier", "knn")
                            .gauge()
                            .value())
                    .isEqualTo(60);
            assertThat(registry.get("gpu.memory")
                            .tag("state", "allocated")
                            .gauge()
                            .value())
                    .isEqualTo(123);
            assertThat(registry.get("train.step").timer().totalTime(TimeUnit.MILLISECONDS))
                    .isEqualTo(20);
            assertThat(registry.get("train.stage")
                            .tag("stage", "forward")
                            .timer()
                            .totalTime(TimeUnit.MILLISECONDS))
                    .isEqualTo(5);
            meters.loss(1);
            assertThat(registry.get("train.loss").gauge().value()).isEqualTo(1);
        }
    }

    /**
     * The process may give back other memory at any time, so there are several tries. The memory is mapped, not allocated: glibc
     * may have kept some of that, which is resident before it is used.
     */
    @Test
    void nativeMemoryIsThePartOfTheResidentOneThatIsNotJavas() throws IOException {
        int tries = 20;
        int part = 20 << 20;
        MeterRegistry registry = new SimpleMeterRegistry();
        List<Double> grown = new ArrayList<>();
        Path file = Files.createTempFile("mapped", null);
        try (Meters meters = new Meters(registry, Map.of());
                RandomAccessFile mapped = new RandomAccessFile(file.toFile(), "rw")) {
            mapped.setLength((long) tries * part);
            MappedByteBuffer memory = mapped.getChannel().map(FileChannel.MapMode.PRIVATE, 0, (long) tries * part);
            for (int start = 0; start < tries * part; start += part) {
                double before = meters.registry().get("memory.native").gauge().value();
                for (int i = start; i < start + part; i += 4096) {
                    memory.put(i, (byte) 1);
                }
                double after = registry.get("memory.native").gauge().value();
                assertThat(after)
                        .isLessThan(registry.get("memory.resident").gauge().value());
                grown.add((after - before) / (1 << 20));
            }
        } finally {
            Files.delete(file);
        }
        assertThat(grown).anySatisfy(mebibytes -> assertThat(mebibytes).isBetween(19.0, 21.0));
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
