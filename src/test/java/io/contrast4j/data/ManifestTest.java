package io.contrast4j.data;

import static io.contrast4j.data.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.tensor.Scope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestTest implements DatasetKit {
    @TempDir
    Path folder;

    private Path train = Path.of("");
    private Path test = Path.of("");

    @BeforeEach
    void write() {
        List.of("a.png", "pics/b.png", "pics/c, d.png", "e.png")
                .forEach(name -> Pictures.write(folder.resolve(name), 4, 6, name.hashCode()));
        train = table("train.csv", "path,label\na.png,dog\npics/b.png,cat\n\"pics/c, d.png\",\"Dog \"\"x\"\"\"\n");
        test = table("test.tsv", "label\tpath\ncat\te.png\n");
    }

    private Path table(String name, String content) {
        try {
            return Files.writeString(folder.resolve(name), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Manifest.Config config() {
        return new Manifest.Config(train, test, "path", "label", Optional.empty());
    }

    @Override
    public Dataset open() {
        return config().openTrain();
    }

    private static List<String> samples(Dataset data) {
        return IntStream.range(0, data.size())
                .mapToObj(i -> data.describe(i) + " " + data.label(i))
                .toList();
    }

    @Test
    void namesAreSortedAndPathsRelativeToTheTable() {
        assertThat(config().openTrain().classes()).containsExactly("Dog \"x\"", "cat", "dog");
        assertThat(samples(config().openTrain()))
                .containsExactly(
                        folder.resolve("a.png") + " (train.csv, line 2) 2",
                        folder.resolve("pics/b.png") + " (train.csv, line 3) 1",
                        folder.resolve("pics/c, d.png") + " (train.csv, line 4) 0");
        assertThat(config().openTest().classes()).isEqualTo(config().openTrain().classes());
        assertThat(samples(config().openTest())).containsExactly(folder.resolve("e.png") + " (test.tsv, line 2) 1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n"})
    void tablesOfSpreadsheetsAreRead(String newline) {
        // a byte order mark, other columns, an absolute path, a line break in a field, an empty line, no last line end
        table(
                "train.csv",
                String.join(
                        newline,
                        "\uFEFFnote,file,class",
                        "\"two",
                        "lines\",a.png,3",
                        "",
                        "," + folder.resolve("e.png").toAbsolutePath() + ",0"));
        Dataset data = new Manifest.Config(train, test, "file", "class", Optional.empty()).openTrain();
        assertThat(samples(data))
                .containsExactly(
                        folder.resolve("a.png") + " (train.csv, line 2) 3",
                        folder.resolve("e.png") + " (train.csv, line 5) 0");
        assertThat(data.classes()).containsExactly("0", "1", "2", "3");
    }

    @Test
    void labelsWithLeadingZerosAreNames() {
        table("train.csv", "path,label\na.png,007\ne.png,10\n");
        assertThat(config().openTrain().classes()).containsExactly("007", "10");
    }

    @Test
    void picturesAreScaledWhenTheyAreRead() throws IOException {
        Dataset data = new Manifest.Config(train, test, "path", "label", Optional.of(8)).openTrain();
        try (Scope scope = Scope.open()) {
            assertThat(data.read(0).rgb().cols()).isEqualTo(12);
        }
    }

    private void refused(String content, String message) {
        table("train.csv", content);
        assertRefused(() -> config().openTrain(), train + message);
    }

    @Test
    void tablesThatCannotBeUsedAreRefused() throws IOException {
        refused(
                "path,label\na.png,x\nnone.png,x\n",
                ", line 3: there is no file " + folder.resolve("none.png")
                        + "; paths are relative to the folder of the table.");
        refused("path,label\na.png\n", ", line 2: it has 1 fields and not 2 as the first line has.");
        refused("path,label\na.png,x,\n", ", line 2: it has 3 fields and not 2 as the first line has.");
        refused("path,label\n,x\n", ", line 2: the path is empty.");
        refused("path,label\na.png, \n", ", line 2: the label is empty.");
        refused("path;label\na.png;x\n", " has no column path; its first line names path;label.");
        refused("path,label,path\n", " has two columns path; its first line names path, label, path.");
        refused("path,label\n", " names no pictures; it has only the line with the names of the columns.");
        refused("", " is empty; its first line must name the columns.");
        refused(
                "path,label\na.png,100000\n",
                ", line 2: the label 100000 is too large; whole numbers count the classes from 0, up to 99999.");
        refused(
                "path,label\na.png,99999999999999999999\n",
                ", line 2: the label 99999999999999999999 is too large; whole numbers count the classes from 0,"
                        + " up to 99999.");
        Files.write(train, "path,label\na.png,caf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
        assertRefused(() -> config().openTrain(), train + " is not a text in UTF-8; save it as one.");
        table("train.csv", "path,label\n\"a.png,x\n");
        assertThatThrownBy(() -> config().openTrain())
                .hasMessageStartingWith(train + " cannot be read as a table: ")
                .hasMessageEndingWith("; check its quotes.");
    }

    @Test
    void testLabelsMustBeThoseOfTraining() {
        table("test.tsv", "path\tlabel\ne.png\temu\n");
        assertRefused(
                () -> config().openTest(),
                test + ", line 2: the label emu is not one of the training pictures; add pictures of this class to"
                        + " them.");
    }

    @Test
    void theConfigurationIsChecked() {
        Path text = folder.resolve("train.txt");
        assertThatThrownBy(() -> new Manifest.Config(text, test, "path", "path", Optional.of(0)))
                .hasMessage("train = " + text + " must be a file with the ending .csv or .tsv; labelColumn = path must"
                        + " be another column than data.path-column; loadSide = 0 must be between 1 and 8192");
        Path none = folder.resolve("none.csv");
        assertThat(new Manifest.Config(none, test, "path", "label", Optional.empty())
                        .missing()
                        .found())
                .hasToString("[train = " + none + " must be a file that is there]");
    }
}
