package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.contrast4j.data.PhotoCrops;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a user can get wrong: each is one sentence and an exit code, and nothing is left behind or lost. */
class BadInputTest {
    private static final String CONF = Launcher.conf("tiny.conf").toString();
    private static final int USAGE = 2;
    private static final int FAILED = 1;

    @TempDir
    Path folder;

    private Path runs() {
        return folder.resolve("runs");
    }

    private Launcher.Result train(String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "train";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return new Launcher(folder).run(all);
    }

    private Path write(String name, String text) {
        try {
            return Files.writeString(folder.resolve(name), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void assertNothingLeft() {
        assertThat(runs()).doesNotExist();
    }

    @Test
    void configurationThatIsNotThere() {
        Launcher.Result result = train("nowhere.conf").failed(USAGE, "nowhere.conf");
        assertThat(result.complaints()).hasSize(1);
        assertNothingLeft();
    }

    @Test
    void everythingThatIsWrongWithAConfigurationIsSaidAtOnce() {
        write("wrong.conf", """
                include required("%s")
                train.epochs = many
                eval.linear.batch-size = 0
                optimizer { learning-rat = 0.1 }
                encoder.depth = 19
                eval.tap = poled
                data = null
                data { type = image-folder, path = nowhere }
                """.formatted(CONF));
        Launcher.Result result = train("wrong.conf", "eval.knn.k=-1")
                .failed(
                        USAGE,
                        "wrong.conf:2: train.epochs",
                        "wrong.conf:3: eval.linear.batch-size = 0",
                        "wrong.conf:4: ",
                        "learning-rat",
                        "learning-rate",
                        "wrong.conf:5: encoder.depth = 19",
                        "wrong.conf:6: eval.tap = poled",
                        "wrong.conf:8: data.path = nowhere must be a folder that is there",
                        "command line: eval.knn.k = -1");
        assertThat(result.complaints()).hasSize(7);
        assertNothingLeft();
    }

    @Test
    void configurationThatIncludesItself() {
        write("round.conf", "include \"round.conf\"\n");
        train("round.conf").failed(USAGE, "round.conf:1", "may not include itself");
    }

    @Test
    void overrideThatIsNone() {
        train(CONF, "train.epochs").failed(USAGE, "train.epochs", "key=value");
    }

    @Test
    void foldersOfPicturesThatAreNone() throws IOException {
        Path pictures = folder.resolve("pictures");
        String[] arguments = imageFolder(pictures, "fail");
        train(arguments).failed(USAGE, "pictures.conf:3: data.path = " + pictures + " must be a folder that is there");
        Files.createDirectories(pictures.resolve("val"));
        Files.createFile(pictures.resolve("train"));
        train(arguments).failed(USAGE, "pictures.conf:3: data.train = train must be a folder in " + pictures);
        Files.delete(pictures.resolve("train"));
        Files.createDirectories(pictures.resolve("train"));
        train(arguments).failed(USAGE, pictures.resolve("train") + " has no sub-folders");
        Files.createDirectories(pictures.resolve("train/empty"));
        train(arguments).failed(USAGE, "class folder " + pictures.resolve("train/empty") + " has no pictures");
        assertNothingLeft();
    }

    @Test
    void batchesThatAreLargerThanTheDataSet() {
        train(CONF, "train.batch-size=85").failed(USAGE, "train.batch-size = 85", "84 training pictures");
        assertNothingLeft();
    }

    @Test
    void cropsThatDoNotFit() {
        train(CONF, "data.size=5000").failed(USAGE, "size = 5000");
        assertNothingLeft();
    }

    @Test
    void aGpuThatIsNotThere() {
        assumeFalse(Files.exists(Path.of("/dev/nvidiactl")), "there is a GPU");
        train(CONF, "device=cuda").failed(USAGE, "device = cuda: no GPU is usable here");
        assertNothingLeft();
    }

    @Test
    void aFolderOfRunsThatIsAFile() {
        Path file = write("file", "precious");
        train(CONF, "out=file").failed(FAILED, "file", "out=DIR");
        assertThat(file).hasContent("precious");
    }

    @Test
    void aFolderOfRunsThatCannotBeWritten() throws IOException {
        Path readOnly = Files.createDirectory(folder.resolve("read-only"));
        Files.setPosixFilePermissions(readOnly, PosixFilePermissions.fromString("r-xr-xr-x"));
        // The superuser may write everywhere but to the kernel's files.
        Path out = Files.isWritable(readOnly) ? Path.of("/proc/1") : readOnly;
        assumeTrue(Files.exists(out), "no folder that cannot be written to");
        train(CONF, "out=" + out).failed(FAILED, out + "/tiny", "out=DIR");
    }

    @Test
    void aCheckpointOfAnotherArchitecture() throws IOException {
        train(CONF, "train.epochs=1").succeeded();
        RunFiles run = RunFiles.only(runs(), "tiny");
        Path checkpoint = run.latestCheckpoint();
        byte[] bytes = Files.readAllBytes(checkpoint);
        List<String> lines = run.lines();
        String conf = Launcher.read(run.path().resolve("config.conf"));

        Launcher.Result result = train(
                        CONF, "--resume", "encoder.width=0.125", "--allow-change", "encoder,train.epochs")
                .failed(FAILED, folder.relativize(checkpoint).toString());
        assertThat(result.complaints())
                .singleElement()
                .asString()
                .containsPattern("conv1\\S* is \\S*4×\\S* there and \\S*8×");
        train(CONF, "--resume", "data.train-per-picture=13", "--allow-change", "data,train.epochs")
                .failed(FAILED, folder.relativize(checkpoint).toString(), "84×16 there", "91×16 here");

        assertThat(Files.readAllBytes(checkpoint)).isEqualTo(bytes);
        assertThat(run.lines()).isEqualTo(lines);
        assertThat(run.path().resolve("config.conf")).hasContent(conf);
        assertThat(RunFiles.all(runs(), "tiny")).hasSize(1);
    }

    @Test
    void resumingInTheMiddleOfAnEpochOfOtherBatches() throws IOException {
        train(CONF, "train.epochs=1").succeeded();
        RunFiles run = RunFiles.only(runs(), "tiny");
        Files.delete(run.latestCheckpoint());
        Launcher.Result result = train(CONF, "--resume", "train.batch-size=32", "--allow-change", "train")
                .failed(
                        USAGE,
                        folder.relativize(run.latestCheckpoint()) + " is from the middle of an epoch of 10 batches",
                        "are now 2");
        assertThat(result.complaints()).hasSize(1);
    }

    /** Arguments of a run on pictures; one of the training and one of the test pictures may be made unreadable. */
    private String[] imageFolder(Path pictures, String onCorrupt) {
        return new String[] {
            write("pictures.conf", """
                    include required("%s")
                    data = null
                    data = { type = image-folder, path = "%s", train = train, test = val }
                    loader.on-corrupt = %s
                    train { epochs = 2, batch-size = 4 }
                    checkpoint { every-steps = 1, keep-last = 100 }
                    eval.knn.k = 1
                    """.formatted(CONF, pictures, onCorrupt)).toString()
        };
    }

    /** Two classes of six training and one test picture, out of the photographs that come with the program. */
    private Path photographs() {
        Path pictures = folder.resolve("pictures");
        for (String photo : List.of("chelsea", "coffee")) {
            try (InputStream in =
                    Objects.requireNonNull(PhotoCrops.class.getResourceAsStream("photos/" + photo + ".jpg"))) {
                byte[] bytes = in.readAllBytes();
                for (String part : List.of("train", "val")) {
                    Path folder = Files.createDirectories(pictures.resolve(part).resolve(photo));
                    for (int copy = 0; copy < (part.equals("train") ? 6 : 1); copy++) {
                        Files.write(folder.resolve(copy + ".jpg"), bytes);
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return pictures;
    }

    private static Path cutOff(Path picture) throws IOException {
        byte[] whole = Files.readAllBytes(picture);
        return Files.write(picture, Arrays.copyOf(whole, whole.length / 2));
    }

    @Test
    void aPictureThatIsCutOffEndsTheRun() throws IOException {
        Path pictures = photographs();
        Path broken = cutOff(pictures.resolve("train/coffee/3.jpg"));
        Launcher.Result result = train(imageFolder(pictures, "fail")).failed(FAILED, broken.toString(), "on-corrupt");
        assertThat(result.complaints()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"skip", "replace"})
    void picturesThatCannotBeReadAreNamedOnceAndCounted(String policy) throws IOException {
        Path pictures = photographs();
        List<Path> broken = List.of(
                cutOff(pictures.resolve("train/chelsea/2.jpg")),
                Files.writeString(pictures.resolve("train/coffee/3.jpg"), "no picture at all"));
        Files.copy(pictures.resolve("train/coffee/1.jpg"), pictures.resolve("val/coffee/1.jpg"));
        Path brokenForTest = cutOff(pictures.resolve("val/coffee/1.jpg"));
        String[] arguments = imageFolder(pictures, policy);

        Launcher.Result result = train(arguments).succeeded();
        for (Path picture : List.of(broken.get(0), broken.get(1), brokenForTest)) {
            assertThat(result.err().lines().filter(line -> line.contains(picture.toString())))
                    .as("lines that name %s", picture)
                    .hasSize(1);
        }
        RunFiles run = RunFiles.only(runs(), "tiny");
        assertThat(run.json().getAsJsonArray("corrupt"))
                .extracting(name -> name.getAsString())
                .containsExactlyInAnyOrder(
                        broken.get(0).toString(), broken.get(1).toString(), brokenForTest.toString());
        assertThat(run.metrics().stream().filter(line -> line.has("corrupt")))
                .allSatisfy(line -> assertThat(line.get("corrupt").getAsInt()).isEqualTo(broken.size()));

        // Resumed at the last step of the first epoch, the same is counted as without a stop.
        List<String> metrics = run.timelessMetrics();
        for (Path checkpoint : run.checkpoints()) {
            if (RunFiles.step(checkpoint) > 2) {
                Files.delete(checkpoint);
            }
        }
        assertThat(train(arguments[0], "--resume").succeeded().err()).contains("resumed, from step 2");
        assertThat(run.timelessMetrics()).isEqualTo(metrics);
    }

    @Test
    void aBatchOfPicturesNoneOfWhichCanBeRead() throws IOException {
        Path pictures = photographs();
        for (Path of : List.of(pictures.resolve("train/chelsea"), pictures.resolve("train/coffee"))) {
            for (Path picture : RunFiles.list(of)) {
                Files.write(picture, new byte[10]);
            }
        }
        Launcher.Result result = train(imageFolder(pictures, "skip")).failed(FAILED, "None of the 4 samples");
        assertThat(result.complaints()).hasSize(1);
        train(imageFolder(pictures, "replace")).failed(FAILED, "Found no readable sample to replace");
    }
}
