package io.contrast4j.image;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Blurs by a Gaussian of random width, byte for byte as Pillow does: three box blurs along the rows, then three along
 * the columns, with bytes in between.
 *
 * <p>The boxes have the standard deviation σ together. With v = σ²/3 and l = ⌊(√(12v + 1) − 1)/2⌋ their radius is ρ = l +
 * (2l + 1)(l(l + 1) − 3v)/(6(v − (l + 1)²)), not an integer: the R = ⌊ρ⌋ pixels on both sides have the full weight ww =
 * ⌊2²⁴/(2ρ + 1)⌋, the next ones fw = ⌊(2²⁴ − (2R + 1)·ww)/2⌋, and the sum is divided by 2²⁴ and rounded. Beyond the border
 * the outermost pixels are repeated.
 */
public final class GaussianBlur {
    static final int PASSES = 3;
    private static final int CHANNELS = 3;

    /** Rows that are converted between bytes and ints at a time, so that the ints stay in the cache. */
    private static final int BLOCK = 32;

    static {
        OpenCv.prepare();
    }

    private GaussianBlur() {}

    /**
     * The width σ is uniform between its limits.
     *
     * @param probability that a picture is blurred, 0…1
     * @param minSigma least σ in pixels, above 0
     * @param maxSigma largest σ in pixels
     */
    @TypeName("gaussian-blur")
    public record Config(double probability, double minSigma, double maxSigma) implements Transform.Drawn {
        public Config {
            new Problems()
                    .between("probability", probability, 0, 1)
                    .above("minSigma", minSigma, 0)
                    .between("maxSigma", maxSigma, minSigma, 100)
                    .raise();
        }

        @Override
        public Optional<Change> draw(RandomGenerator rng) {
            return Change.sometimes(
                    probability, rng, () -> new Change.Blurred(Uniform.between(minSigma, maxSigma, rng)));
        }
    }

    /**
     * The blurred picture; it belongs to the caller's scope.
     *
     * @param rgb 8-bit, three channels
     * @param sigma in pixels, above 0
     */
    public static Mat blur(Mat rgb, double sigma) {
        Kernel kernel = Kernel.of(sigma);
        Mat result = new Mat(rgb.rows(), rgb.cols(), opencv_core.CV_8UC3);
        try (Mat source = new Mat();
                Mat target = new Mat(Math.min(BLOCK, rgb.rows()), rgb.cols(), opencv_core.CV_32SC3)) {
            IntBuffer targetRows = ints(target);
            int length = rgb.cols() * CHANNELS;
            Rows rows = new Rows(rgb, kernel, new AlongRow(rgb, source, kernel));
            for (int pass = 0; pass < PASSES; pass++) {
                rows = new Rows(rgb, kernel, new AcrossRows(rows, kernel));
            }
            for (int y = 0; y < rgb.rows(); y++) {
                targetRows.put(y % BLOCK * length, rows.row(y));
                if (y % BLOCK == BLOCK - 1 || y == rgb.rows() - 1) {
                    Mat block = block(result, y - y % BLOCK);
                    target.rowRange(0, block.rows()).convertTo(block, opencv_core.CV_8U);
                }
            }
        }
        return result;
    }

    /** The memory of a picture of ints: one view for all rows, as making one for each would take longer than blurring it. */
    private static IntBuffer ints(Mat block) {
        BytePointer memory = block.data();
        long bytes = (long) block.rows() * block.cols() * CHANNELS * Integer.BYTES;
        return memory.capacity(bytes)
                .asByteBuffer()
                .order(ByteOrder.nativeOrder())
                .asIntBuffer();
    }

    /** The block of rows that starts here. */
    private static Mat block(Mat picture, int start) {
        return picture.rowRange(start, Math.min(start + BLOCK, picture.rows()));
    }

    /**
     * One box.
     *
     * @param radius of the pixels that have the full weight, R
     * @param full weight in units of 2⁻²⁴, ww
     * @param edge weight of the two next pixels, fw
     */
    record Kernel(int radius, int full, int edge) {
        static final int BITS = 24;

        static Kernel of(double sigma) {
            double variance = sigma * sigma / PASSES;
            double l = Math.floor((Math.sqrt(12 * variance + 1) - 1) / 2);
            float radius =
                    (float) (l + (2 * l + 1) * (l * (l + 1) - 3 * variance) / (6 * (variance - (l + 1) * (l + 1))));
            int whole = (int) radius;
            int full = (int) ((1 << BITS) / (radius * 2 + 1));
            return new Kernel(whole, full, ((1 << BITS) - (2 * whole + 1) * full) / 2);
        }

