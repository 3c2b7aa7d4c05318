package io.contrast4j.fit;

import java.util.List;

/**
 * What is known of the pictures to learn from.
 *
 * @param count how many there are
 * @param classes how many there are; 0 for none
 * @param side the shorter one in pixels, median
 * @param isGrey whether they have no colours
 * @param mean of the channels, 0 to 1
 * @param deviation of the channels, likewise
 */
public record Pictures(int count, int classes, int side, boolean isGrey, List<Double> mean, List<Double> deviation) {
    public Pictures {
        mean = List.copyOf(mean);
        deviation = List.copyOf(deviation);
    }
}
