package io.contrast4j.image;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import java.util.random.RandomGenerator;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Scales the shorter side to a given length; the other becomes ⌊length·long/short⌋.
 *
 * <p>Of a picture more than 128 times as long as it is wide only the middle is taken: the whole would be larger than memory.
 *
 * @param shorterSide in pixels
 */
public record Resize(int shorterSide) implements Transform {
    private static final int THINNEST = 128;

    public Resize {
        new Problems().atLeast("shorterSide", shorterSide, 1).raise();
    }

    /** @param side length of the shorter side in pixels, at least 1 */
    @TypeName("resize")
    public record Config(int side) implements Transform.Config {
        public Config {
            new Problems().between("side", side, 1, 8192).raise();
        }

        @Override
        public Transform create(int size) {
            return new Resize(side);
        }

        @Override
        public Size sizeAfter() {
            return Size.CHANGED;
        }
    }

    @Override
    public Mat apply(Mat rgb, RandomGenerator rng) {
        int shortest = Math.min(rgb.rows(), rgb.cols());
        int longest = (int) Math.min(Math.max(rgb.rows(), rgb.cols()), (long) shortest * THINNEST);
        if (longest < Math.max(rgb.rows(), rgb.cols())) {
            int height = Math.min(rgb.rows(), longest);
            int width = Math.min(rgb.cols(), longest);
            Mat middle = new Box((rgb.rows() - height) / 2, (rgb.cols() - width) / 2, height, width).cut(rgb);
            return apply(middle, rng);
        }
        return Resampling.resize(rgb, Box.of(rgb), scaled(rgb.rows(), shortest), scaled(rgb.cols(), shortest));
    }

    private int scaled(int side, int shortest) {
        return side == shortest ? shorterSide : (int) ((long) shorterSide * side / shortest);
    }
}
