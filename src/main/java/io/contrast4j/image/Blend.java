package io.contrast4j.image;

import java.util.Arrays;

/**
 * Moves values away from a base or towards it: base + factor·(value − base) in float32, cut to an integer and to 0…255,
 * as Pillow's {@code Image.blend} does it. Factor 0 gives the base, 1 the value.
 *
 * <p>Almost every factor has an integer m with ⌊factor·d⌋ = (m·d) » s for all differences d; then pictures are blended
 * with vectors of ints. A factor that has none, or whose products come so close below an integer that the float32 sum
 * might be rounded up to it, takes the slow way.
 */
final class Blend {
    private static final int BITS = 22;

    /** Twice the largest error of a float32 sum below 256. */
    private static final double CLOSE = 0x1p-16;

    private final float factor;
    private final int shift;
    private final int multiplier;
    private final boolean vectorised;

    Blend(double factor) {
        this.factor = (float) factor;
        // So that the largest difference times the multiplier fits an int.
        this.shift = BITS - Math.max(0, Math.getExponent(this.factor));
        this.multiplier = shift > 0 ? (int) Math.rint(this.factor * Math.scalb(1.0, shift)) : 0;
        this.vectorised = shift > 0 && agrees();
    }

    private boolean agrees() {
        for (int difference = -255; difference <= 255; difference++) {
            float product = factor * difference;
            double rest = (double) product - (multiplier * difference >> shift);
            if (!(rest >= 0 && rest <= 1 - CLOSE)) {
                return false;
            }
        }
        return true;
    }

    int of(int base, int value) {
        float blended = base + factor * (value - base);
        return (int) Math.max(0, Math.min(255, blended));
    }

    /** Blends every channel with a constant. */
    PackedPixels.Step withGrey(int grey) {
        int[] base = new int[PackedPixels.BLOCK];
        Arrays.fill(base, grey);
        return (pixels, count) -> blend(pixels, count, base);
    }

    /** Blends every channel with the brightness of its pixel. */
    PackedPixels.Step withLuma() {
        int[] base = new int[PackedPixels.BLOCK];
        return (pixels, count) -> {
            Luma.of(pixels, count, base);
            blend(pixels, count, base);
        };
    }

    private void blend(int[] pixels, int count, int[] base) {
        for (int channel = 0; channel < 24; channel += 8) {
            if (vectorised) {
                vectorised(pixels, count, base, channel, ~(0xFF << channel));
            } else {
                exact(pixels, count, base, channel, ~(0xFF << channel));
            }
        }
    }

    private void vectorised(int[] pixels, int count, int[] base, int channel, int others) {
        int factor = multiplier;
        int bits = shift;
        for (int i = 0; i < count; i++) {
            int pixel = pixels[i];
            int from = base[i];
            int value = from + (factor * ((pixel >>> channel & 0xFF) - from) >> bits);
            value &= ~(value >> 31); // at least 0
            value = (value | (255 - value >> 31)) & 0xFF; // at most 255
            pixels[i] = pixel & others | value << channel;
        }
    }

    private void exact(int[] pixels, int count, int[] base, int channel, int others) {
        for (int i = 0; i < count; i++) {
            pixels[i] = pixels[i] & others | of(base[i], pixels[i] >>> channel & 0xFF) << channel;
        }
    }
}
