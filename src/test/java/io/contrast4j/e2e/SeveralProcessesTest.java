package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs of several processes on this host, started as a user does. */
class SeveralProcessesTest {
    private static final String CONF = Launcher.conf("tiny.conf").toString();
    private static final List<String> TWO = List.of("--nproc-per-node", "2");

    /** 20 steps of MoCo; a time-out that is long for any machine. */
    private static final List<String> MOCO = List.of(
            "views.space=rgb",
            "views.groups=[[0, 1, 2]]",
            "views.crops=2",
            "method={ type = moco, shards = 2 }",
            "store={ type = queue, size = 48 }",
            "negatives=null",
            "negatives={ type = all }",
            "objective.type=infonce",
            "train.epochs=2",
            "schedule.milestones=[1]",
            "checkpoint.keep-last=20",
            "eval.random-weights=false",
            "report.pictures=0",
            "distributed.timeout=120s");

    @TempDir
    static Path folder;

    /** Of one process, whose batch norms see a batch in two parts. */
    private static RunFiles one = new RunFiles(Path.of(""));

    @BeforeAll
    static void runOneProcess() {
        train("one", List.of()).succeeded();
        one = RunFiles.only(folder.resolve("one"), "tiny");
        assertThat(one.json().get("ranks").getAsInt()).isEqualTo(1);
    }

    private static String[] arguments(String out, List<String> method, List<String> more) {
        List<String> all = new ArrayList<>(List.of("train", CONF));
        all.addAll(method);
        all.add("out=" + folder.resolve(out));
        all.addAll(more);
        return all.toArray(String[]::new);
    }

    private static Launcher.Result train(String out, List<String> more) {
        return new Launcher(folder).run(arguments(out, MOCO, more));
    }

    private static Launcher.Started start(String out, List<String> more) {
        return new Launcher(folder).start(arguments(out, MOCO, more));
    }

    private static List<String> and(List<String> some, String... more) {
        return Stream.concat(some.stream(), Stream.of(more)).toList();
    }

    /** The same weights, stores, optimizer, position and curves as those of one process, to the last bit. */
    private static void assertSameAsOne(RunFiles run) {
        assertThat(RunFiles.content(run.latestCheckpoint())).isEqualTo(RunFiles.content(one.latestCheckpoint()));
        assertThat(run.json().get("weights_sha256")).isEqualTo(one.json().get("weights_sha256"));
        assertThat(run.json().get("status").getAsString()).isEqualTo("complete");
        assertThat(curves(run)).isEqualTo(curves(one));
    }

    /** What is logged, but for the monitors, which are those of rank 0's part of a batch. */
    private static List<String> curves(RunFiles run) {
        return run.timelessMetrics().stream()
                .map(line -> {
                    JsonObject values = JsonParser.parseString(line).getAsJsonObject();
                    List.copyOf(values.keySet()).stream()
                            .filter(key -> key.startsWith("monitor."))
                            .forEach(values::remove);
                    return values.toString();
                })
                .toList();
    }

    // --- As one process
    // ----------------------------------------------------------------------------------------------

    /** The sum of two gradients is the same in any order: with two processes not even the last bit differs. */
    @Test
    @Tag("slow")
    void twoProcessesAreOneWithTwoShards() {
        Launcher.Result result = train("two", TWO).succeeded();
        assertThat(result.out().lines()).isNotEmpty().allMatch(line -> line.startsWith("[rank 0] "));
        assertThat(result.err().lines())
                .first()
                .asString()
                .startsWith("[rank 0] tiny: ")
                .endsWith("; 2 processes");
        assertThat(result.err()).doesNotContain("[rank 1]", "Gloo", "WARN");
        RunFiles run = RunFiles.only(folder.resolve("two"), "tiny");
        assertThat(run.json().get("ranks").getAsInt()).isEqualTo(2);
        assertSameAsOne(run);
    }

