package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.data.PhotoCrops;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.tools.ToolProvider;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Size;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What may befall a run from outside while it trains: it ends with a sentence, loses nothing, and goes on to the same bits
 * when that is put right. Kills are in {@link KillTest} and {@link ResumeTest}, full disks in {@link FullDiskTest}, taken
 * ports in {@link RunCommandsTest}.
 */
class FaultTest {
    private static final String CONF = Launcher.conf("tiny.conf").toString();

    @TempDir
    static Path undisturbed;

    private static RunFiles whole = new RunFiles(Path.of(""));

    @TempDir
    Path folder;

    @BeforeAll
    static void runUndisturbed() {
        new Launcher(undisturbed).run("train", CONF).succeeded();
        whole = RunFiles.only(undisturbed.resolve("runs"), "tiny");
    }

    private Launcher launcher() {
        return new Launcher(folder);
    }

    private RunFiles run(String out) {
        return RunFiles.only(folder.resolve(out), "tiny");
    }

    private static void assertSame(RunFiles run, RunFiles whole) {
        assertThat(run.timelessMetrics()).isEqualTo(whole.timelessMetrics());
        assertThat(RunFiles.content(run.latestCheckpoint())).isEqualTo(RunFiles.content(whole.latestCheckpoint()));
        assertThat(run.json().get("weights_sha256")).isEqualTo(whole.json().get("weights_sha256"));
    }

    /** Two classes of eight small training and one test picture each. */
    private Path pictures() throws IOException {
        Path pictures = folder.resolve("pictures");
        for (String photo : List.of("chelsea", "coffee")) {
            Path whole = folder.resolve(photo + ".jpg");
            try (InputStream in =
                    Objects.requireNonNull(PhotoCrops.class.getResourceAsStream("photos/" + photo + ".jpg"))) {
                Files.copy(in, whole);
            }
            Path train = Files.createDirectories(pictures.resolve("train").resolve(photo));
            Path test = Files.createDirectories(pictures.resolve("val").resolve(photo));
            try (Mat large = opencv_imgcodecs.imread(whole.toString());
                    Mat small = new Mat();
                    Size size = new Size(48, 48)) {
                opencv_imgproc.resize(large, small, size);
                opencv_imgcodecs.imwrite(test.resolve("0.png").toString(), small);
            }
            for (int copy = 0; copy < 8; copy++) {
                Files.copy(test.resolve("0.png"), train.resolve(copy + ".png"));
            }
        }
        return pictures;
    }

    private String onPictures(Path pictures) throws IOException {
        return Files.writeString(folder.resolve("pictures.conf"), """
                include required("%s")
                data = null
                data = { type = image-folder, path = "%s", train = train, test = val }
                loader { workers = 1, prefetch = 1 }
                train { epochs = 30, batch-size = 4 }
                eval.knn.k = 1
                report.pictures = 0
                """.formatted(CONF, pictures))
                .toString();
    }

    private Launcher.Started startUntilStep(int step, String... arguments) {
        Launcher.Started started = launcher().start(arguments);
        started.until(() -> RunFiles.all(folder.resolve("runs"), "tiny").stream()
                .anyMatch(run -> run.lines().size() >= step));
        return started;
    }

    @Test
    void aPictureThatVanishesAndOneThatGoesBadWhileTheRunTrains() throws IOException {
        Path pictures = pictures();
        String conf = onPictures(pictures);
        launcher().run("train", conf, "out=whole").succeeded();
        Path picture = pictures.resolve("train/coffee/3.png");
        byte[] content = Files.readAllBytes(picture);

        Launcher.Started started = startUntilStep(2, "train", conf);
        Files.delete(picture);
        started.await().failed(1, picture.toString(), "set loader.on-corrupt to skip");
        RunFiles run = run("runs");
        assertThat(run.json().get("status").getAsString()).isEqualTo("failed");
        // Without it the run would not be the same.
        launcher()
                .run("train", conf, "--resume")
                .failed(2, "the train pictures are others (16 then, 15 now", "--allow-change data");

        Files.write(picture, content);
        Launcher.Started again = startUntilStep(run.lines().size() + 2, "train", conf, "--resume");
        // Of the same size, as it is when a disk gives back rubbish.
        Files.write(picture, new byte[content.length]);
        again.await().failed(1, picture.toString(), "set loader.on-corrupt to skip");

        Files.write(picture, content);
        launcher().run("train", conf, "--resume").succeeded();
        assertSame(run, run("whole"));
    }

    @Test
    void aPictureThatGoesBadIsLeftOutWhereThatIsAskedFor() throws IOException {
        Path pictures = pictures();
        String conf = onPictures(pictures);
        Path picture = pictures.resolve("train/coffee/3.png");
        Launcher.Started started = startUntilStep(2, "train", conf, "loader.on-corrupt=skip");
        Files.write(picture, new byte[100]);
        Launcher.Result result = started.await().succeeded();
        assertThat(result.err().lines().filter(line -> line.contains(picture.toString())))
                .hasSize(1);
        assertThat(run("runs").json().getAsJsonArray("corrupt"))
                .extracting(name -> name.getAsString())
                .containsExactly(picture.toString());
    }

