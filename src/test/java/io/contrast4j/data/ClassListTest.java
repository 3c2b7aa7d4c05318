package io.contrast4j.data;

import static io.contrast4j.data.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClassListTest {
    @TempDir
    Path folder;

    private String list(String content) throws IOException {
        return Files.writeString(folder.resolve("list.txt"), content).toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"b\na\nc", "b\na\nc\n", "b\r\na\r\n\r\n c \r\n", "b a c", " b\ta  c\n"})
    void namesStandOnLinesOrOnOneLine(String content) throws IOException {
        assertThat(ClassList.read(list(content))).containsExactly("b", "a", "c");
    }

    @Test
    void namesOnSeveralLinesMayHaveBlanks() throws IOException {
        assertThat(ClassList.read(list("polar bear\ncat\n"))).containsExactly("polar bear", "cat");
    }

    @Test
    void theListOfImageNet100ComesWithTheLibrary() {
        assertThat(ClassList.isThere("imagenet-100")).isTrue();
        assertThat(ClassList.read("imagenet-100"))
                .hasSize(100)
                .startsWith("n02869837")
                .endsWith("n02090622");
    }

    @Test
    void listsThatCannotBeUsedAreRefused() throws IOException {
        Path missing = folder.resolve("none.txt");
        assertThat(ClassList.isThere(missing.toString())).isFalse();
        assertRefused(
                () -> ClassList.read(missing.toString()),
                "There is no file " + missing + "; check the path of the data set.");
        String list = list(" \n");
        assertRefused(
                () -> ClassList.read(list),
                "The class list " + list + " is empty; it must name one class folder a line.");
        list("a\nb\na\n");
        assertRefused(() -> ClassList.read(list), "The class list " + list + " names a twice; remove one of the two.");
    }
}
