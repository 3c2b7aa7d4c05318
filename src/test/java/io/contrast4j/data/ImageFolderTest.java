package io.contrast4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.image.CorruptImage;
import io.contrast4j.spec.InvalidValues;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.bytedeco.opencv.opencv_core.Mat;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderTest implements DatasetKit {
    @TempDir
    Path root;

    private Path train;

    @BeforeEach
    void writePictures() {
        train = root.resolve("train");
        Pictures.write(train.resolve("cat/b.png"), 8, 9, 1);
        Pictures.write(train.resolve("cat/a.jpg"), 8, 9, 2);
        Pictures.write(train.resolve("Dog/x.bmp"), 8, 9, 3);
    }

    @Override
    public Dataset open() {
        return ImageFolder.open(train);
    }

    /** Where a program has no locale, that is every name with an accent. */
    @Test
    void aNameThatTheLocaleHasNoCharactersForIsReadAllTheSame() throws Exception {
        Process copied = new ProcessBuilder("bash", "-c", "cp a.jpg $'z\\xff.jpg' && cp a.jpg $'z\\xfe.jpg'")
                .directory(train.resolve("cat").toFile())
                .start();
        Assumptions.assumeTrue(copied.waitFor() == 0, "the file system takes names of any bytes");
        List<Path> files = PictureFolder.files(train.resolve("cat"));
        assertThat(files).hasSize(4).allMatch(Files::isRegularFile);
        try (Scope scope = Scope.open()) {
            ImageFolder data = ImageFolder.open(train);
            assertThat(data.size()).isEqualTo(5);
            assertThat(data.read(4).rgb().cols()).isEqualTo(data.read(1).rgb().cols());
        }
    }

    @Test
    void classesAndFilesAreInTorchvisionsOrder() throws IOException {
        Pictures.write(train.resolve("cat/deep/er/z.png"), 4, 4, 4);
        Pictures.write(train.resolve("cat/deep-1/y.png"), 4, 4, 5);
        Files.move(Pictures.write(train.resolve("cat/B.png"), 4, 4, 6), train.resolve("cat/B.PNG"));
        Files.writeString(train.resolve("cat/notes.txt"), "no picture");
        Files.writeString(train.resolve("loose.png"), "outside of all classes");
        Pictures.write(root.resolve("elsewhere/linked.png"), 4, 4, 7);
        Files.createSymbolicLink(train.resolve("cat/link"), root.resolve("elsewhere"));

        ImageFolder data = ImageFolder.open(train);
        assertThat(data.classes()).containsExactly("Dog", "cat");
        assertThat(IntStream.range(0, data.size())
                        .mapToObj(index ->
                                train.relativize(Path.of(data.describe(index))).toString()))
                .containsExactly(
                        "Dog/x.bmp",
                        "cat/B.PNG",
                        "cat/a.jpg",
                        "cat/b.png",
                        "cat/deep-1/y.png",
                        "cat/deep/er/z.png",
                        "cat/link/linked.png");
        assertThat(IntStream.range(0, data.size()).map(data::label)).containsExactly(0, 1, 1, 1, 1, 1, 1);
    }

    @Test
    void damagedFilesAreNamedWhenTheyAreRead() throws IOException {
        Pictures.truncate(train.resolve("cat/a.jpg"));
        Files.write(train.resolve("cat/b.png"), new byte[0]);
        Files.writeString(train.resolve("cat/c.jpg"), "text");
        Files.createSymbolicLink(train.resolve("cat/d.jpg"), root.resolve("nowhere.jpg"));
        ImageFolder data = ImageFolder.open(train);
        try (Scope scope = Scope.open()) {
            assertThatThrownBy(() -> data.read(1))
                    .isInstanceOf(CorruptImage.class)
                    .hasMessageContaining("a.jpg: the file is truncated");
            assertThatThrownBy(() -> data.read(2))
                    .isInstanceOf(CorruptImage.class)
                    .hasMessageContaining("b.png: the file is empty");
            assertThatThrownBy(() -> data.read(3))
                    .isInstanceOf(CorruptImage.class)
                    .hasMessageContaining("c.jpg: the content is not");
            assertThatThrownBy(() -> data.read(4))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("d.jpg");
        }
    }

    @Test
    void foldersThatCannotBeUsedAreNamed() throws IOException {
        refused(root.resolve("none"), "There is no folder " + root.resolve("none"));
        refused(train.resolve("cat/a.jpg"), train.resolve("cat/a.jpg") + " is not a folder");
        refused(train.resolve("cat"), "The folder " + train.resolve("cat") + " has no sub-folders");
        Files.createDirectories(train.resolve("empty"));
        Files.writeString(train.resolve("empty/readme.txt"), "x");
        refused(train, "The class folder " + train.resolve("empty") + " has no pictures");
        Files.delete(train.resolve("empty/readme.txt"));
        Files.createSymbolicLink(train.resolve("empty/loop"), train);
        refused(train, "leads back to a folder above it");
    }

    private static void refused(Path folder, String message) {
        assertThatThrownBy(() -> ImageFolder.open(folder)).satisfies(userError(message));
    }

    private static Consumer<Throwable> userError(String message) {
        return e -> {
            assertThat(e).isInstanceOf(UserError.class).hasMessageContaining(message);
            assertThat(((UserError) e).exitCode()).isEqualTo(UserError.USAGE);
        };
    }

    @Test
    void theTestClassesMustBeThoseOfTraining() {
        ImageFolder.Config config = config(Optional.empty(), Optional.empty());
        Pictures.write(root.resolve("val/cat/1.png"), 4, 4, 1);
        assertThatThrownBy(config::openTest).satisfies(userError("Dog is only in the second"));
        Pictures.write(root.resolve("val/Dog/1.png"), 4, 4, 1);
        assertThat(config.openTest().classes()).isEqualTo(config.openTrain().classes());
        Pictures.write(root.resolve("val/emu/1.png"), 4, 4, 1);
        assertThatThrownBy(config::openTest).satisfies(userError("emu is only in the first"));
    }

    @Test
    void namesAreSortedByCodePoint() {
        List<String> names = List.of("\uFF5E", "\uD83D\uDE00", "a", "ab");
        names.forEach(name -> Pictures.write(root.resolve("names/" + name + "/1.png"), 4, 4, 1));
        assertThat(ImageFolder.open(root.resolve("names")).classes())
                .containsExactly("a", "ab", "\uFF5E", "\uD83D\uDE00");
    }

    private ImageFolder.Config config(Optional<String> classList, Optional<String> files) {
        return new ImageFolder.Config(root, "train", "val", classList, files, Optional.empty());
    }

    private static ImageFolder.Choice choice(Path list, @Nullable String files) {
        return new ImageFolder.Choice(Optional.of(list.toString()), Optional.ofNullable(files), Optional.empty());
    }

    private List<String> names(Dataset data) {
        return IntStream.range(0, data.size())
                .mapToObj(index -> train.relativize(Path.of(data.describe(index))) + " " + data.label(index))
                .toList();
    }

    @Test
    void aClassListGivesTheLabelsAndMissingClassesKeepTheirs() throws IOException {
        Path list = Files.writeString(root.resolve("list.txt"), "emu\nDog\ncat\n");
        Files.move(Pictures.write(train.resolve("cat/2.jpg"), 4, 4, 1), train.resolve("cat/2.JPEG"));
        Files.move(Pictures.write(train.resolve("cat/10.jpg"), 4, 4, 1), train.resolve("cat/10.JPEG"));
        Files.createDirectory(train.resolve("cat/deep"));
        Files.copy(train.resolve("cat/2.JPEG"), train.resolve("cat/deep/1.JPEG"));
        Files.createDirectory(train.resolve("zebra"));

        ImageFolder data = ImageFolder.open(train, choice(list, null));
        assertThat(data.classes()).containsExactly("emu", "Dog", "cat");
        assertThat(names(data)).containsExactly("cat/10.JPEG 2", "cat/2.JPEG 2");
        assertThat(names(ImageFolder.open(train, choice(list, "*.{jpg,bmp}"))))
                .containsExactly("Dog/x.bmp 1", "cat/a.jpg 2");
        assertThat(names(ImageFolder.open(train, choice(list, "**"))))
                .containsExactly(
                        "Dog/x.bmp 1",
                        "cat/10.JPEG 2",
                        "cat/2.JPEG 2",
                        "cat/a.jpg 2",
                        "cat/b.png 2",
                        "cat/deep/1.JPEG 2");
        assertThat(config(Optional.of(list.toString()), Optional.empty())
                        .openTrain()
                        .classes())
                .hasSize(3);
    }

    @Test
    void aListWithoutAnyPictureSaysHowToNameThem() throws IOException {
        Path list = Files.writeString(root.resolve("list.txt"), "Dog cat emu");
        assertThatThrownBy(() -> ImageFolder.open(train, choice(list, null)))
                .satisfies(
                        userError(
                                "None of the 3 classes in the list " + list + " has a picture *.JPEG in " + train
                                        + "; check the path, or say with data.files how the pictures are called, as in data.files = \"*.jpg\"."));
    }

    @Test
    void withoutAListEveryClassNeedsAFileThatMatches() throws IOException {
        ImageFolder.Choice jpeg =
                new ImageFolder.Choice(Optional.empty(), Optional.of("*.{jpg,bmp}"), Optional.empty());
        assertThat(names(ImageFolder.open(train, jpeg))).containsExactly("Dog/x.bmp 0", "cat/a.jpg 1");
        Files.delete(train.resolve("Dog/x.bmp"));
        assertThatThrownBy(() -> ImageFolder.open(train, jpeg))
                .satisfies(userError(
                        "The class folder " + train.resolve("Dog") + " has no pictures that match *.{jpg,bmp}"));
    }

    @Test
    void picturesAreScaledWhenTheyAreRead() throws IOException {
        ImageFolder data =
                ImageFolder.open(train, new ImageFolder.Choice(Optional.empty(), Optional.empty(), Optional.of(16)));
        try (Scope scope = Scope.open()) {
            Mat scaled = data.read(0).rgb();
            assertThat(scaled.rows()).isEqualTo(16);
            assertThat(scaled.cols()).isEqualTo(18);
        }
    }

    @Test
    void whatIsMissingIsSaidByTheConfiguration() {
        assertThat(config(Optional.of(root.resolve("no.txt").toString()), Optional.empty())
                        .missing()
                        .found())
                .extracting(InvalidValues.Problem::component)
                .containsExactly("classList", "test");
        assertThat(config(Optional.of("imagenet-100"), Optional.empty())
                        .missing()
                        .found())
                .extracting(InvalidValues.Problem::component)
                .containsExactly("test");
        assertThatThrownBy(() -> config(Optional.empty(), Optional.of("*.{jpg")))
                .hasMessage("files = *.{jpg must be a glob such as *.JPEG or **.{jpg,png}");
    }
}
