package io.contrast4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.image.Mats;
import io.contrast4j.tensor.Scope;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.junit.jupiter.api.Test;

/** What every data set must do. */
interface DatasetKit {
    /** A data set with at least two readable samples; the same samples at every call. */
    Dataset open();

    @Test
    default void samplesAreLabelledPictures() throws IOException {
        Dataset data = open();
        assertThat(data.size()).isGreaterThan(1);
        for (int index = 0; index < data.size(); index++) {
            try (Scope scope = Scope.open()) {
                Sample sample = data.read(index);
                assertThat(sample.index()).isEqualTo(index);
                assertThat(sample.label()).isEqualTo(data.label(index));
                assertThat(sample.rgb().type()).isEqualTo(opencv_core.CV_8UC3);
                assertThat(sample.rgb().empty()).isFalse();
            }
        }
    }

    @Test
    default void everyClassHasSamplesAndAName() {
        Dataset data = open();
        Set<Integer> labels = new HashSet<>();
        IntStream.range(0, data.size()).map(data::label).forEach(labels::add);
        labels.remove(Sample.UNLABELLED);
        assertThat(labels)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, data.classes().size()).boxed().toList());
        assertThat(data.classes()).doesNotHaveDuplicates().noneMatch(String::isBlank);
    }

    @Test
    default void everySampleHasADescriptionOfItsOwn() {
        Dataset data = open();
        List<String> names =
                IntStream.range(0, data.size()).mapToObj(data::describe).toList();
        assertThat(names).doesNotHaveDuplicates().noneMatch(String::isBlank);
    }

    @Test
    default void theSamePicturesComeFromEveryOpening() throws IOException {
        Dataset first = open();
        Dataset second = open();
        try (Scope scope = Scope.open()) {
            for (int index : new int[] {0, first.size() - 1}) {
                assertThat(Mats.bytes(first.read(index).rgb()))
                        .isEqualTo(Mats.bytes(second.read(index).rgb()));
            }
        }
    }

    @Test
    default void whatIsDrawnOnAPictureDoesNotReachTheNextReader() throws IOException {
        Dataset data = open();
        try (Scope scope = Scope.open()) {
            Mat picture = data.read(0).rgb();
            byte[] before = Mats.bytes(picture);
            byte[] changed = before.clone();
            changed[0] ^= 0x55;
            picture.data().put(changed);
            assertThat(Mats.bytes(data.read(0).rgb())).isEqualTo(before);
        }
    }

    @Test
    default void indicesOutOfRangeAreRefused() {
        Dataset data = open();
        for (int index : new int[] {-1, data.size()}) {
            assertThatThrownBy(() -> data.label(index)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> data.read(index)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }
}
