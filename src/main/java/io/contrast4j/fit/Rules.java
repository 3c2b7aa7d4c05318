package io.contrast4j.fit;

import io.contrast4j.spec.UserError;

/** Chooses a run. The numbers are those of the published runs where these are for such pictures; docs/init.md says which. */
public final class Rules {
    /** Fewer pictures are no task. */
    public static final int LEAST_PICTURES = 16;

    /** Sides of pictures, in pixels. */
    private static final int SMALL = 40;

    private static final int MIDDLE = 80;
    private static final int LARGE = 160;
    private static final int LEAST_SIZE = 16;

    /** From so many pictures on a ResNet-50 is worth its time. */
    private static final int PICTURES_OF_RESNET_50 = 50_000;

    private static final int MANY_CORES = 16;
    private static final int LEAST_BATCH = 8;
    private static final int LARGEST_QUEUE = 65_536;
    private static final int MOST_NEGATIVES = 4096;

    private Rules() {}

    /**
     * Chooses.
     *
     * @throws UserError if there are too few pictures, or the technique cannot learn from them
     */
    public static Plan choose(Technique technique, Pictures pictures, Machine machine) {
        check(technique, pictures);
        int size = size(pictures.side(), machine);
        int half = Integer.highestOneBit(pictures.count() / 2);
        int batch = Math.max(LEAST_BATCH, Math.min(half, batch(technique, pictures.count(), machine)));
        boolean isSmall = pictures.side() <= SMALL;
        return new Plan(
                technique,
                size,
                isSmall,
                depth(pictures, size, machine),
                channels(isSmall, machine),
                batch,
                Math.min(half, technique.hasBank() ? MOST_NEGATIVES : LARGEST_QUEUE),
                epochs(pictures.count()),
                Math.min(machine.cores(), MANY_CORES));
    }

    private static void check(Technique technique, Pictures pictures) {
        if (pictures.count() < LEAST_PICTURES) {
            throw new UserError(
                    UserError.USAGE,
                    "There " + (pictures.count() == 1 ? "is 1 picture" : "are " + pictures.count() + " pictures")
                            + " to learn from, and a run needs at least " + LEAST_PICTURES
                            + ": it learns by telling them from each other; add some.");
        }
        if (technique == Technique.SUPCON && pictures.classes() == 0) {
            throw new UserError(
                    UserError.USAGE,
                    "--method supcon learns from classes, and these pictures have none; give each class a folder, or take"
                            + " --method moco.");
        }
        if (technique == Technique.CMC && pictures.isGrey()) {
            throw new UserError(
                    UserError.USAGE,
                    "--method cmc contrasts luminance with colours, and these pictures are grey; take --method moco.");
        }
    }

    /** Never much larger than the pictures; without a GPU a quarter of ImageNet's pixels or less. */
    private static int size(int side, Machine machine) {
        if (side <= SMALL) {
            return Math.max(LEAST_SIZE, side);
        }
        if (side < MIDDLE) {
            return Math.min(64, side / 8 * 8);
        }
        if (side < LARGE) {
            return machine.hasGpu() ? 96 : 64;
        }
        return machine.hasGpu() ? 224 : 96;
    }

    private static int depth(Pictures pictures, int size, Machine machine) {
        return machine.hasGpu() && pictures.count() >= PICTURES_OF_RESNET_50 && size == 224 ? 50 : 18;
    }

    /** Of CIFAR's stem, after which pictures are as large as before, every channel costs 16 times as much. */
    private static int channels(boolean isSmall, Machine machine) {
        if (machine.hasGpu()) {
            return 64;
        }
        return (isSmall ? 16 : 32) * (machine.cores() >= MANY_CORES ? 2 : 1);
    }

    private static int batch(Technique technique, int count, Machine machine) {
        int usual = count >= 20_000 ? 128 : count >= 2000 ? 64 : count >= 512 ? 32 : 16;
        int larger = machine.hasGpu() ? 2 : 1;
        // What is contrasted with a batch only has no other negatives.
        return usual * larger * (technique.isInBatch() ? 2 : 1);
    }

    /** As many as there is time for, up to these. */
    static int epochs(int count) {
        return count >= 500_000 ? 200 : count >= 50_000 ? 400 : 800;
    }
}
