package io.contrast4j.image;

/** The brightness of a pixel, 0…255: (19595·R + 38470·G + 7471·B + 2¹⁵) » 16, the weights of ITU-R BT.601. */
final class Luma {
    private Luma() {}

    static void of(int[] pixels, int count, int[] luma) {
        for (int i = 0; i < count; i++) {
            int pixel = pixels[i];
            luma[i] = (19595 * (pixel & 0xFF) + 38470 * (pixel >>> 8 & 0xFF) + 7471 * (pixel >>> 16 & 0xFF) + 0x8000)
                    >>> 16;
        }
    }

    /** Measures the mean over all pixels that it is shown. */
    static final class Mean implements PackedPixels.Step {
        private final int[] luma = new int[PackedPixels.BLOCK];

        /** One sum for each place in a block: adding arrays is faster than adding up one. */
        private final int[] sums = new int[PackedPixels.BLOCK];

        private long total;

        @Override
        public void apply(int[] pixels, int count) {
            Luma.of(pixels, count, luma);
            for (int i = 0; i < count; i++) {
                sums[i] += luma[i];
            }
            total += count;
        }

        /** ⌊mean + ½⌋. */
        int rounded() {
            long sum = 0;
            for (int part : sums) {
                sum += part;
            }
            return (int) ((double) sum / total + 0.5);
        }
    }
}
