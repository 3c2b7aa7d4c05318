package io.contrast4j.cli;

import io.contrast4j.data.ColorSplit;
import io.contrast4j.data.Views;
import io.contrast4j.image.ColorSpace;
import io.contrast4j.image.Compose;
import io.contrast4j.image.HorizontalFlip;
import io.contrast4j.image.Normalization;
import io.contrast4j.image.RandomResizedCrop;
import io.contrast4j.image.Transform;
import java.util.List;
import java.util.random.RandomGenerator;
import org.bytedeco.opencv.opencv_core.Mat;

/** What {@code bench data} measures beside bare decoding: pipelines by name, each from a decoded picture to its views. */
final class DataPipelines {
    private static final int SIZE = 224;
    private static final RandomResizedCrop.Config CROP = new RandomResizedCrop.Config(SIZE, 0.2, 1, 3.0 / 4, 4.0 / 3);
    private static final double FLIP = 0.5;

    private DataPipelines() {}

    /**
     * @param name short, for a table
     * @param views what is rendered of every picture
     */
    record Pipeline(String name, Views views) {}

    static List<Pipeline> all() {
        return List.of(
                new Pipeline("CMC: crop, flip, Lab", new ColorSplit.Config(ColorSpace.LAB, CROP, FLIP, 256).random()),
                new Pipeline("two crops, flip", new TwoCrops()));
    }

    /** Two random crops of a picture in RGB. */
    private static final class TwoCrops implements Views {
        private final Transform crop = new Compose(new RandomResizedCrop(CROP), new HorizontalFlip(FLIP));

        @Override
        public List<String> names() {
            return List.of("first", "second");
        }

        @Override
        public int channels(int view) {
            return 3;
        }

        @Override
        public int size() {
            return SIZE;
        }

        @Override
        public List<Mat> render(Mat rgb, RandomGenerator rng) {
            Mat first = Normalization.IMAGENET_RGB.planes(crop.apply(rgb, rng));
            return List.of(first, Normalization.IMAGENET_RGB.planes(crop.apply(rgb, rng)));
        }
    }
}
