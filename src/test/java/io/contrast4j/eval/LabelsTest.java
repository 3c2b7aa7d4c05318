package io.contrast4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.data.Dataset;
import io.contrast4j.data.Sample;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelsTest {
    @TempDir
    Path folder;

    /** Class c has 10·(c + 1) pictures, one after the other; class 1 has the names of class 0 too. */
    private record Pictures(int... labels) implements Dataset {
        static Pictures of() {
            return new Pictures(
                    IntStream.range(0, 60).map(i -> i < 10 ? 0 : i < 30 ? 1 : 2).toArray());
        }

        @Override
        public int size() {
            return labels.length;
        }

        @Override
        public List<String> classes() {
            return List.of("a", "b", "c");
        }

        @Override
        public int label(int index) {
            return labels[index];
        }

        @Override
        public Sample read(int index) throws IOException {
            throw new IOException("there are no pixels");
        }

        @Override
        public String describe(int index) {
            return "/data/" + (labels[index] < 0 ? "none" : classes().get(labels[index])) + "/"
                    + (index < 30 ? index % 10 : index) + (index >= 20 && index < 30 ? "x" : "") + ".png";
        }
    }

    private static Labels share(double fraction) {
        return new Labels(Optional.of(fraction), Optional.empty(), Optional.empty());
    }

    private static long[] counts(int[] chosen) {
        Pictures all = Pictures.of();
        return IntStream.range(0, 3)
                .mapToLong(c ->
                        Arrays.stream(chosen).filter(i -> all.label(i) == c).count())
                .toArray();
    }

    @Test
    void everyClassHasItsShareAndTheSeedDrawsIt() {
        int[] chosen = share(0.1).of(Pictures.of(), 1);
        assertThat(counts(chosen)).containsExactly(1, 2, 3);
        assertThat(chosen).isSorted().doesNotHaveDuplicates();
        assertThat(share(0.1).of(Pictures.of(), 1)).isEqualTo(chosen);
        assertThat(share(0.1).of(Pictures.of(), 2)).isNotEqualTo(chosen);
        assertThat(counts(share(0.001).of(Pictures.of(), 1))).containsExactly(1, 1, 1);
        assertThat(share(1).of(Pictures.of(), 1)).hasSize(60);
        Labels few = new Labels(Optional.empty(), Optional.of(15), Optional.empty());
        assertThat(counts(few.of(Pictures.of(), 1))).containsExactly(10, 15, 15);
        assertThat(Labels.ALL.of(Pictures.of(), 1)).hasSize(60);
    }

    private Labels list(String lines) throws IOException {
        Path file = Files.writeString(folder.resolve("list.txt"), lines);
        return new Labels(Optional.empty(), Optional.empty(), Optional.of(file));
    }

    @Test
    void aListNamesPictures() throws IOException {
        assertThat(list("40.png\n\na/3.png\n21x.png\n".replace("21x", "1x")).of(Pictures.of(), 1))
                .containsExactly(3, 21, 40);
        assertThatThrownBy(() -> list("99.png").of(Pictures.of(), 1))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("names 99.png, which is none of the training pictures");
        assertThatThrownBy(() -> list("3.png").of(Pictures.of(), 1))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("names 3.png, which may be any of 2");
        assertThatThrownBy(() -> list("\n").of(Pictures.of(), 1))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("names no picture");
    }

    @Test
    void aWrittenListGivesTheSamePictures() throws IOException {
        int[] chosen = share(0.3).of(Pictures.of(), 5);
        assertThat(list(String.join("\n", Labels.names(Pictures.of(), chosen))).of(Pictures.of(), 9))
                .isEqualTo(chosen);
    }

    @Test
    void picturesWithoutLabelAreNamed() {
        assertThatThrownBy(() -> share(0.5).of(new Pictures(0, 1, Sample.UNLABELLED), 1))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("/data/none/2.png has no label");
    }
}
