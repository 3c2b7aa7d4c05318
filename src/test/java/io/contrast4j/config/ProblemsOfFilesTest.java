package io.contrast4j.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a user is told about files that cannot be read. */
class ProblemsOfFilesTest {
    private Folder folder;

    @BeforeEach
    void folder(@TempDir Path path) {
        folder = new Folder(path);
    }

    @Test
    void missingFile() {
        assertThat(folder.problems()).containsExactly("x.conf: it does not exist");
    }

    @Test
    void folderInsteadOfFile() {
        folder.also("x.conf/y.conf");
        assertThat(folder.problems()).containsExactly("x.conf: it is a directory, not a file");
    }

    @Test
    void missingInclude() {
        folder.write("# include \"shared/y.conf\"", "include \"shared/y.conf\"");
        assertThat(folder.problems())
                .containsExactly("x.conf:2: include \"shared/y.conf\": shared/y.conf does not exist");
        folder.write("", "train { include required(file(\"y.conf\")) }");
        assertThat(folder.problems()).containsExactly("x.conf:2: include \"y.conf\": y.conf does not exist");
    }

    @Test
    void onlyFilesCanBeIncluded() {
        folder.write("include classpath(\"config/example.conf\")");
        assertThat(folder.problems())
                .containsExactly("x.conf:1: include classpath(\"config/example.conf\"): only files can be included");
        folder.write("include url(\"http://localhost/x.conf\")");
        assertThat(folder.problems())
                .containsExactly("x.conf:1: include url(\"http://localhost/x.conf\"): only files can be included");
    }

    @Test
    void fileThatIncludesItself() {
        folder.write("# a circle of one", "include \"../" + folder.path().getFileName() + "/x.conf\"");
        assertThat(folder.problems())
                .containsExactly("x.conf:2: include \"../" + folder.path().getFileName()
                        + "/x.conf\": a file may not include itself (x.conf -> x.conf)");
    }

    @Test
    void fileThatIncludesItselfThroughOthers() {
        folder.write("include \"y.conf\"").also("y.conf", "seed = 2", "train { include \"z.conf\" }");
        folder.also("z.conf", "", "", "include \"x.conf\"");
        assertThat(folder.problems())
                .containsExactly("z.conf:3: include \"x.conf\": a file may not include itself"
                        + " (x.conf -> y.conf -> z.conf -> x.conf)");
    }

    @Test
    void theSameFileIncludedTwiceIsNoCircle() {
        folder.write("include \"y.conf\"", "include \"z.conf\"", "data.root = /data");
        folder.also("y.conf", "include \"z.conf\"").also("z.conf", "seed = 5");
        assertThat(folder.bind().seed()).isEqualTo(5);
    }

    @Test
    void syntaxError() {
        folder.write("seed = 1", "train {", "  grid = [1", "}");
        assertThat(folder.problems())
                .containsExactly(
                        "x.conf:4: syntax error: List should have had new element after a comma, instead had token:"
                                + " '}' (if you want the comma or '}' to be part of a string value, then double-quote it)");
        folder.write("include \"y.conf\"").also("y.conf", "", "seed = a:b");
        assertThat(folder.problems())
                .containsExactly("y.conf:2: syntax error: Expecting end of input or a comma, got ':'"
                        + " (if you intended ':' to be part of a key or string value,"
                        + " try enclosing the key or value in double quotes)");
    }

    @Test
    void substitutionWithoutValue() {
        folder.write("seed = 1", "train.epochs = ${epoch}");
        assertThat(folder.problems()).containsExactly("x.conf:2: Could not resolve substitution to a value: ${epoch}");
    }

    @Test
    void substitutionInACircle() {
        folder.write("a = ${b}", "b = ${a}");
        assertThat(folder.problems())
                .singleElement()
                .asString()
                .startsWith("x.conf:")
                .contains("cycle of substitutions");
    }

    @Test
    void overridesWithErrors() {
        folder.write("data.root = /data");
        assertThat(folder.problems("epochs"))
                .containsExactly("command line: override \"epochs\" must have the form key=value");
        assertThat(folder.problems("=3")).containsExactly("command line: override \"=3\" must have the form key=value");
        assertThat(folder.problems("seed="))
                .containsExactly("command line: override \"seed=\" is not valid HOCON:"
                        + " Expecting a value but got wrong token: end of file");
        assertThat(folder.problems("data { include \"no.conf\", a=1 }"))
                .containsExactly("command line: include \"no.conf\": no.conf does not exist");
    }
}
