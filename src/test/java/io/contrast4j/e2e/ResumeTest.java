package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A run that is stopped anywhere and resumed gives the same bits as one that was left alone. */
class ResumeTest {
    private static final String CONF = Launcher.conf("tiny.conf").toString();

    @TempDir
    static Path folder;

    private static RunFiles uninterrupted = new RunFiles(Path.of(""));

    @BeforeAll
    static void runUninterrupted() {
        new Launcher(folder)
                .run("train", CONF, "out=uninterrupted", "checkpoint.keep-last=100")
                .succeeded();
        uninterrupted = RunFiles.only(folder.resolve("uninterrupted"), "tiny");
    }

    /** What a crash leaves behind after this step, which has a checkpoint, of a run that has kept all of them. */
    private static RunFiles stoppedAfter(int step, Path out) throws IOException {
        Path from = uninterrupted.path();
        Path to = out.resolve("tiny").resolve(from.getFileName());
        Files.createDirectories(to.getParent());
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)), LinkOption.NOFOLLOW_LINKS);
            }
        }
        RunFiles run = new RunFiles(to);
        for (Path checkpoint : run.checkpoints()) {
            if (RunFiles.step(checkpoint) > step) {
                Files.delete(checkpoint);
            }
        }
        assertThat(RunFiles.step(run.latestCheckpoint())).isEqualTo(step);
        return run;
    }

    /** But for TensorBoard's curves, in which a run that was complete before keeps what it was evaluated to then. */
    private static void assertSameTraining(RunFiles run) {
        assertThat(run.timelessMetrics()).isEqualTo(uninterrupted.timelessMetrics());
        assertThat(RunFiles.content(run.latestCheckpoint()))
                .isEqualTo(RunFiles.content(uninterrupted.latestCheckpoint()));
        assertThat(run.json().get("weights_sha256"))
                .isEqualTo(uninterrupted.json().get("weights_sha256"));
    }

    private void assertSameAsUninterrupted(RunFiles run) {
        assertSameTraining(run);
        Curves curves = Curves.of(run.path().resolve("tb"));
        assertThat(curves.timeless())
                .isEqualTo(Curves.of(uninterrupted.path().resolve("tb")).timeless());
        assertThat(run.json().get("status").getAsString()).isEqualTo("complete");
        assertThat(run.json().get("trained")).isEqualTo(uninterrupted.json().get("trained"));
    }

    /**
     * A moment in a run, told by its files.
     *
     * @param every how many steps there is a checkpoint
     */
    private record Moment(String name, int every, Predicate<RunFiles> reached) {
        Moment(String name, Predicate<RunFiles> reached) {
            this(name, 3, reached);
        }

        static Moment atStep(int step) {
            return new Moment(
                    "step " + step,
                    run -> run.lines().stream().anyMatch(line -> line.startsWith("{\"step\":" + step + ",")));
        }

        static Moment afterEpoch(int epoch) {
            return new Moment(
                    "the end of epoch " + epoch,
                    run -> run.lines().stream()
                            .anyMatch(line -> line.contains("\"epoch\":" + epoch + ",\"epoch.loss\"")));
        }

        /** It is over in a millisecond or two: among very many, one is met on a busy machine, too. */
        static final Moment IN_A_CHECKPOINT = new Moment("a checkpoint", 1, RunFiles::hasUnfinishedCheckpoint);
    }

    private Launcher.Started startUntil(Path out, Moment moment) {
        Launcher.Started started = new Launcher(folder)
                .start("train", CONF, "--resume", "out=" + out, "checkpoint.every-steps=" + moment.every);
        started.until(() -> {
            var runs = RunFiles.all(out, "tiny");
            return runs.size() == 1 && moment.reached.test(runs.get(0));
        });
        return started;
    }

    /** What the Java machine leaves when it crashes. */
    private static String crashReport() {
        return RunFiles.list(folder).stream()
                .filter(file -> file.getFileName().toString().startsWith("hs_err"))
                .map(file -> Launcher.read(file).lines().limit(150).collect(Collectors.joining("\n")))
                .collect(Collectors.joining("\n"));
    }

    /** Kills a run at each of the moments in turn, then lets it go on to its end. */
    private RunFiles killAt(String name, Moment... moments) {
        Path out = folder.resolve(name);
        for (Moment moment : moments) {
            Launcher.Result killed = startUntil(out, moment).kill();
            assertThat(killed.exitCode())
                    .as(() -> "killed at " + moment.name + ": " + killed.out() + killed.err() + crashReport())
                    .isEqualTo(137);
        }
        Launcher.Result last = new Launcher(folder)
                .run("train", CONF, "--resume", "out=" + out)
                .succeeded();
        assertThat(last.err()).contains("resumed");
        return RunFiles.only(out, "tiny");
    }

    @Test
    void killedBeforeTheFirstCheckpointAndAtTheEndOfAnEpoch() {
        assertSameAsUninterrupted(killAt("ends", Moment.atStep(1), Moment.afterEpoch(1), Moment.afterEpoch(3)));
    }

    @Test
    void killedAtRandomSteps() {
        killedAtRandomSteps(1);
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(longs = {2, 3, 4})
    void killedAtMoreRandomSteps(long seed) {
        killedAtRandomSteps(seed);
    }

    private void killedAtRandomSteps(long seed) {
        Random random = new Random(seed);
        int first = 2 + random.nextInt(15);
        int second = first + 4 + random.nextInt(36 - first);
        assertSameAsUninterrupted(killAt("random-" + seed, Moment.atStep(first), Moment.atStep(second)));
    }

    @Test
    void killedWhileACheckpointIsWritten() {
        assertSameAsUninterrupted(killAt("saving", Moment.IN_A_CHECKPOINT, Moment.IN_A_CHECKPOINT));
    }

    @ParameterizedTest
    @CsvSource({"INT, 130", "TERM, 143"})
    void asksToBeResumedWhenInterrupted(String signal, int exitCode) {
        Path out = folder.resolve(signal);
        Launcher.Result result = startUntil(out, Moment.atStep(14)).signal(signal);
        assertThat(result.exitCode()).as(result::err).isEqualTo(exitCode);
        RunFiles run = RunFiles.only(out, "tiny");
        int saved = RunFiles.step(run.latestCheckpoint());
        assertThat(saved).isBetween(14, 39);
        assertThat(result.err().lines().filter(line -> line.contains("--resume")))
                .containsExactly("interrupted: saved after step " + saved + "; go on with --resume");
        assertThat(result.err()).doesNotContain("Exception", "SIGSEGV");
        assertThat(result.out()).isEmpty();
        assertThat(run.json().get("status").getAsString()).isEqualTo("interrupted");
        assertThat(run.metrics().get(run.metrics().size() - 1).get("step").getAsInt())
                .isEqualTo(saved);

        new Launcher(folder).run("train", CONF, "--resume", "out=" + out).succeeded();
        assertSameAsUninterrupted(run);
    }

    @Test
    void interruptedInTheEvaluationItIsDoneAgain() {
        Path out = folder.resolve("evaluation");
        Launcher.Started started = new Launcher(folder)
                .start("train", CONF, "--resume", "out=" + out, "eval.linear.epochs=1000000", "train.epochs=1");
        started.until(() -> RunFiles.all(out, "tiny").stream()
                .anyMatch(run -> !run.checkpoints().isEmpty()
                        && run.json().get("status").getAsString().equals("evaluating")));
        sleep(300);
        Launcher.Result result = started.signal("INT");
        assertThat(result.exitCode()).as(result::err).isEqualTo(130);
        assertThat(result.err()).endsWith("interrupted: the training is complete; --resume evaluates it\n");

        new Launcher(folder)
                .run("train", CONF, "--resume", "out=" + out, "--allow-change", "eval.linear,train.epochs")
                .succeeded();
        assertSameAsUninterrupted(RunFiles.only(out, "tiny"));
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Two are usual; three are below, where other settings change. */
    @Test
    void theNumberOfLoadingThreadsChangesNothing() {
        Path out = folder.resolve("workers");
        new Launcher(folder)
                .run("train", CONF, "out=" + out, "loader.workers=1")
                .succeeded();
        assertSameAsUninterrupted(RunFiles.only(out, "tiny"));
    }

    /** What may befall the newest checkpoint. */
    enum Damage {
        CUT_OFF {
            @Override
            void to(Path file) throws IOException {
                byte[] bytes = Files.readAllBytes(file);
                Files.write(file, Arrays.copyOf(bytes, bytes.length * 2 / 3));
            }
        },
        ONE_BIT_FLIPPED {
            @Override
            void to(Path file) throws IOException {
                byte[] bytes = Files.readAllBytes(file);
                bytes[bytes.length / 2] ^= 1;
                Files.write(file, bytes);
            }
        },
        EMPTIED {
            @Override
            void to(Path file) throws IOException {
                Files.write(file, new byte[0]);
            }
        },
        REMOVED {
            @Override
            void to(Path file) throws IOException {
                Files.delete(file);
            }
        };

        abstract void to(Path file) throws IOException;
    }

    /** The newest one and the one before. */
    @ParameterizedTest
    @CsvSource({"CUT_OFF, ONE_BIT_FLIPPED", "REMOVED, EMPTIED"})
    void damagedCheckpointsArePassedOver(Damage newest, Damage before) throws IOException {
        Path out = folder.resolve("damaged-" + newest);
        RunFiles run = stoppedAfter(30, out);
        Map<Path, Damage> damages =
                Map.of(run.latestCheckpoint(), newest, run.path().resolve("checkpoints/step-27.pth"), before);
        for (Map.Entry<Path, Damage> damaged : damages.entrySet()) {
            damaged.getValue().to(damaged.getKey());
        }

        Launcher.Result resumed = new Launcher(folder)
                .run("train", CONF, "--resume", "auto", "out=" + out)
                .succeeded();
        assertThat(resumed.err()).contains("resumed, from step 24");
        damages.forEach((file, damage) -> assertThat(resumed.err().contains(file + " is damaged ("))
                .as("%s, %s", damage, file)
                .isEqualTo(damage != Damage.REMOVED));
        assertSameTraining(run);
    }

    @Test
    void aRunWhoseCheckpointsAreAllDamagedIsLeftAlone() throws IOException {
        Path out = folder.resolve("hopeless");
        RunFiles run = stoppedAfter(6, out);
        for (Path checkpoint : run.checkpoints()) {
            Files.write(checkpoint, new byte[100]);
        }
        var lines = run.lines();

        Launcher.Result result = new Launcher(folder).run("train", CONF, "--resume", "out=" + out);
        result.failed(1, "All checkpoints in " + run.path().resolve("checkpoints") + " are damaged");
        assertThat(run.lines()).isEqualTo(lines);
    }

    @Test
    void aRunDoesNotGoOnWithAnotherConfigurationOrOtherData() {
        Path out = folder.resolve("changed");
        new Launcher(folder).run("train", CONF, "out=" + out, "train.epochs=1").succeeded();
        RunFiles run = RunFiles.only(out, "tiny");
        List<String> lines = run.lines();
        String conf = Launcher.read(run.path().resolve("config.conf"));

        String[] other = {
            "train",
            CONF,
            "--resume",
            "out=" + out,
            "optimizer.learning-rate=0.5",
            "loader.workers=3",
            "train.log-every=2"
        };
        Launcher.Result refused = new Launcher(folder)
                .run(other)
                .failed(
                        2,
                        "The run cannot go on from " + run.latestCheckpoint(),
                        "optimizer.learning-rate was 0.03 and is now 0.5; train.epochs was 1 and is now 4; take that back,"
                                + " allow it with --allow-change optimizer.learning-rate,train.epochs, or start a new run"
                                + " without --resume.");
        assertThat(refused.complaints()).hasSize(1);
        assertThat(refused.err()).doesNotContain("loader.workers", "train.log-every", "out was");
        new Launcher(folder)
                .run("train", CONF, "--resume", "out=" + out, "data.train-per-picture=13", "train.epochs=1")
                .failed(
                        2,
                        "data.train-per-picture was 12 and is now 13",
                        "the train pictures are others (84 then, 91 now");

        assertThat(run.lines()).isEqualTo(lines);
        assertThat(run.path().resolve("config.conf")).hasContent(conf);
        new Launcher(folder)
                .run("train", CONF, "--resume", "out=" + out, "loader.workers=3", "--allow-change=train")
                .succeeded();
        assertSameTraining(run);
    }

    @Test
    void aRunThatIsNamedGoesOnAndFromACheckpointANewOneBranchesOff() throws IOException {
        Path out = folder.resolve("named");
        RunFiles named = stoppedAfter(20, out);
        List<String> lines = named.lines();
        Path earlier = named.path().resolve("checkpoints/step-12.pth");
        new Launcher(folder)
                .run("train", CONF, "--resume", earlier.toString(), "out=branch")
                .succeeded();
        RunFiles branch = RunFiles.only(folder.resolve("branch"), "tiny");
        assertSameTraining(branch);
        assertThat(branch.json()
                        .getAsJsonObject("branched_off")
                        .get("checkpoint")
                        .getAsString())
                .isEqualTo(earlier.toString());
        assertThat(named.lines()).isEqualTo(lines);
        assertThat(named.checkpoints()).hasSize(8);

        new Launcher(folder).run("train", CONF, "out=" + out, "train.epochs=1").succeeded();
        assertThat(RunFiles.all(out, "tiny")).hasSize(2);
        Launcher.Result result = new Launcher(folder)
                .run("train", CONF, "--resume=" + named.path(), "out=" + out)
                .succeeded();
        assertThat(result.err()).contains(named.path() + " (resumed, from step 20)");
        assertSameTraining(named);

        new Launcher(folder)
                .run("train", CONF, "--resume", "nowhere")
                .failed(2, "--resume nowhere: there is no run and no checkpoint");
        new Launcher(folder)
                .run("train", CONF, "--resume", CONF.replace("tiny.conf", "."), "out=" + out)
                .failed(2, "there is no run and no checkpoint");
    }

    @Test
    void theLatestAndTheBestCheckpointsAreKeptAndPointedTo() throws IOException {
        Path out = folder.resolve("best");
        String[] arguments = {
            "train",
            CONF,
            "--resume",
            "out=" + out,
            "checkpoint { every-steps = 0, keep-last = 1, keep-best = 2, best-metric = epoch.loss }"
        };
        Launcher.Started started = new Launcher(folder).start(arguments);
        started.until(() -> RunFiles.all(out, "tiny").stream()
                .anyMatch(run -> !run.checkpoints().isEmpty() && RunFiles.step(run.latestCheckpoint()) >= 20));
        started.kill();
        new Launcher(folder).run(arguments).succeeded();

        RunFiles run = RunFiles.only(out, "tiny");
        List<Integer> ranked = run.metrics().stream()
                .filter(line -> line.has("epoch.loss"))
                .sorted(Comparator.comparingDouble(
                        line -> line.get("epoch.loss").getAsDouble()))
                .map(line -> line.get("step").getAsInt())
                .toList();
        assertThat(ranked).containsExactlyInAnyOrder(10, 20, 30, 40);
        assertThat(run.checkpoints().stream().map(RunFiles::step))
                .containsExactlyElementsOf(new TreeSet<>(List.of(ranked.get(0), ranked.get(1), 40)));
        Path checkpoints = run.path().resolve("checkpoints");
        assertThat(checkpoints.resolve("best.pth").toRealPath()).hasFileName("step-" + ranked.get(0) + ".pth");
        assertThat(checkpoints.resolve("latest.pth").toRealPath()).hasFileName("step-40.pth");
        assertThat(run.json().getAsJsonObject("checkpoints").keySet())
                .containsExactlyElementsOf(run.checkpoints().stream()
                        .map(file -> file.getFileName().toString())
                        .sorted()
                        .toList());
        assertThat(run.timelessMetrics()).isEqualTo(uninterrupted.timelessMetrics());
    }

    @Test
    void aRunThatCannotBeSavedInTimeEndsAllTheSame() {
        Path out = folder.resolve("grace");
        Launcher.Started started = new Launcher(folder)
                .start("train", CONF, "--resume", "out=" + out, "train.shutdown-grace=1ms", "train.epochs=1000");
        started.until(() -> RunFiles.all(out, "tiny").stream()
                .anyMatch(run -> !run.checkpoints().isEmpty()));
        long signalled = System.nanoTime();
        Launcher.Result result = started.signal("TERM");
        assertThat(Duration.ofNanos(System.nanoTime() - signalled)).isLessThan(Duration.ofSeconds(60));
        assertThat(result.exitCode()).as(result::err).isEqualTo(130);
        assertThat(result.err())
                .contains(
                        "interrupted: the state was not saved within train.shutdown-grace = 0.001 s; --resume goes on");
        new Launcher(folder)
                .run("train", CONF, "--resume", "out=" + out, "--allow-change", "train.epochs")
                .succeeded();
        assertSameAsUninterrupted(RunFiles.only(out, "tiny"));
    }

    @Test
    void twoProcessesCannotResumeTheSameRun() {
        Path out = folder.resolve("two");
        Launcher.Started first = startUntil(out, Moment.atStep(2));
        signalOnly("STOP", first.process());
        new Launcher(out)
                .run("train", CONF, "--resume", "out=" + out)
                .failed(
                        1,
                        "Another process is working on the run "
                                + RunFiles.only(out, "tiny").path());
        signalOnly("CONT", first.process());
        first.await().succeeded();
        assertSameAsUninterrupted(RunFiles.only(out, "tiny"));
    }

    private static void signalOnly(String name, Process process) {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                    .start()
                    .waitFor();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
