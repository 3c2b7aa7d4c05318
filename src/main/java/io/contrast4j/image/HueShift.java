package io.contrast4j.image;

/**
 * Turns the hue of every pixel by a number of steps of 1/255 of the circle, in 8-bit HSV as Pillow defines it.
 *
 * <p>There, V = max, S = ⌊255·(max − min)/max⌋ and H = ⌊255·frac(h/6 + 1)⌋; with rc = (max − R)/(max − min) and so on, h
 * is bc − gc if R is the maximum, else 2 + rc − bc if G is, else 4 + gc − rc; grey has H = S = 0. Adding to H wraps at
 * 256. Back, every channel is V·(1 − S·w/(255·85)), rounded: with i = ⌊6H/255⌋ and k = 2H − 85i, one channel has the weight w
 * = 0, one 85, and one k or 85 − k.
 *
 * <p>Both divisions on the way to HSV are looked up. All else is done with vectors of ints: as 255·85 is odd, no
 * rounding is ever a tie.
 */
final class HueShift implements PackedPixels.Step {
    static final int WHOLE = 255 * 85;
    static final int HUES = 256;

    /** S of 256·max + spread, where spread = max − min. */
    static final byte[] SATURATION = new byte[1 << 16];

    /** H of 2¹⁶·order + 2⁸·spread + middle − min, where order has the bits R &lt; G, G &lt; B and R &lt; B. */
    static final byte[] HUE = new byte[8 << 16];

    static {
        for (int max = 1; max <= 255; max++) {
            for (int spread = 0; spread <= max; spread++) {
                SATURATION[max << 8 | spread] = (byte) (255.0 * ((float) spread / max));
            }
        }
        for (int order = 0; order < 8; order++) {
            for (int spread = 1; spread <= 255; spread++) {
                for (int middle = 0; middle <= spread; middle++) {
                    HUE[order << 16 | spread << 8 | middle] = (byte) hue(order, spread, middle);
                }
            }
        }
    }

    /** The weights of R, G and B, seven bits each, for every H before the shift. */
    private final int[] weights = new int[HUES];

    private final int[] peak = new int[PackedPixels.BLOCK];
    private final int[] code = new int[PackedPixels.BLOCK];

    /** @param steps may be negative */
    HueShift(int steps) {
        for (int hue = 0; hue < HUES; hue++) {
            weights[hue] = weights(hue + steps & 0xFF);
        }
    }

    private static int hue(int order, int spread, int middle) {
        boolean greenAboveRed = (order & 4) != 0;
        boolean blueAboveGreen = (order & 2) != 0;
        boolean blueAboveRed = (order & 1) != 0;
        float between = (float) (spread - middle) / spread; // of the middle channel; that of the lowest is 1
        float sixths;
        if (!greenAboveRed && !blueAboveRed) {
            sixths = blueAboveGreen ? between - 1 : 1 - between;
        } else if (greenAboveRed && !blueAboveGreen) {
            sixths = (float) (blueAboveRed ? 2.0 + 1 - between : 2.0 + between - 1);
        } else {
            sixths = (float) (greenAboveRed ? 4.0 + between - 1 : 4.0 + 1 - between);
        }
        float turns = (float) ((sixths / 6.0 + 1) % 1);
        return (int) (turns * 255.0);
    }

    /** What a hue gives R, G and B of the saturation to be without, in 85ths: seven bits each. */
    static int weights(int hue) {
        int sixth = 2 * hue / 85;
        int rising = 2 * hue - 85 * sixth;
        int falling = 85 - rising;
        return switch (sixth % 6) {
            case 0 -> weights(0, falling, 85);
            case 1 -> weights(rising, 0, 85);
            case 2 -> weights(85, 0, falling);
            case 3 -> weights(85, rising, 0);
            case 4 -> weights(falling, 85, 0);
            default -> weights(0, 85, rising);
        };
    }

    private static int weights(int red, int green, int blue) {
        return red | green << 7 | blue << 14;
    }

    @Override
    public void apply(int[] pixels, int count) {
        maximum(pixels, count, peak);
        spread(pixels, count, peak);
        order(pixels, count, peak, code);
        lookUp(count);
        for (int channel = 0; channel < 3; channel++) {
            toChannel(pixels, count, 7 * channel, 8 * channel, ~(0xFF << 8 * channel));
        }
    }

    private static void maximum(int[] pixels, int count, int[] peak) {
        for (int i = 0; i < count; i++) {
            int red = pixels[i] & 0xFF;
            int green = pixels[i] >>> 8 & 0xFF;
            int blue = pixels[i] >>> 16 & 0xFF;
            int higher = red - (red - green & red - green >> 31);
            peak[i] = higher - (higher - blue & higher - blue >> 31);
        }
    }

    /** From max to 256·max + max − min. */
    private static void spread(int[] pixels, int count, int[] peak) {
        for (int i = 0; i < count; i++) {
            int red = pixels[i] & 0xFF;
            int green = pixels[i] >>> 8 & 0xFF;
            int blue = pixels[i] >>> 16 & 0xFF;
            int lower = green + (red - green & red - green >> 31);
            peak[i] = 257 * peak[i] - blue - (lower - blue & lower - blue >> 31);
        }
    }

    /** The index of the hue. A negative difference has all the high bits, so that one of them says which is larger. */
    private static void order(int[] pixels, int count, int[] peak, int[] code) {
        for (int i = 0; i < count; i++) {
            int red = pixels[i] & 0xFF;
            int green = pixels[i] >>> 8 & 0xFF;
            int blue = pixels[i] >>> 16 & 0xFF;
            int order = (red - green & 4 << 16) + (green - blue & 2 << 16) + (red - blue & 1 << 16);
            // middle − min = R + G + B − max − 2·min = R + G + B − 3·max + 2·spread
            code[i] = order + (256 + 2) * (peak[i] & 0xFF) + red + green + blue - 3 * (peak[i] >>> 8);
        }
    }

    /** From the indices to the weights and, above them, S. */
    private void lookUp(int count) {
        for (int i = 0; i < count; i++) {
            code[i] = weights[HUE[code[i]] & 0xFF] | (SATURATION[peak[i]] & 0xFF) << 21;
        }
    }

    private void toChannel(int[] pixels, int count, int weightBits, int channelBits, int others) {
        int[] peaks = peak;
        int[] codes = code;
        for (int i = 0; i < count; i++) {
            int value = peaks[i] >>> 8;
            int weight = codes[i] >>> weightBits & 0x7F;
            int dividend = WHOLE * value + WHOLE / 2 - value * (codes[i] >>> 21) * weight;
            // dividend/WHOLE, rounded down: an estimate that is exact or 1 too small, and what is missing.
            int quotient = (dividend >>> 8) * 99074 >>> 23;
            quotient += WHOLE - 1 - (dividend - quotient * WHOLE) >>> 31;
            pixels[i] = pixels[i] & others | quotient << channelBits;
        }
    }
}