    /** A bug in a transform, which loader threads run: the class is compiled with a line more, and comes first. */
    @Test
    void aLoaderThreadThatThrowsEndsTheRunAndNothingIsLost() throws IOException {
        Path broken = Files.createDirectories(folder.resolve("broken"));
        String name = "io/contrast4j/image/HorizontalFlip.java";
        String source = Launcher.read(Launcher.HOME.resolve("src/main/java").resolve(name))
                .replace("public Optional<Change> draw(RandomGenerator rng) {", """
                        private static final java.util.concurrent.atomic.AtomicInteger CALLS =
                                new java.util.concurrent.atomic.AtomicInteger();

                        public Optional<Change> draw(RandomGenerator rng) {
                            if (CALLS.incrementAndGet() == 130) {
                                throw new IllegalStateException("broken on purpose");
                            }
                        """);
        assertThat(source).contains("broken on purpose");
        Path file = Files.createDirectories(broken.resolve(name).getParent()).resolve("HorizontalFlip.java");
        Files.writeString(file, source.replace("    @Override\n        private static", "    private static"));
        String classes = Launcher.HOME.resolve("target/classes")
                + File.pathSeparator
                + Launcher.read(Launcher.HOME.resolve("target/classpath")).trim();
        assertThat(ToolProvider.getSystemJavaCompiler()
                        .run(null, null, null, "-proc:none", "-cp", classes, "-d", broken.toString(), file.toString()))
                .isZero();

        List<String> command = new ArrayList<>(
                List.of(ProcessHandle.current().info().command().orElseThrow(), "-XX:TieredStopAtLevel=1", "-cp"));
        command.add(broken + File.pathSeparator + classes);
        command.addAll(List.of("io.contrast4j.cli.Main", "train", CONF));
        Launcher.Result result = launcher().run(Launcher.quiet(new ProcessBuilder(command)));
        assertThat(result.exitCode()).as(result::err).isEqualTo(1);
        // A bug: its place is shown.
        assertThat(result.err()).contains("java.lang.IllegalStateException: broken on purpose", "\tat ");
        RunFiles run = run("runs");
        assertThat(run.json().get("status").getAsString()).isEqualTo("failed");
        assertThat(run.json().get("message")).isNull();
        assertThat(run.json().getAsJsonObject("results").get("message").getAsString())
                .isEqualTo("broken on purpose");
        assertThat(RunFiles.step(run.latestCheckpoint())).isBetween(9, 15);

        launcher().run("train", CONF, "--resume").succeeded();
        assertSame(run, whole);
    }

    @Test
    void aLossThatIsNoNumberEndsTheRunAndTheCheckpointBeforeIsGoodToGoOnFrom() {
        String epochsOnly = "checkpoint.every-steps=0";
        launcher().run("train", CONF, epochsOnly, "train.epochs=1").succeeded();
        RunFiles run = run("runs");
        Launcher.Result result = launcher()
                .run(
                        "train",
                        CONF,
                        epochsOnly,
                        "--resume",
                        "optimizer.learning-rate=1e30",
                        "schedule.resume=base",
                        "--allow-change=optimizer.learning-rate,schedule.resume,train.epochs")
                .failed(
                        1,
                        "The loss is no number (",
                        "at step 1",
                        "checkpoints/nonfinite.pth",
                        "train.on-nonfinite=skip");
        assertThat(result.complaints()).hasSize(1);
        assertThat(run.path().resolve("checkpoints/nonfinite.pth")).exists();
        assertThat(run.json().get("status").getAsString()).isEqualTo("failed");
        assertThat(RunFiles.step(run.latestCheckpoint())).isEqualTo(10);

        launcher()
                .run("train", CONF, epochsOnly, "--resume", "--allow-change=train.epochs")
                .succeeded();
        assertSame(run, whole);
    }

    @Test
    void checkpointsThatCannotBeWrittenAnyMoreEndTheRun() throws IOException {
        Launcher.Started started = startUntilStep(5, "train", CONF, "train.epochs=1000");
        RunFiles run = run("runs");
        Path checkpoints = run.path().resolve("checkpoints");
        Path aside = run.path().resolve("aside");
        Files.move(checkpoints, aside);
        Files.writeString(checkpoints, "in the way");
        Launcher.Result result = started.await().failed(1, "The checkpoint ", "could not be written");
        assertThat(result.complaints()).hasSize(1);
        assertThat(run.json().get("status").getAsString()).isEqualTo("failed");

        Files.delete(checkpoints);
        Files.move(aside, checkpoints);
        launcher().run("train", CONF, "--resume", "--allow-change=train.epochs").succeeded();
        assertSame(run, whole);
    }

    @Test
    void aFolderOfARunThatCannotBeWrittenTo() throws IOException {
        Path disk = Files.createDirectory(folder.resolve("runs"));
        FullDiskTest.assumeMounting(disk);
        launcher().run("train", CONF, "train.epochs=1").succeeded();
        Path script = Files.writeString(folder.resolve("script"), """
                mount --bind runs runs && mount -o remount,ro,bind runs || exit 77
                exec "$1" train "$2" --resume "$3"
                """);
        Launcher.Result result = launcher()
                .run(Launcher.quiet(new ProcessBuilder(
                        "unshare",
                        "-rm",
                        "bash",
                        script.toString(),
                        Launcher.HOME + "/tools/contrast4j",
                        CONF,
                        "train.epochs=1")))
                .failed(
                        1,
                        "The run runs/tiny/",
                        "cannot be written to (",
                        "make its folder writable, or start a new run");
        assertThat(result.complaints()).hasSize(1);
        launcher().run("train", CONF, "train.epochs=1", "--resume").succeeded();
    }
}
