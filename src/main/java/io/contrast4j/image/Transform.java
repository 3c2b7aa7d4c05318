package io.contrast4j.image;

import java.util.Optional;
import java.util.random.RandomGenerator;
import org.bytedeco.opencv.opencv_core.Mat;

/** Turns one picture into another. */
@FunctionalInterface
public interface Transform {
    /**
     * The transformed picture.
     *
     * @param rgb H×W, 8-bit, RGB order; it is not changed, but it may be what is returned
     * @param rng the only source of randomness
     * @return H'×W', 8-bit, RGB order; a new Mat belongs to the scope that is open on this thread
     */
    Mat apply(Mat rgb, RandomGenerator rng);

    /** One step on the way from a picture to a view; {@code type} in a configuration says which. */
    sealed interface Config
            permits RandomResizedCrop.Config,
                    RandomCrop.Config,
                    Resize.Config,
                    CenterCrop.Config,
                    Drawn,
                    RandAugment.Config,
                    Cutout.Config,
                    RandomErasing.Config {
        /**
         * The step.
         *
         * @param size side in pixels of the view that is made, at least 1; only crops use it
         */
        Transform create(int size);

        /** What becomes of the size of a picture. */
        default Size sizeAfter() {
            return Size.KEPT;
        }
    }

    /**
     * A step that keeps the size of a picture and draws what it does without a look at it: it can be done later, and to many
     * pictures at once ({@link BatchedChanges}).
     */
    sealed interface Drawn extends Config
            permits HorizontalFlip.Config, ColorJitter.Config, Grayscale.Config, GaussianBlur.Config, Solarize.Config {
        /** What is done to one picture; empty where it is left as it is. */
        Optional<Change> draw(RandomGenerator rng);

        @Override
        default Transform create(int size) {
            return (rgb, rng) -> draw(rng).map(change -> change.apply(rgb)).orElse(rgb);
        }
    }

    /** What a transform does to the size of a picture. */
    enum Size {
        /** Nothing. */
        KEPT,
        /** It becomes that of the view. */
        CROPPED,
        /** It becomes another. */
        CHANGED
    }
}