    /** With batch norms over the pictures of all; sums in another order are not the same to the last bit. */
    @TestFactory
    @Tag("slow")
    Stream<DynamicTest> everyMethodIsTheSameInOneProcessAndInTwoAndGoesOnToTheSameBits() {
        List<String> oneNetwork = List.of("views.space=rgb", "views.groups=[[0, 1, 2]]");
        Map<String, List<String>> methods = new LinkedHashMap<>();
        methods.put("cmc", List.of("method.type=cmc"));
        methods.put("cmc-sharded", List.of("method.type=cmc", "objective.type=infonce", "distributed.bank=sharded"));
        methods.put("insdis", and(oneNetwork, "method.type=insdis"));
        methods.put(
                "insdis-sharded",
                and(oneNetwork, "method.type=insdis", "distributed.bank=sharded", "distributed.sync-batch-norm=true"));
        methods.put(
                "selfcon",
                and(
                        oneNetwork,
                        "views.crops=2",
                        "store.type=none",
                        "negatives=null",
                        "negatives={ type = in-batch }",
                        "objective.type=infonce",
                        "method={ type = selfcon, alpha = 0.5 }",
                        "encoder=null",
                        "encoder={ type = selfcon-resnet, depth = 18, channels = 4, exits = [2], feature-dim = 16 }"));
        List<String> inBatch =
                and(oneNetwork, "views.crops=2", "store.type=none", "negatives=null", "negatives={ type = in-batch }");
        methods.put(
                "supcon",
                and(
                        inBatch,
                        "objective.type=infonce",
                        "method={ type = selfcon, rows = end, positives = same-class }"));
        methods.put("align-uniform", and(inBatch, "method.type=align-uniform", "objective.type=align-uniform"));
        methods.put(
                "one-stage",
                and(
                        inBatch,
                        "views.crops=1",
                        "method.type=one-stage",
                        "objective.type=none",
                        "encoder=null",
                        "encoder={ type = selfcon-resnet, depth = 18, channels = 4, exits = [2], feature-dim = 16 }"));
        return methods.entrySet().stream()
                .map(method ->
                        DynamicTest.dynamicTest(method.getKey(), () -> isTheSame(method.getKey(), method.getValue())));
    }

    private static void isTheSame(String name, List<String> method) {
        List<String> settings = and(
                method,
                "distributed.sync-batch-norm=true",
                "train.epochs=2",
                "schedule.milestones=[1]",
                "checkpoint.keep-last=20",
                "eval.random-weights=false",
                "report.pictures=0");
        RunFiles run = ran(name, settings, TWO);
        Path middle = run.path().resolve("checkpoints/step-12.pth");
        RunFiles again = ran(name + "-again", settings, and(TWO, "--resume", middle.toString()));
        assertThat(again.timelessMetrics()).isEqualTo(run.timelessMetrics());
        assertThat(again.json().get("weights_sha256")).isEqualTo(run.json().get("weights_sha256"));
        List<Double> losses = losses(ran(name + "-alone", settings, List.of()));
        // Forward passes, and what two steps have made of weights and stores; float32 departs after that, see
        // MethodRanksTest.
        for (int step = 0; step < 3; step++) {
            assertThat(losses(run).get(step))
                    .as("step %d", step + 1)
                    .isCloseTo(losses.get(step), within(2e-3 * Math.abs(losses.get(step))));
        }
    }

    private static RunFiles ran(String out, List<String> method, List<String> more) {
        new Launcher(folder).run(arguments(out, method, more)).succeeded();
        return RunFiles.only(folder.resolve(out), "tiny");
    }

    private static List<Double> losses(RunFiles run) {
        return run.metrics().stream()
                .filter(line -> line.has("loss"))
                .map(line -> line.get("loss").getAsDouble())
                .toList();
    }

    // --- Processes that end
    // ------------------------------------------------------------------------------------------

    private static Launcher.Started startUntil(String out, int lines, String... more) {
        Launcher.Started started = start(out, and(and(TWO, "--resume"), more));
        assertThat(started.until(() -> RunFiles.all(folder.resolve(out), "tiny").stream()
                        .anyMatch(run -> run.lines().size() >= lines)))
                .isTrue();
        return started;
    }

    private static List<ProcessHandle> ranks(Launcher.Started started) {
        List<ProcessHandle> ranks = started.process().children().toList();
        assertThat(ranks).hasSize(2);
        return ranks;
    }

    private static void send(String signal, ProcessHandle process) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    private static void goesOnAsIfNothingHadHappened(String out) {
        assertThat(train(out, and(TWO, "--resume")).succeeded().err()).contains("resumed, from step");
        assertSameAsOne(RunFiles.only(folder.resolve(out), "tiny"));
    }

