package io.contrast4j.fit;

/**
 * A run as it was chosen.
 *
 * @param technique what is trained
 * @param size of the crops in pixels
 * @param isSmall whether the pictures are so small that the network keeps their resolution and nothing is blurred
 * @param depth layers of the ResNet
 * @param channels of its stem
 * @param batch pictures in a step
 * @param others rows of the queue, or negatives drawn out of the bank; of no matter where a batch is contrasted with itself
 * @param epochs passes over the pictures
 * @param workers threads that read pictures
 */
public record Plan(
        Technique technique,
        int size,
        boolean isSmall,
        int depth,
        int channels,
        int batch,
        int others,
        int epochs,
        int workers) {
    /** The same with smaller batches. */
    public Plan withBatch(int smaller) {
        return new Plan(technique, size, isSmall, depth, channels, smaller, others, epochs, workers);
    }

    /** The same with other epochs. */
    public Plan withEpochs(int other) {
        return new Plan(technique, size, isSmall, depth, channels, batch, others, other, workers);
    }

    /** Steps of an epoch over so many pictures. */
    public int stepsPerEpoch(int pictures) {
        return pictures / batch;
    }
}
