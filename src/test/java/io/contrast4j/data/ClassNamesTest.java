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

class ClassNamesTest {
    @TempDir
    Path folder;

    private String list(String content) throws IOException {
        return Files.writeString(folder.resolve("list.txt"), content).toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"b\na\nc", "b\na\nc\n", "b\r\na\r\n\r\n c \r\n", "b a c", " b\ta  c\n"})
    void namesStandOnLinesOrOnOneLine(String content) throws IOException {
        assertThat(ClassNames.read(list(content)).names()).containsExactly("b", "a", "c");
    }

    @Test
    void namesOnSeveralLinesMayHaveBlanks() throws IOException {
        assertThat(ClassNames.read(list("polar bear\ncat\n")).names()).containsExactly("polar bear", "cat");
    }

    @Test
    void theListOfImageNet100ComesWithTheLibrary() {
        assertThat(ClassNames.isThere("imagenet-100")).isTrue();
        assertThat(ClassNames.read("imagenet-100").names())
                .hasSize(100)
                .startsWith("n02869837")
                .endsWith("n02090622");
    }

    @Test
    void listsThatCannotBeUsedAreRefused() throws IOException {
        Path missing = folder.resolve("none.txt");
        assertThat(ClassNames.isThere(missing.toString())).isFalse();
        assertRefused(
                () -> ClassNames.read(missing.toString()).names(),
                "Cannot read the list of classes " + missing + " (" + missing
                        + " is not there); give a file, or imagenet-100.");
        String list = list(" \n");
        assertRefused(() -> ClassNames.read(list).names(), list + " names no class; give one on each line.");
        list("a\nb\na\n");
        assertRefused(() -> ClassNames.read(list).names(), "Mend the list of classes " + list + ": a is there twice.");
    }
}