        /** How far the box reaches. */
        int reach() {
            return radius + 1;
        }

        /** The sums are below 2³², so that they are right without their sign. */
        void weigh(int[] inside, int[] before, int[] after, int[] target) {
            int fullWeight = full;
            int edgeWeight = edge;
            for (int i = 0; i < target.length; i++) {
                target[i] = (1 << BITS - 1) + fullWeight * inside[i] + edgeWeight * (before[i] + after[i]) >>> BITS;
            }
        }
    }

    /** A box of radius 1 with its edges, in one loop: it is the one of all larger deviations that MoCo draws. */
    private static void weigh(
            int[] centre, int[] left, int[] right, int full, int[] before, int[] after, int edge, int[] target) {
        for (int i = 0; i < target.length; i++) {
            target[i] = (1 << 23) + full * (centre[i] + left[i] + right[i]) + edge * (before[i] + after[i]) >>> 24;
        }
    }

    private static void add(int[] inside, int[] before, int[] after, int[] sums) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] = inside[i] + before[i] + after[i];
        }
    }

    /** Computes the row y of a picture from what it is made of. */
    @FunctionalInterface
    private interface Maker {
        void make(int y, int[] target);
    }

    /** The rows of a picture, made in order when they are asked for; as many are held as a box spans. */
    private static final class Rows {
        private final int[][] held;
        private final int last;
        private final Maker maker;
        private int made;

        Rows(Mat rgb, Kernel kernel, Maker maker) {
            this.held = new int[2 * kernel.reach() + 1][rgb.cols() * CHANNELS];
            this.last = rgb.rows() - 1;
            this.maker = maker;
        }

        /** Beyond the border, the row next to it. */
        int[] row(int y) {
            int inside = Math.max(0, Math.min(last, y));
            for (; made <= inside; made++) {
                maker.make(made, held[made % held.length]);
            }
            return held[inside % held.length];
        }
    }

    /** A row of the picture, blurred three times from left to right. */
    private static final class AlongRow implements Maker {
        private final Mat rgb;
        private final Mat block;
        private final Kernel kernel;
        private final int[] between;
        private final int[] before;
        private final int[] after;
        private IntBuffer blockRows = IntBuffer.allocate(0);

        AlongRow(Mat rgb, Mat block, Kernel kernel) {
            int length = rgb.cols() * CHANNELS;
            this.rgb = rgb;
            this.block = block;
            this.kernel = kernel;
            this.between = new int[length];
            this.before = new int[length];
            this.after = new int[length];
        }

        @Override
        public void make(int y, int[] target) {
            if (y % BLOCK == 0) {
                block(rgb, y).convertTo(block, opencv_core.CV_32S);
                blockRows = ints(block);
            }
            blockRows.get(y % BLOCK * between.length, between);
            blur(between, target);
            blur(target, between);
            blur(between, target);
        }

        private void blur(int[] row, int[] target) {
            int[] inside = row;
            for (int d = 1; d <= kernel.radius; d++) {
                shift(row, d);
                add(inside, before, after, target);
                inside = target;
            }
            shift(row, kernel.reach());
            kernel.weigh(inside, before, after, target);
        }

        /** Gives neighbours at a distance the same index, which is what makes loops fast. */
        private void shift(int[] row, int distance) {
            int length = row.length;
            int moved = Math.min(distance * CHANNELS, length);
            System.arraycopy(row, 0, before, moved, length - moved);
            System.arraycopy(row, moved, after, 0, length - moved);
            for (int i = 0; i < moved; i++) {
                before[i] = row[i % CHANNELS];
                after[length - 1 - i] = row[length - 1 - i % CHANNELS];
            }
        }
    }

    /** A row of the picture that comes of blurring rows from top to bottom. */
    private record AcrossRows(Rows rows, Kernel kernel) implements Maker {
        @Override
        public void make(int y, int[] target) {
            int[] inside = rows.row(y);
            int[] before = rows.row(y - kernel.reach());
            int[] after = rows.row(y + kernel.reach());
            if (kernel.radius == 1) {
                GaussianBlur.weigh(
                        inside, rows.row(y - 1), rows.row(y + 1), kernel.full, before, after, kernel.edge, target);
                return;
            }
            for (int d = 1; d <= kernel.radius; d++) {
                add(inside, rows.row(y - d), rows.row(y + d), target);
                inside = target;
            }
            kernel.weigh(inside, before, after, target);
        }
    }
}
