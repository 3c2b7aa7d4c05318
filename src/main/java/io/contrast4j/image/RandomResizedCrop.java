package io.contrast4j.image;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import java.util.random.RandomGenerator;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Cuts a random box of random area and aspect ratio and resizes it to a square: the crop of Szegedy et al., "Going
 * deeper with convolutions" (CVPR 2015).
 *
 * <p>Up to ten times, in an H×W picture: area = H·W·U(minArea, maxArea), aspect = exp U(ln minAspect, ln maxAspect),
 * width = round √(area·aspect), height = round √(area/aspect), ties to even; the box is taken if it fits, at a uniform
 * position. If none fits, the largest central box of an allowed aspect ratio is taken.
 */
public final class RandomResizedCrop implements Transform {
    private static final int ATTEMPTS = 10;

    private final Config config;
    private final int size;

    /** @param size side of the result in pixels */
    public RandomResizedCrop(Config config, int size) {
        this.config = config;
        this.size = size;
    }

    /**
     * @param minArea smallest area of the box, as a share of the picture, above 0
     * @param maxArea largest area of the box, as a share of the picture, at most 1
     * @param minAspect smallest width divided by height of the box
     * @param maxAspect largest width divided by height of the box
     */
    @TypeName("random-resized-crop")
    public record Config(double minArea, double maxArea, double minAspect, double maxAspect)
            implements Transform.Config {
        public Config {
            new Problems()
                    .require(minArea > 0 && minArea <= 1, "minArea", minArea, "above 0 and at most 1")
                    .between("maxArea", maxArea, Math.min(minArea, 1), 1)
                    .between("minAspect", minAspect, 0.01, 100)
                    .between("maxAspect", maxAspect, Math.max(0.01, minAspect), 100)
                    .raise();
        }

        @Override
        public Transform create(int size) {
            return new RandomResizedCrop(this, size);
        }

        @Override
        public Size sizeAfter() {
            return Size.CROPPED;
        }
    }

    @Override
    public Mat apply(Mat rgb, RandomGenerator rng) {
        return Resampling.resize(rgb, box(rgb.rows(), rgb.cols(), rng), size, size);
    }

    /** The pixels of a random box as they are; they share the memory of the picture and belong to the caller's scope. */
    public Mat cut(Mat rgb, RandomGenerator rng) {
        return box(rgb.rows(), rgb.cols(), rng).cut(rgb);
    }

    /** Draws a box in a picture of this size. */
    public Box box(int height, int width, RandomGenerator rng) {
        double logMin = Math.log(config.minAspect);
        double logMax = Math.log(config.maxAspect);
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            double area = (double) height * width * Uniform.between(config.minArea, config.maxArea, rng);
            double aspect = Math.exp(Uniform.between(logMin, logMax, rng));
            int w = (int) Math.rint(Math.sqrt(area * aspect));
            int h = (int) Math.rint(Math.sqrt(area / aspect));
            if (w > 0 && w <= width && h > 0 && h <= height) {
                return new Box(rng.nextInt(height - h + 1), rng.nextInt(width - w + 1), h, w);
            }
        }
        return centralBox(height, width);
    }

    /** The box that is taken when no draw fits. */
    Box centralBox(int height, int width) {
        double aspect = (double) width / height;
        int w = width;
        int h = height;
        if (aspect < config.minAspect) {
            h = Math.max(1, (int) Math.rint(width / config.minAspect));
        } else if (aspect > config.maxAspect) {
            w = Math.max(1, (int) Math.rint(height * config.maxAspect));
        }
        return new Box((height - h) / 2, (width - w) / 2, h, w);
    }
}
