package io.contrast4j.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.data.ClassNames;
import io.contrast4j.data.ImageFolder;
import io.contrast4j.prepare.ClassSubset.Link;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClassSubsetTest {
    private static final ClassNames TWO = new ClassNames(List.of("cat", "dog"), "list.txt");

    @TempDir
    Path folder;

    private Path source;
    private Path target;

    @BeforeEach
    void makeSource() throws IOException {
        source = folder.resolve("all");
        target = folder.resolve("deep/subset");
        for (String name : List.of("ant", "cat", "dog")) {
            write(source.resolve("train").resolve(name).resolve("1.jpg"));
            write(source.resolve("train").resolve(name).resolve("sub/2.jpg"));
            write(source.resolve("val").resolve(name).resolve("3.jpg"));
        }
    }

    private static Path write(Path file) throws IOException {
        Files.createDirectories(file.getParent());
        return Files.writeString(file, "picture " + file);
    }

    private ClassSubset.Made make(ClassNames classes, Link link, boolean force) {
        return ClassSubset.make(source, target, classes, link, force, files -> {});
    }

    private void assertRefused(Runnable making, String... parts) {
        assertThatThrownBy(making::run)
                .isInstanceOfSatisfying(
                        UserError.class, error -> assertThat(error.exitCode()).isEqualTo(UserError.USAGE))
                .hasMessageContainingAll(parts);
    }

    /** Files and links below a folder, without following links. */
    private static List<String> content(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(path -> !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))
                    .map(path -> folder.relativize(path).toString())
                    .sorted()
                    .toList();
        }
    }

    @Test
    void aSymbolicLinkPerClassWorksFromAnywhere() throws IOException {
        ClassSubset.Made made = make(TWO, Link.SYMBOLIC, false);
        assertThat(made).isEqualTo(new ClassSubset.Made(List.of("train", "val"), 2, 0));
        assertThat(content(target)).containsExactly(ClassSubset.MARK, "train/cat", "train/dog", "val/cat", "val/dog");
        Path link = target.resolve("train/cat");
        assertThat(Files.readSymbolicLink(link)).isAbsolute();
        Path moved = Files.move(target, folder.resolve("moved"));
        assertThat(moved.resolve("train/dog/sub/2.jpg")).hasSameTextualContentAs(source.resolve("train/dog/sub/2.jpg"));
        ImageFolder data = ImageFolder.open(moved.resolve("train"));
        assertThat(data.classes()).containsExactly("cat", "dog");
        assertThat(data.size()).isEqualTo(4);
        assertThat(content(folder.resolve("deep"))).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = Link.class,
            names = {"HARD", "COPY"})
    void hardLinksAndCopiesStayWhenTheSourceGoes(Link link) throws IOException {
        AtomicLong told = new AtomicLong();
        ClassSubset.Made made = ClassSubset.make(source, target, TWO, link, false, told::addAndGet);
        assertThat(made.files()).isEqualTo(6).isEqualTo(told.get());
        Path file = target.resolve("train/cat/sub/2.jpg");
        Path original = source.resolve("train/cat/sub/2.jpg");
        String before = Files.readString(original);
        assertThat(Files.isSameFile(file, original)).isEqualTo(link == Link.HARD);
        Folders.delete(source);
        assertThat(file).hasContent(before);
    }

    @Test
    void aFolderWithTheClassesDirectlyGivesOneLikeIt() throws IOException {
        source = source.resolve("train");
        assertThat(make(TWO, Link.SYMBOLIC, false).parts()).containsExactly("");
        assertThat(content(target)).containsExactly(ClassSubset.MARK, "cat", "dog");
    }

    @Test
    void allMissingClassesAreNamedAtOnce() {
        ClassNames classes = new ClassNames(List.of("cat", "elk", "yak"), "list.txt");
        assertRefused(
                () -> make(classes, Link.COPY, false),
                "list.txt",
                "elk, yak in " + source.resolve("train"),
                "elk, yak in " + source.resolve("val"));
        assertThat(target).doesNotExist();
    }

    @Test
    void whatIsThereIsKeptUnlessForced() throws IOException {
        make(TWO, Link.SYMBOLIC, false);
        ClassNames other = new ClassNames(List.of("ant"), "other.txt");
        assertRefused(() -> make(other, Link.SYMBOLIC, false), target + " is there already", "--force");
        assertThat(content(target)).contains("train/cat");

        for (Link link : Link.values()) {
            make(other, link, true);
            assertThat(target.resolve("train/ant/1.jpg")).exists();
            assertThat(target.resolve("train/cat")).doesNotExist();
        }
        make(TWO, Link.SYMBOLIC, true);
        assertThat(content(target)).containsExactly(ClassSubset.MARK, "train/cat", "train/dog", "val/cat", "val/dog");
        assertThat(content(source)).as("the source").hasSize(9);
    }

    @Test
    void forceReplacesTheLinksOfAnotherTool() throws IOException {
        Files.createDirectories(target.resolve("train"));
        Files.createSymbolicLink(target.resolve("train/ant"), source.resolve("train/ant"));
        write(target.resolve("notes.txt"));
        make(TWO, Link.SYMBOLIC, true);
        assertThat(content(target))
                .containsExactly(ClassSubset.MARK, "notes.txt", "train/cat", "train/dog", "val/cat", "val/dog");
    }

    @Test
    void forceDeletesNoPicturesThatItDidNotMake() throws IOException {
        write(target.resolve("train/mine/1.jpg"));
        assertRefused(
                () -> make(TWO, Link.SYMBOLIC, true),
                target.resolve("train/mine").toString());
        assertThat(content(target)).containsExactly("train/mine/1.jpg");

        Folders.delete(target);
        make(TWO, Link.COPY, false);
        write(target.resolve("train/mine/1.jpg"));
        assertRefused(
                () -> make(TWO, Link.SYMBOLIC, true),
                target.resolve("train/mine").toString());
        assertThat(target.resolve("train/cat/1.jpg")).exists();
    }

    @Test
    void theSourceIsNeverTheTarget() throws IOException {
        make(TWO, Link.COPY, false);
        source = target;
        assertRefused(() -> make(TWO, Link.SYMBOLIC, true), "the source itself");
        Path alias = Files.createSymbolicLink(folder.resolve("alias"), folder.resolve("deep"));
        target = alias.resolve("subset");
        assertRefused(() -> make(TWO, Link.SYMBOLIC, true), "the source itself");
        target = source.resolve("train/subset");
        assertRefused(() -> make(TWO, Link.SYMBOLIC, false), "would be a class of the source");
        assertThat(content(source)).hasSize(7);
    }

    @Test
    void aSourceThatIsNotThereIsSaid() {
        source = folder.resolve("nowhere");
        assertRefused(() -> make(TWO, Link.SYMBOLIC, false), "There is no folder " + source);
    }

    @Test
    void theBuiltInListHasItsHundredClasses() {
        ClassNames classes = ClassNames.read("imagenet-100");
        assertThat(classes.names()).hasSize(100).doesNotHaveDuplicates().allMatch(name -> name.matches("n\\d{8}"));
        assertThat(classes.names().get(0)).isEqualTo("n02869837");
    }

    @Test
    void aListHasAClassOnEachLine() throws IOException {
        Path list = Files.writeString(folder.resolve("list.txt"), "# pets\r\ncat\r\n\r\n  golden retriever \ndog");
        assertThat(ClassNames.read(list.toString()).names()).containsExactly("cat", "golden retriever", "dog");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../cat", "cat/sub", "..", "cat\ndog\ncat", "", "# none"})
    void aListThatCannotBeMeantIsRefused(String text) throws IOException {
        Path list = Files.writeString(folder.resolve("list.txt"), text);
        assertRefused(() -> ClassNames.read(list.toString()), list.toString());
    }
}
