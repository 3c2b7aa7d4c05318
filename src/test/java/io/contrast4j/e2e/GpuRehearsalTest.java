package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What can be said of GPUs without one: what runs to its end on them, and what makes the host wait. */
@Tag("rehearsal")
class GpuRehearsalTest {
    private static final String CONF = Launcher.conf("tiny.conf").toString();
    private static final int EPOCHS = 3;

    /** In an epoch: 84 pictures, 10 at a time. */
    private static final int STEPS = 8;

    /** Bytes of memory that is not pinned. */
    private static final long AT_ONCE = 64 << 10;

    /** Ends of epochs, and evaluations at the start and the end. */
    private static final int WAITING = EPOCHS + 3;

    private static final Pattern COPIED_ASIDE = Pattern.compile("record stream 0:0 event (?<reached>\\S+)\n"
            + "wait stream 0:(?<aside>[1-9]\\d*) event \\k<reached>\n"
            + "(?<copies>(?:copy async pinned>device \\d+ stream 0:\\k<aside>\n)+)"
            + "record stream 0:\\k<aside> event (?<copied>\\S+)\n"
            + "(?=(?s:.*?)wait stream 0:0 event \\k<copied>(\n|$))");

    @TempDir
    Path folder;

    /** Between steps that are logged the host only hands out work: it never waits for the GPU. */
    @TestFactory
    Stream<DynamicTest> everyMethodRunsAndNoStepWaits() {
        return MethodsTest.methods().entrySet().stream()
                .map(method -> DynamicTest.dynamicTest(method.getKey(), () -> noStepWaits(method)));
    }

    /** Of 10 pictures, 80 kB: more than CUDA copies at once out of memory that is not pinned. */
    @Test
    void noStepWaitsForItsTableOfNegatives() throws IOException {
        noStepWaits(Map.entry("many", List.of("method.type=cmc", "negatives.count=1000")));
    }

    private void noStepWaits(Map.Entry<String, List<String>> method) throws IOException {
        List<List<String>> steps = steps(train(method).calls());
        List<List<String>> waiting = steps.stream()
                .map(step -> step.stream().filter(GpuRehearsalTest::waits).toList())
                .filter(waits -> !waits.isEmpty())
                .toList();
        assertThat(steps).hasSizeGreaterThan(EPOCHS * STEPS);
        assertThat(waiting).as("what waits").hasSizeLessThanOrEqualTo(WAITING);
    }

    /** A copy begins when the step before is done with its memory, the next step when the copy is there; the host waits for neither. */
    @Test
    void theNextBatchIsCopiedBesideTheStep() throws IOException {
        List<String> later = train(Map.entry("later", List.of("loader.device-prefetch=false")))
                .calls();
        List<String> ahead = train(Map.entry("ahead", List.of())).calls();
        String aside = "copy async pinned>device \\d+ stream 0:[1-9]\\d*";
        assertThat(later).noneMatch(call -> call.matches(aside));
        String streams = ahead.stream()
                .filter(call -> call.matches("(copy async pinned|record|wait).*"))
                .collect(Collectors.joining("\n"));
        Matcher copied = COPIED_ASIDE.matcher(streams);
        List<String> orderly = new ArrayList<>();
        while (copied.find()) {
            copied.group("copies").lines().forEach(orderly::add);
        }
        assertThat(orderly).hasSizeGreaterThan(EPOCHS);
        assertThat(ahead.stream().filter(call -> call.matches(aside))).hasSameSizeAs(orderly);
        assertThat(ahead.stream().filter(GpuRehearsalTest::waits))
                .hasSameSizeAs(later.stream().filter(GpuRehearsalTest::waits).toList());
    }

    /** What a process begins to use takes some 500 MB of that GPU, and fails if another one has taken all. */
    @ParameterizedTest
    @CsvSource({"cpu, ''", "cuda, context device 0", "cuda:1, context device 1"})
    void onlyTheDeviceThatIsAskedForIsUsed(String device, String used) throws IOException {
        Rehearsal rehearsal = new Rehearsal(folder).with("DEVICES", 2);
        Path out = folder.resolve("runs");
        rehearsal
                .run("train", CONF, "device=" + device, "train.epochs=1", "report.pictures=0", "out=" + out)
                .succeeded();
        String run = RunFiles.only(out, "tiny").path().toString();
        rehearsal.run("eval", "knn", run, "knn.k=[1]", "device=" + device).succeeded();
        assertThat(rehearsal.calls().stream()
                        .filter(call -> call.matches("(context|pin) .*"))
                        .map(call -> call.replaceFirst("pin .*", "pinned"))
                        .distinct())
                .containsExactlyInAnyOrderElementsOf(used.isEmpty() ? List.of() : List.of(used, "pinned"));
    }

    private Rehearsal train(Map.Entry<String, List<String>> method) throws IOException {
        List<String> command = new ArrayList<>(List.of("train", CONF, "name=" + method.getKey(), "device=cuda"));
        command.addAll(List.of("train.epochs=" + EPOCHS, "train.batch-size=10", "train.log-every=1000"));
        command.addAll(List.of("checkpoint.every-steps=1000", "eval.every-epochs=1000", "report.pictures=0"));
        command.addAll(method.getValue());
        Rehearsal rehearsal = new Rehearsal(folder);
        rehearsal.run(command.toArray(String[]::new)).succeeded();
        return rehearsal;
    }

    /** The calls from the copies of one batch, which come from pinned memory, to those of the next: of training and evaluation. */
    private static List<List<String>> steps(List<String> calls) {
        List<List<String>> steps = new ArrayList<>();
        boolean copied = false;
        for (String call : calls) {
            boolean copies = call.startsWith("copy async pinned>device");
            if (copies && !copied) {
                steps.add(new ArrayList<>());
            }
            copied = copies;
            if (!steps.isEmpty()) {
                steps.get(steps.size() - 1).add(call);
            }
        }
        return steps.subList(0, Math.max(0, steps.size() - 1));
    }

    private static boolean waits(String call) {
        return call.startsWith("sync ") || (call.startsWith("copy ") && call.contains("device>p")) || isLarge(call);
    }

    /** What CUDA does not copy without waiting for what the GPU still has to do. */
    private static boolean isLarge(String call) {
        String[] words = call.split(" ");
        return call.startsWith("copy ") && words[2].equals("pageable>device") && Long.parseLong(words[3]) > AT_ONCE;
    }
}
