package io.contrast4j.image;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Changes brightness, contrast, saturation and hue by random amounts in a random order, as torchvision does, byte for
 * byte as Pillow does.
 *
 * <p>The three factors are uniform in [max(0, 1 − strength), 1 + strength], the shift of the hue is uniform in
 * ±strength; a new order of the four is drawn for every picture, all orders being equally likely.
 */
public final class ColorJitter implements Transform {
    private final Config config;

    public ColorJitter(Config config) {
        this.config = config;
    }

    /**
     * A strength of 0 leaves its operation out.
     *
     * @param probability that a picture is changed at all, 0…1
     * @param brightness strength, at least 0
     * @param contrast strength, at least 0
     * @param saturation strength, at least 0
     * @param hue strength in turns of the colour circle, 0…½
     */
    @TypeName("color-jitter")
    public record Config(double probability, double brightness, double contrast, double saturation, double hue)
            implements Transform.Drawn {
        public Config {
            new Problems()
                    .between("probability", probability, 0, 1)
                    .atLeast("brightness", brightness, 0)
                    .atLeast("contrast", contrast, 0)
                    .atLeast("saturation", saturation, 0)
                    .between("hue", hue, 0, 0.5)
                    .raise();
        }

        @Override
        public Optional<Change> draw(RandomGenerator rng) {
            return Change.sometimes(probability, rng, () -> new Change.Adjusted(new ColorJitter(this).draw(rng)));
        }

        private double strength(Operation operation) {
            return switch (operation) {
                case BRIGHTNESS -> brightness;
                case CONTRAST -> contrast;
                case SATURATION -> saturation;
                case HUE -> hue;
            };
        }
    }

    /** What is changed. The first three blend the picture with another one, their base; see {@link Adjustment}. */
    public enum Operation {
        /** The base is black. */
        BRIGHTNESS,
        /** The base is grey all over: ⌊mean luma + ½⌋. */
        CONTRAST,
        /** The base is the picture in grey. */
        SATURATION,
        /** Turns the colour circle. */
        HUE
    }

    /**
     * One operation and how far it goes.
     *
     * @param amount of the hue, its shift in turns: 8-bit hues move by trunc(255·amount); of the others, the factor f,
     *     at least 0, in base + f·(picture − base), computed in float32 and cut to integers in 0…255
     */
    public record Adjustment(Operation operation, double amount) {}

    @Override
    public Mat apply(Mat rgb, RandomGenerator rng) {
        return adjust(rgb, draw(rng));
    }

    /** A shift of the hue in turns as steps of 8-bit hues. */
    static int hueSteps(double turns) {
        return (int) (255 * turns);
    }

    /** Draws what is done to one picture, in its order. */
    List<Adjustment> draw(RandomGenerator rng) {
        List<Adjustment> drawn = new ArrayList<>();
        for (Operation operation : Operation.values()) {
            double strength = config.strength(operation);
            if (strength > 0) {
                double amount = operation == Operation.HUE
                        ? Uniform.between(-strength, strength, rng)
                        : Uniform.between(Math.max(0, 1 - strength), 1 + strength, rng);
                drawn.add(rng.nextInt(drawn.size() + 1), new Adjustment(operation, amount));
            }
        }
        return drawn;
    }

    /**
     * The picture after these adjustments, one after the other.
     *
     * @param rgb 8-bit, RGB order
     * @return a new picture that belongs to the caller's scope, or {@code rgb} if there are no adjustments
     */
    public static Mat adjust(Mat rgb, List<Adjustment> adjustments) {
        if (adjustments.isEmpty()) {
            return rgb;
        }
        PackedPixels pixels = PackedPixels.of(rgb);
        List<PackedPixels.Step> steps = new ArrayList<>();
        for (Adjustment adjustment : adjustments) {
            double amount = adjustment.amount;
            switch (adjustment.operation) {
                case BRIGHTNESS -> steps.add(new Blend(amount).withGrey(0));
                case CONTRAST -> {
                    Luma.Mean mean = new Luma.Mean();
                    steps.add(mean);
                    if (steps.size() == 1) {
                        pixels.show(steps);
                    } else {
                        pixels.change(steps);
                    }
                    steps.clear();
                    steps.add(new Blend(amount).withGrey(mean.rounded()));
                }
                case SATURATION -> steps.add(new Blend(amount).withLuma());
                case HUE -> steps.add(new HueShift(hueSteps(amount)));
            }
        }
        pixels.change(steps);
        return pixels.toRgb();
    }
}
