package io.contrast4j.image;

import io.contrast4j.spec.Problems;
import java.util.ArrayList;
import java.util.List;

/**
 * The mean and standard deviation of each channel: (value − mean)/deviation.
 *
 * @param mean one per channel
 * @param deviation one per channel, as many, above 0
 */
public record Normalization(List<Double> mean, List<Double> deviation) {
    /** Of RGB in 0…1 over ImageNet. */
    public static final Normalization IMAGENET_RGB =
            new Normalization(List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225));

    /** Of Lab: half the range of each channel over the colours of ImageNet (Tian et al., "Contrastive multiview coding"). */
    public static final Normalization LAB = extremes(0, 100, -86.183, 98.233, -107.857, 94.478);

    /** Of YCbCr over ImageNet (Tian et al., "Contrastive multiview coding"). */
    public static final Normalization YCBCR =
            new Normalization(List.of(116.151, 121.080, 132.342), List.of(109.5, 111.855, 111.964));

    public Normalization {
        mean = List.copyOf(mean);
        deviation = List.copyOf(deviation);
        new Problems()
                .require(mean.size() == deviation.size(), "mean", mean, "as many numbers as deviation")
                .require(deviation.stream().allMatch(d -> d > 0), "deviation", deviation, "above 0")
                .raise();
    }

    /** Maps each channel's lowest and highest value to −1 and 1. */
    static Normalization extremes(double... lowHigh) {
        List<Double> mean = new ArrayList<>();
        List<Double> deviation = new ArrayList<>();
        for (int i = 0; i < lowHigh.length; i += 2) {
            mean.add((lowHigh[i] + lowHigh[i + 1]) / 2);
            deviation.add((lowHigh[i + 1] - lowHigh[i]) / 2);
        }
        return new Normalization(mean, deviation);
    }
}
