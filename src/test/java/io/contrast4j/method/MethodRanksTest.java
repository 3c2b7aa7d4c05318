package io.contrast4j.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import com.google.gson.reflect.TypeToken;
import io.contrast4j.dist.ForkedRanks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every method in several processes against one process with the whole batch: losses, weights, running statistics, stores and
 * constants after some steps. All processes run all methods, one after the other.
 */
class MethodRanksTest {
    /** What the line of a result begins with. */
    static final String RESULT = "RESULT ";

    /** In float64, with sums in another order. */
    private static final double TOLERANCE = 1e-9;

    @TempDir
    Path folder;

    @TestFactory
    Stream<DynamicTest> twoProcessesLearnWhatOneLearns() throws IOException, InterruptedException {
        return compared(2, 2);
    }

    @Tag("slow")
    @TestFactory
    Stream<DynamicTest> fourProcessesLearnWhatOneLearns() throws IOException, InterruptedException {
        return compared(4, 3);
    }

    private Stream<DynamicTest> compared(int size, int steps) throws IOException, InterruptedException {
        List<ForkedRanks.Ended> ended;
        try (ForkedRanks processes = new ForkedRanks(folder)) {
            processes.start(RanksProgram.class, 0, 1, "" + size, "" + steps);
            for (int rank = 0; rank < size; rank++) {
                processes.start(RanksProgram.class, rank, size, "" + size, "" + steps);
            }
            ended = processes.await();
        }
        List<Map<String, Map<String, double[]>>> results =
                ended.stream().map(MethodRanksTest::results).toList();
        Map<String, Map<String, double[]>> alone = results.get(0);
        assertThat(alone)
                .as(() -> ended.get(0).printed())
                .hasSizeGreaterThan(SharedCase.of(size).size());
        Stream<DynamicTest> all = Stream.of(DynamicTest.dynamicTest(
                "all have come to the end",
                () -> ended.forEach(process -> assertThat(process.exitCode())
                        .as(() -> problems(process.printed()))
                        .isEqualTo(0))));
        return Stream.concat(
                all,
                alone.keySet().stream()
                        .map(name -> DynamicTest.dynamicTest(name, () -> {
                            for (int rank = 0; rank < size; rank++) {
                                compare(alone.get(name), results.get(1 + rank), name, rank);
                            }
                            sameToTheBit(results.subList(1, 1 + size), name);
                        })));
    }

    private static String problems(String printed) {
        return String.join(
                "\n", printed.lines().filter(line -> !line.startsWith(RESULT)).toList());
    }

    private static Map<String, Map<String, double[]>> results(ForkedRanks.Ended process) {
        Map<String, Map<String, double[]>> results = new LinkedHashMap<>();
        process.printed().lines().filter(line -> line.startsWith(RESULT)).forEach(line -> {
            String[] result = line.substring(RESULT.length()).split("\t", 2);
            results.put(result[0], new Gson().fromJson(result[1], new TypeToken<Map<String, double[]>>() {}.getType()));
        });
        return results;
    }

    private static void compare(
            Map<String, double[]> alone, Map<String, Map<String, double[]>> rank, String name, int number) {
        assertThat(rank).containsKey(name);
        Map<String, double[]> here = rank.get(name);
        assertThat(here.keySet()).isEqualTo(alone.keySet());
        alone.forEach((key, values) -> {
            if (number > 0 && isOwn(name, key)) {
                return;
            }
            for (int i = 0; i < values.length; i++) {
                double scale = Math.max(1, Math.abs(values[i]));
                assertThat(here.get(key)[i])
                        .as(key + " of rank " + number)
                        .isCloseTo(values[i], within(TOLERANCE * scale));
            }
        });
    }

    /**
     * Running statistics that are each rank's own, of which those of rank 0 survive, as the next step begins with them; and rows
     * of a bank that is dealt out, of which rank 0 has put together all.
     */
    private static boolean isOwn(String name, String key) {
        return (name.contains(SharedCase.OWN_BATCH_NORM) && key.contains(".running_"))
                || (name.contains(SharedCase.SHARDED_BANK) && key.endsWith("/memory"));
    }

    /** Weights and stores must not drift apart. */
    private static void sameToTheBit(List<Map<String, Map<String, double[]>>> ranks, String name) {
        ranks.get(0).get(name).forEach((key, values) -> {
            if (!isOwn(name, key)) {
                assertThat(ranks)
                        .allSatisfy(rank ->
                                assertThat(rank.get(name).get(key)).as(key).containsExactly(values));
            }
        });
    }
}
