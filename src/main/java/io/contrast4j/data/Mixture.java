package io.contrast4j.data;

import io.contrast4j.image.Box;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import java.util.List;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Scalar;

/**
 * Changes the views of a training picture, mostly by mixing in those of other training pictures (Shen et al.,
 * "Rethinking image mixture for unsupervised visual representation learning", 2020). Label and index stay those of the
 * picture itself.
 *
 * <p>The records are its kinds, named by {@code type} in a configuration. All work on what the encoders get, after cropping and normalisation, so 0 is a mean colour. All views of a picture
 * have one size H×W and are changed alike: by the same partner, the same share, the same box.
 */
public sealed interface Mixture {
    /**
     * Changes the views of one picture.
     *
     * @param planes the channels of all views, each H×W, float32; changed in place
     * @param partners other pictures, drawn uniformly; the picture itself may be among them
     */
    void mix(List<Mat> planes, Partners partners, Chance chance);

    /** Draws another training picture. */
    @FunctionalInterface
    interface Partners {
        /** The planes of a picture that is drawn now; they belong to the caller's scope, who may change them. */
        List<Mat> draw(Chance chance);
    }

    /** Pictures are left as they are. */
    @TypeName("none")
    record None() implements Mixture {
        @Override
        public void mix(List<Mat> planes, Partners partners, Chance chance) {}
    }

    /**
     * Whole pictures are blended: with a probability the picture becomes {@code λ·picture + (1 − λ)·partner}, λ from
     * Beta(α, α); and again, on what it has become by then.
     *
     * @param alpha α, above 0
     * @param rounds how often it may happen to a picture
     * @param probability of each round
     */
    @TypeName("global")
    record Global(double alpha, int rounds, double probability) implements Mixture {
        public Global {
            new Problems()
                    .above("alpha", alpha, 0)
                    .atLeast("rounds", rounds, 0)
                    .between("probability", probability, 0, 1)
                    .raise();
        }

        @Override
        public void mix(List<Mat> planes, Partners partners, Chance chance) {
            for (int round = 0; round < rounds; round++) {
                if (chance.unit() <= probability) {
                    List<Mat> partner = partners.draw(chance);
                    double share = chance.beta(alpha);
                    for (int i = 0; i < planes.size(); i++) {
                        Mat own = planes.get(i);
                        opencv_core.addWeighted(own, share, partner.get(i), 1 - share, 0, own);
                    }
                }
            }
        }
    }

    /**
     * A box of the picture is replaced by that of a partner, with a probability, and again. The area of the box is 1 − λ of
     * the picture, λ from Beta(β, β), before it is cut off at the border.
     *
     * @param beta β; 0 for never
     * @param rounds how often it may happen to a picture
     * @param probability of each round
     * @param decay what the picture is multiplied by before the first round, if that takes place
     */
    @TypeName("region")
    record Region(double beta, int rounds, double probability, double decay) implements Mixture {
        public Region {
            new Problems()
                    .atLeast("beta", beta, 0)
                    .atLeast("rounds", rounds, 0)
                    .between("probability", probability, 0, 1)
                    .between("decay", decay, 0, 1)
                    .raise();
        }

        @Override
        public void mix(List<Mat> planes, Partners partners, Chance chance) {
            for (int round = 0; round < rounds; round++) {
                double draw = chance.unit();
                if (beta > 0 && draw <= probability) {
                    double share = chance.beta(beta);
                    List<Mat> partner = partners.draw(chance);
                    if (round == 0 && decay != 1) {
                        planes.forEach(plane -> plane.convertTo(plane, -1, decay, 0));
                    }
                    int height = planes.get(0).rows();
                    int width = planes.get(0).cols();
                    Box box = box(height, width, share, chance.integer(0, height), chance.integer(0, width));
                    for (int i = 0; i < planes.size() && box.height() > 0 && box.width() > 0; i++) {
                        box.cut(partner.get(i)).copyTo(box.cut(planes.get(i)));
                    }
                }
            }
        }