    /** From one process to two, of which one is killed, and back. */
    @Test
    void whenARankIsKilledTheLastCompleteStepIsSavedForAnyNumberOfProcesses() {
        Path middle = one.path().resolve("checkpoints/step-6.pth");
        Launcher.Started started = start("killed", and(TWO, "--resume", middle.toString(), "checkpoint.every-steps=0"));
        assertThat(started.until(() -> RunFiles.all(folder.resolve("killed"), "tiny").stream()
                        // First it has all lines of the other run.
                        .anyMatch(run -> run.lines().size() >= 8 && run.lines().size() <= 15)))
                .isTrue();
        List<ProcessHandle> ranks = ranks(started);
        long start = System.nanoTime();
        ranks.get(1).destroyForcibly();
        Launcher.Result result = started.await();
        assertThat(result.exitCode()).as(result::err).isEqualTo(137);
        // Without waiting for the time-out.
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(60));
        assertThat(ranks).noneMatch(ProcessHandle::isAlive);
        RunFiles run = RunFiles.only(folder.resolve("killed"), "tiny");
        int saved = RunFiles.step(run.latestCheckpoint());
        assertThat(saved).isGreaterThanOrEqualTo(8);
        assertThat(result.err())
                .contains(
                        "[rank 0] saved after step " + saved,
                        "[rank 0] contrast4j: Rank 1 on ",
                        " is lost: its process has ended, or the connection to it was cut",
                        "contrast4j: process 1 of this host was ended by signal 9; the others end, too.")
                .doesNotContain("\tat ", "[rank 1]");
        assertThat(run.json().get("status").getAsString()).isEqualTo("failed");

