package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Native memory is freed step by step: that of the process stays what it is over thousands of steps. */
class MemoryTest {
    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    @Test
    void residentMemoryStaysFlatOverTwoThousandSteps() {
        ProcessBuilder train = Launcher.quiet(new ProcessBuilder(
                Launcher.SCRIPT.toString(),
                "train",
                Launcher.conf("tiny.conf").toString(),
                "data.train-per-picture=40", // 70 steps in an epoch
                "data.size=24",
                "views.size=16",
                "train { epochs = 29, batch-size = 4, log-every = 10 }",
                "checkpoint.every-steps=0"));
        // Java's heap is resident from the beginning: what grows is other memory, however large the machine is.
        train.environment()
                .merge("CONTRAST4J_JAVA_ARGS", " -Xms256m -Xmx256m -XX:+AlwaysPreTouch", (quiet, heap) -> quiet + heap);
        new Launcher(folder).run(train).succeeded();

        List<long[]> resident = RunFiles.only(folder.resolve("runs"), "tiny").metrics().stream()
                .filter(line -> line.has("time.resident_bytes"))
                .map(line -> new long[] {
                    line.get("step").getAsLong(),
                    line.get("time.resident_bytes").getAsLong()
                })
                .toList();
        assertThat(resident.get(resident.size() - 1)[0]).isEqualTo(2030);
        long early = median(resident.stream().filter(at -> at[0] > 400 && at[0] <= 700));
        long late = median(resident.stream().filter(at -> at[0] > 1730));
        // A tensor of one step that stays, even one of the smallest network's gradients, makes 100 MiB of 1,300 steps.
        assertThat(late - early).as("growth of %d MiB", early / MIB).isLessThan(24 * MIB);
    }

    private static long median(Stream<long[]> resident) {
        List<Long> bytes =
                resident.map(at -> at[1]).sorted(Comparator.naturalOrder()).toList();
        return bytes.get(bytes.size() / 2);
    }
}
