package io.contrast4j.data;

import io.contrast4j.image.Decoder;
import io.contrast4j.image.Resize;
import io.contrast4j.random.CounterRandom;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.bytedeco.opencv.opencv_core.Mat;

/** Picture files and their labels: what several data sets are once they have been listed. */
final class PictureFiles {
    /** Scaling takes no chances. */
    private static final RandomGenerator NO_CHANCE = CounterRandom.of();

    private final List<Path> files;
    private final int[] labels;
    private final Optional<Integer> loadSide;

    /** @param loadSide shorter side that pictures are scaled to when they are read; without it they stay as they are */
    PictureFiles(List<Path> files, List<Integer> labels, Optional<Integer> loadSide) {
        this.files = List.copyOf(files);
        this.labels = labels.stream().mapToInt(label -> label).toArray();
        this.loadSide = loadSide;
    }

    int size() {
        return labels.length;
    }

    int label(int index) {
        return labels[Objects.checkIndex(index, labels.length)];
    }

    Path file(int index) {
        return files.get(index);
    }

    Sample read(int index) throws IOException {
        return new Sample(scaled(Decoder.read(files.get(index)), loadSide), labels[index], index);
    }

    static Mat scaled(Mat picture, Optional<Integer> loadSide) {
        return loadSide.isEmpty() ? picture : new Resize(loadSide.get()).apply(picture, NO_CHANCE);
    }
}