        /**
         * The box about a centre whose sides are √(1 − λ) of the picture's, rounded down to an even number, within the
         * picture.
         *
         * @param share λ
         */
        static Box box(int height, int width, double share, int row, int column) {
            double side = Math.sqrt(1 - share);
            int halfHeight = (int) (height * side) / 2;
            int halfWidth = (int) (width * side) / 2;
            int top = Math.max(0, row - halfHeight);
            int left = Math.max(0, column - halfWidth);
            int bottom = Math.min(height, row + halfHeight);
            int right = Math.min(width, column + halfWidth);
            return new Box(top, left, Math.max(0, bottom - top), Math.max(0, right - left));
        }
    }

    /** Both, one after the other: the partners whose boxes are pasted are globally mixed themselves. */
    @TypeName("both")
    record Both(Global global, Region region) implements Mixture {
        @Override
        public void mix(List<Mat> planes, Partners partners, Chance chance) {
            global.mix(planes, partners, chance);
            region.mix(planes, others -> mixed(partners, others), chance);
        }

        private List<Mat> mixed(Partners partners, Chance chance) {
            List<Mat> partner = partners.draw(chance);
            global.mix(partner, partners, chance);
            return partner;
        }
    }

    /**
     * A square is overwritten, with a probability (DeVries and Taylor, "Improved regularization of convolutional neural
     * networks with Cutout", 2017).
     *
     * @param size its side, as a share of the picture's
     * @param probability of the whole
     * @param inside whether it lies within the picture, or is cut off at the border
     * @param value what it is filled with
     */
    @TypeName("cutout")
    record Cutout(double size, double probability, boolean inside, double value) implements Mixture {
        public Cutout {
            new Problems()
                    .require(size > 0 && size <= 1, "size", size, "above 0 and at most 1")
                    .between("probability", probability, 0, 1)
                    .raise();
        }

        @Override
        public void mix(List<Mat> planes, Partners partners, Chance chance) {
            if (chance.unit() > probability) {
                return;
            }
            int height = planes.get(0).rows();
            int width = planes.get(0).cols();
            int side = Math.max(1, (int) Math.rint(size * Math.min(height, width)));
            int half = side / 2;
            int offset = side % 2 == 0 ? 1 : 0;
            int margin = inside ? half : 0;
            int first = chance.integer(margin, width + offset - margin) - half;
            int second = chance.integer(margin, height + offset - margin) - half;
            // As published, the range within the width counts rows: the same thing, since pictures are squares.
            int rows = Math.min(first + side, width) - first;
            int columns = Math.min(second + side, height) - second;
            paint(planes, new Box(first, second, rows, columns), value);
        }
    }

    /**
     * A rectangle is overwritten by one random value in 0…1, with a probability (Zhong et al., "Random erasing data
     * augmentation", 2017). Its aspect ratio is uniform in minAspect … 1/minAspect.
     *
     * @param probability of the whole
     * @param minArea its least area, as a share of the picture's
     * @param maxArea its largest area, as a share of the picture's
     * @param minAspect above 0, at most 1
     * @param maxAttempts draws of a rectangle that fits, before the picture is left as it is
     */
    @TypeName("random-erasing")
    record RandomErasing(double probability, double minArea, double maxArea, double minAspect, int maxAttempts)
            implements Mixture {
        public RandomErasing {
            // It takes what the augmentation takes, which refuses anything else.
            new io.contrast4j.image.RandomErasing.Config(probability, minArea, maxArea, minAspect, maxAttempts);
        }

        @Override
        public void mix(List<Mat> planes, Partners partners, Chance chance) {
            if (chance.unit() > probability) {
                return;
            }
            int height = planes.get(0).rows();
            int width = planes.get(0).cols();
            for (int attempt = 0; attempt < maxAttempts; attempt++) {
                double area = chance.uniform(minArea, maxArea) * height * width;
                double aspect = chance.uniform(minAspect, 1 / minAspect);
                int h = (int) Math.sqrt(area * aspect);
                int w = (int) Math.sqrt(area / aspect);
                if (w < width && h < height) {
                    int first = chance.integer(0, width - w);
                    int second = chance.integer(0, height - h);
                    paint(planes, new Box(first, second, w, h), chance.uniform(0, 1));
                    return;
                }
            }
        }
    }

    /** Gives a box one value, as far as it is inside of the pictures. */
    private static void paint(List<Mat> planes, Box box, double value) {
        planes.forEach(plane -> box.paint(plane, Scalar.all(value)));
    }
}