        Launcher.Result alone = train("killed", List.of("--resume")).succeeded();
        assertThat(alone.err())
                .contains("resumed, from step " + saved, "the run was begun with 2 processes, now 1")
                .doesNotContain("[rank");
        assertSameAsOne(run);
    }

    @Test
    @Tag("slow")
    void whenTheFirstRankIsKilledTheOthersSaySo() {
        Launcher.Started started = startUntil("headless", 13);
        List<ProcessHandle> ranks = ranks(started);
        ranks.get(0).destroyForcibly();
        Launcher.Result result = started.await().failed(137, "[rank 1] contrast4j: Rank 0 on ", " is lost");
        assertThat(result.err()).doesNotContain("saved");
        assertThat(ranks).noneMatch(ProcessHandle::isAlive);
        goesOnAsIfNothingHadHappened("headless");
    }

    @Test
    @Tag("slow")
    void aRankThatHangsIsNamedWithinTheTimeOut() throws IOException, InterruptedException {
        Launcher.Started started =
                startUntil("hangs", 8, "distributed.timeout=3s", "train.shutdown-grace=1s", "checkpoint.every-steps=0");
        List<ProcessHandle> ranks = ranks(started);
        long start = System.nanoTime();
        send("STOP", ranks.get(1));
        ranks.get(0).onExit().join();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(12));
        Launcher.Result result = started.await()
                .failed(
                        1,
                        "[rank 0] contrast4j: Rank 1 on ",
                        " took no part in an exchange within distributed.timeout = 3 s",
                        "[rank 0] saved after step ");
        assertThat(ranks).noneMatch(ProcessHandle::isAlive);
        assertThat(result.err()).doesNotContain("[rank 1]");
        goesOnAsIfNothingHadHappened("hangs");
    }

    @ParameterizedTest
    @CsvSource({"INT, 130", "TERM, 143"})
    @Tag("slow")
    void aSignalLetsAllStopAfterTheSameStep(String signal, int exitCode) {
        Launcher.Started started = startUntil(signal, 8, "checkpoint.every-steps=0");
        List<ProcessHandle> ranks = ranks(started);
        Launcher.Result result = started.signal(signal);
        assertThat(result.exitCode()).as(result::err).isEqualTo(exitCode);
        assertThat(ranks).noneMatch(ProcessHandle::isAlive);
        RunFiles run = RunFiles.only(folder.resolve(signal), "tiny");
        int saved = RunFiles.step(run.latestCheckpoint());
        assertThat(result.err().lines().filter(line -> line.contains("--resume")))
                .containsExactly("[rank 0] interrupted: saved after step " + saved + "; go on with --resume");
        assertThat(result.err()).doesNotContain("Exception", "SIGSEGV", "is lost");
        assertThat(run.json().get("status").getAsString()).isEqualTo("interrupted");
        goesOnAsIfNothingHadHappened(signal);
    }

    @Test
    @Tag("slow")
    void aSignalToOneProcessLetsAllStopInOrder() throws IOException, InterruptedException {
        Launcher.Started started = startUntil("one-signal", 8, "checkpoint.every-steps=0");
        send("TERM", ranks(started).get(1));
        Launcher.Result result = started.await();
        assertThat(result.exitCode()).as(result::err).isIn(130, 143);
        assertThat(result.err())
                .contains("[rank 0] interrupted: saved after step ")
                .doesNotContain("was ended by signal", "is lost", "left before");
        assertThat(RunFiles.only(folder.resolve("one-signal"), "tiny")
                        .json()
                        .get("status")
                        .getAsString())
                .isEqualTo("interrupted");
    }

    /** The first process evaluates for longer than the others would wait in an exchange. */
    @Test
    @Tag("slow")
    void nobodyIsLostWhileTheFirstEvaluates() {
        train(
                        "patient",
                        and(
                                TWO,
                                "distributed.timeout=2s",
                                "train.epochs=1",
                                "eval.every-epochs=1",
                                "eval.linear.epochs=6000"))
                .succeeded();
        JsonObject validated = RunFiles.only(folder.resolve("patient"), "tiny").metrics().stream()
                .filter(line -> line.has("validation.knn"))
                .findFirst()
                .orElseThrow();
        assertThat(validated.get("time.validation_seconds").getAsDouble())
                .as("the evaluation was long enough to tell")
                .isGreaterThan(2.5);
    }

    // --- What is refused
    // ---------------------------------------------------------------------------------------------

    @Test
    void whatCannotBeSharedIsSaidOnce() {
        Launcher.Result undivided = train("refused", List.of("--nproc-per-node", "4", "train.batch-size=10"))
                .failed(2, "train.batch-size = 10 cannot be divided among 4 processes");
        assertThat(undivided.complaints()).hasSize(1);
        train("refused", List.of("distributed.multiprocessing-distributed=true"))
                .failed(2, "distributed.multiprocessing-distributed = true", "--nproc-per-node N");
        train("refused", List.of("--nproc-per-node", "0")).failed(2, "--nproc-per-node 0 must be 1 to 64");
        assertThat(folder.resolve("refused")).doesNotExist();
    }

    /** One of several processes that are started by hand. */
    private static Launcher.Started byHand(String out, int port, int rank, int size, String... more) {
        return start(
                out,
                and(
                        List.of(
                                "distributed.dist-url=\"tcp://127.0.0.1:" + port + "\"",
                                "distributed.rank=" + rank,
                                "distributed.world-size=" + size),
                        more));
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    @Tag("slow")
    void processesThatAreStartedByHandTrainTheSameAndEndTogether() throws IOException, InterruptedException {
        int port = freePort();
        Launcher.Started second = byHand("by-hand", port, 1, 2, "report.pictures=20");
        Launcher.Started first = byHand("by-hand", port, 0, 2, "report.pictures=20");
        // What has started them may end all when one has ended: while the first still writes, the other one stays.
        assertThat(first.until(() -> Launcher.read(first.out()).contains("top-1 accuracy")))
                .isTrue();
        send("STOP", first.process().toHandle());
        boolean isWriting = first.process().isAlive()
                && !RunFiles.only(folder.resolve("by-hand"), "tiny")
                        .path()
                        .resolve("report.html")
                        .toFile()
                        .exists();
        boolean hasLeft = second.process().waitFor(3, TimeUnit.SECONDS);
        send("CONT", first.process().toHandle());
        first.await().succeeded();
        Launcher.Result other = second.await().succeeded();
        assertThat(other.out().lines()).as("but for Gloo").allMatch(line -> line.startsWith("[Gloo] "));
        assertThat(other.err()).doesNotContain("contrast4j:", "WARN");
        assertSameAsOne(RunFiles.only(folder.resolve("by-hand"), "tiny"));
        Assumptions.assumeTrue(isWriting, "the first process was stopped too late, when all was written");
        assertThat(hasLeft).as("the second has ended before the first").isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"optimizer.learning-rate=0.02", "train.log-every=2"})
    @Tag("slow")
    void anotherConfigurationIsRefusedByAllWithItsKey(String change) {
        int port = freePort();
        Launcher.Started second = byHand("different", port, 1, 2, change);
        String key = change.substring(0, change.indexOf('='));
        String sentence = "Rank 1 on ";
        byHand("different", port, 0, 2).await().failed(1, sentence, " has another configuration than rank 0: " + key);
        second.await().failed(1, sentence, " has another configuration than rank 0: " + key);
        assertThat(folder.resolve("different")).doesNotExist();
    }

    @Test
    @Tag("slow")
    void anotherWorldSizeIsRefusedByAll() {
        int port = freePort();
        Launcher.Started second = byHand("sizes", port, 1, 4);
        byHand("sizes", port, 0, 2).await().failed(1, "Rank 1 on ", "says that there are 4 processes");
        second.await().failed(1, "Rank 1 on ", "says that there are 4 processes");
    }

    @Test
    @Tag("slow")
    void aTakenPortIsSaid() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            byHand("taken", taken.getLocalPort(), 0, 2)
                    .await()
                    .failed(1, "port " + taken.getLocalPort() + " is taken or not allowed", "distributed.dist-url");
        }
        assertThat(folder.resolve("taken")).doesNotExist();
    }
}
