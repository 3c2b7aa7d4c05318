package io.contrast4j.data;

import io.contrast4j.image.Decoder;
import io.contrast4j.image.Resize;
import io.contrast4j.random.CounterRandom;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;
import org.bytedeco.opencv.opencv_core.Mat;

/** Picture files and their labels: what several data sets are once they have been listed. */
final class PictureFiles implements Dataset {
    /** Scaling takes no chances. */
    private static final RandomGenerator NO_CHANCE = CounterRandom.of();

    private final List<String> classes;
    private final List<Path> files;
    private final int[] labels;
    private final Optional<Integer> loadSide;
    private final IntFunction<String> origin;

    /** Files that were found in folders: their paths say all about them. */
    PictureFiles(List<String> classes, List<Path> files, List<Integer> labels, Optional<Integer> loadSide) {
        this(classes, files, labels, loadSide, index -> "");
    }

    /**
     * @param loadSide shorter side that pictures are scaled to when they are read; without it they stay as they are
     * @param origin what messages add to the path of a sample
     */
    PictureFiles(
            List<String> classes,
            List<Path> files,
            List<Integer> labels,
            Optional<Integer> loadSide,
            IntFunction<String> origin) {
        this.classes = List.copyOf(classes);
        this.files = List.copyOf(files);
        this.labels = labels.stream().mapToInt(label -> label).toArray();
        this.loadSide = loadSide;
        this.origin = origin;
    }

    @Override
    public int size() {
        return labels.length;
    }

    @Override
    public List<String> classes() {
        return classes;
    }

    @Override
    public int label(int index) {
        return labels[Objects.checkIndex(index, labels.length)];
    }

    @Override
    public Sample read(int index) throws IOException {
        return new Sample(scaled(Decoder.read(files.get(index)), loadSide), labels[index], index);
    }

    @Override
    public String describe(int index) {
        return file(index) + origin.apply(index);
    }

    Path file(int index) {
        return files.get(index);
    }

    static Mat scaled(Mat picture, Optional<Integer> loadSide) {
        return loadSide.isEmpty() ? picture : new Resize(loadSide.get()).apply(picture, NO_CHANCE);
    }
}
