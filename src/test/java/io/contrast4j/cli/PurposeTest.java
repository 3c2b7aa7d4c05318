package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every file in conf is told to be what it is. */
class PurposeTest {
    private static final Path CONF = ConfFolder.installed().path();

    @TempDir
    Path folder;

    static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(CONF)) {
            return files.filter(file -> file.toString().endsWith(".conf")).toList();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void eachFileStartsWithItsOwnCommand(Path file) {
        String source = CONF.relativize(file).getName(0).toString();
        if (ConfFolder.isSweep(file)) {
            String sentence = file + " is a sweep file, of several runs: `contrast4j sweep " + file
                    + "` trains them, and lists them with --list.";
            assertThatThrownBy(() -> Purpose.requireTraining(file))
                    .isInstanceOf(UserError.class)
                    .hasMessage(sentence);
            assertThatThrownBy(() -> Purpose.requireEvaluation(file)).hasMessage(sentence);
        } else if (List.of("eval", "linear").contains(source)) {
            String command = Stream.of("knn", "retrieval")
                    .filter(file.getFileName().toString().replace("ring-validation", "knn")::startsWith)
                    .findFirst()
                    .orElse("linear");
            assertThatThrownBy(() -> Purpose.requireTraining(file))
                    .isInstanceOf(UserError.class)
                    .hasMessage(file + " is the configuration of an evaluation, not of a training: `contrast4j eval "
                            + command + " " + file + " model.path=MODEL` starts it.");
            assertThatCode(() -> Purpose.requireEvaluation(file)).doesNotThrowAnyException();
        } else {
            assertThatThrownBy(() -> Purpose.requireEvaluation(file))
                    .isInstanceOf(UserError.class)
                    .hasMessage(file + " is the configuration of a training, not of an evaluation: `contrast4j train "
                            + file + "` starts it, and the folder of its run is what to evaluate.");
            assertThatCode(() -> Purpose.requireTraining(file)).doesNotThrowAnyException();
        }
    }

    /** Whose keys are said one by one. */
    @Test
    void whatMayBeEitherIsLeftAlone() throws IOException {
        Path file = folder.resolve("x.conf");
        for (String text :
                List.of("", "data.type = cifar-10", "train.epochs = 1\nlinear.epochs = 1", "trian.epochs = 1")) {
            Files.writeString(file, text);
            assertThatCode(() -> {
                        Purpose.requireTraining(file);
                        Purpose.requireEvaluation(file);
                    })
                    .doesNotThrowAnyException();
        }
    }
}
