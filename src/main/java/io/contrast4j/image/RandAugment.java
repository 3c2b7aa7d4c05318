package io.contrast4j.image;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Applies operations that are drawn from {@linkplain Operation sixteen}, uniformly and with replacement, all at the same
 * magnitude (Cubuk et al., "RandAugment", NeurIPS 2020).
 */
public final class RandAugment implements Transform {
    private static final int MOST = 30;

    private final Config config;

    public RandAugment(Config config) {
        this.config = config;
    }

    /**
     * @param count operations that are applied to a picture, one after the other
     * @param magnitude how strong they are, 0…30
     */
    @TypeName("rand-augment")
    public record Config(int count, int magnitude) implements Transform.Config {
        public Config {
            new Problems()
                    .atLeast("count", count, 1)
                    .between("magnitude", magnitude, 0, MOST)
                    .raise();
        }

        @Override
        public Transform create(int size) {
            return new RandAugment(this);
        }
    }

    /**
     * What can be done to a picture. At magnitude M an operation gets the value min + (max − min)·M/30; half of the time
     * its negative, where the direction is open.
     */
    public enum Operation {
        /** Stretches each channel to 0…255. */
        AUTO_CONTRAST(0, 1) {
            @Override
            public Mat apply(Mat rgb, double value, RandomGenerator rng) {
                return ToneCurve.autoContrast(rgb).apply(rgb);
            }
        },
        /** Evens out the histogram of each channel. */
        EQUALIZE(0, 1) {
            @Override
            public Mat apply(Mat rgb, double value, RandomGenerator rng) {
                return ToneCurve.equalize(rgb).apply(rgb);
            }
        },
        /** The negative. */
        INVERT(0, 1) {
            @Override
            public Mat apply(Mat rgb, double value, RandomGenerator rng) {
                return Solarize.solarize(rgb, 0);
            }
        },
        /** Turns by so many degrees, against the clock. */
        ROTATE(0, 30) {
            @Override
            public Mat apply(Mat rgb, double value, RandomGenerator rng) {
                return Warp.rotate(value, rgb.rows(), rgb.cols()).apply(rgb);
            }
        },
        /** Keeps so many high bits, rounded down, but at least one. */
        POSTERIZE(0, 4) {
            @Override
            public Mat apply(Mat rgb, double value, RandomGenerator rng) {
                return ToneCurve.posterize(Math.max(1, (int) value)).apply(rgb);
            }
        },
        /** Inverts values from here on. */
        SOLARIZE(0, 256) {
            @Override
            public Mat apply(Mat rgb, double value, RandomGenerator rng) {
                return Solarize.solarize(rgb, value);
            }
        },
        /** Adds so much, then inverts the values from 128. */
        SOLARIZE_ADD(0, 110) {
            @Override
            public Mat apply(Mat rgb, double value, RandomGenerator rng) {
                return ToneCurve.solarizeAdd(value).apply(rgb);
            }
        },
        /** Saturation by this factor. */
        COLOR(0.1, 1.9) {
            @Override
            public Mat apply(Mat rgb, double value, RandomGenerator rng) {
                return adjusted(rgb, ColorJitter.Operation.SATURATION, value);
            }
        },
        /** Contrast by this factor. */
        CONTRAST(0.1, 1.9) {
            @Override
            public Mat apply(Mat rgb, double value, RandomGenerator rng) {
                return adjusted(rgb, ColorJitter.Operation.CONTRAST, value);
            }
        },
        /** Brightness by this factor. */
        BRIGHTNESS(0.1, 1.9) {
            @Override
            public Mat apply(Mat rgb, double value, RandomGenerator rng) {
                return adjusted(rgb, ColorJitter.Operation.BRIGHTNESS, value);
            }
        },
        /** Smooths below 1, sharpens above. */
        SHARPNESS(0.1, 1.9) {
            @Override
            public Mat apply(Mat rgb, double value, RandomGenerator rng) {
                return Sharpness.adjust(rgb, value);
            }
        },
        /** Moves every row to the left by so many pixels more than the one above. */
        SHEAR_X(0, 0.3) {
            @Override
            public Mat apply(Mat rgb, double value, RandomGenerator rng) {
                return Warp.shearX(value).apply(rgb);
            }
        },
        /** Moves every column up by so many pixels more than the one to the left. */
        SHEAR_Y(0, 0.3) {
            @Override
            public Mat apply(Mat rgb, double value, RandomGenerator rng) {
                return Warp.shearY(value).apply(rgb);
            }
        },
        /** Covers a square of so many pixels; its centre is uniform in (1, W] and (1, H]. */
        CUTOUT(0, 40) {
            @Override
            public Mat apply(Mat rgb, double value, RandomGenerator rng) {
                double x = Uniform.between(rgb.cols(), 1, rng);
                double y = Uniform.between(rgb.rows(), 1, rng);
                return Cutout.absolute(rgb, value, x, y);
            }
        },
        /** Moves to the left by so many pixels. */
        TRANSLATE_X(0, 100) {
            @Override
            public Mat apply(Mat rgb, double value, RandomGenerator rng) {
                return Warp.translate(value, 0).apply(rgb);
            }
        },
        /** Moves up by so many pixels. */
        TRANSLATE_Y(0, 100) {
            @Override
            public Mat apply(Mat rgb, double value, RandomGenerator rng) {
                return Warp.translate(0, value).apply(rgb);
            }
        };

        private final double min;
        private final double max;

        Operation(double min, double max) {
            this.min = min;
            this.max = max;
        }

        /**
         * The changed picture; a new one belongs to the caller's scope.
         *
         * @param value its meaning depends on the operation
         * @param rng for the place of the square of {@link #CUTOUT}
         */
        public abstract Mat apply(Mat rgb, double value, RandomGenerator rng);

        /** The value at a magnitude, 0…30. */
        public double value(double magnitude) {
            return min + (max - min) * (magnitude / MOST);
        }

        /** Whether the negative value is as good. */
        public boolean eitherDirection() {
            return switch (this) {
                case ROTATE, SHEAR_X, SHEAR_Y, TRANSLATE_X, TRANSLATE_Y -> true;
                default -> false;
            };
        }

        private static Mat adjusted(Mat rgb, ColorJitter.Operation operation, double factor) {
            return ColorJitter.adjust(rgb, List.of(new ColorJitter.Adjustment(operation, factor)));
        }
    }

    /**
     * An operation that was drawn.
     *
     * @param value with its sign
     */
    record Drawn(Operation operation, double value) {}

    @Override
    public Mat apply(Mat rgb, RandomGenerator rng) {
        Mat picture = rgb;
        for (Drawn drawn : draw(rng)) {
            picture = drawn.operation.apply(picture, drawn.value, rng);
        }
        return picture;
    }

    /** Draws what is done to one picture, in its order. */
    List<Drawn> draw(RandomGenerator rng) {
        Operation[] operations = Operation.values();
        List<Drawn> drawn = new ArrayList<>();
        for (int i = 0; i < config.count; i++) {
            Operation operation = operations[rng.nextInt(operations.length)];
            double value = operation.value(config.magnitude);
            boolean negative = operation.eitherDirection() && rng.nextBoolean();
            drawn.add(new Drawn(operation, negative ? -value : value));
        }
        return drawn;
    }
}
