package io.contrast4j.image;

import java.util.List;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * A picture as whole numbers, one a pixel: red + 2⁸·green + 2¹⁶·blue; the highest byte has no meaning.
 *
 * <p>This is how the operations on single pixels are fast in plain Java: the compiler turns a short loop over an array
 * of ints into vectors, as long as every array is read and written at the same index, and there is neither a branch nor
 * a minimum or maximum in it. Steps go over the picture together, in blocks that stay in the cache.
 */
final class PackedPixels {
    /** The most pixels that a step gets at a time. */
    static final int BLOCK = 2048;

    static {
        OpenCv.prepare();
    }

    private final int[] block = new int[BLOCK];
    private final Mat picture;

    private PackedPixels(Mat picture) {
        this.picture = picture;
    }

    /** An operation on pixels that does not depend on where they are. */
    @FunctionalInterface
    interface Step {
        /** Changes the first {@code count} pixels. */
        void apply(int[] pixels, int count);
    }

    /** A copy of an 8-bit RGB picture; it belongs to the caller's scope. */
    static PackedPixels of(Mat rgb) {
        Mat picture = new Mat();
        opencv_imgproc.cvtColor(rgb, picture, opencv_imgproc.COLOR_RGB2RGBA);
        return new PackedPixels(picture);
    }

    /** The picture that single steps make of this one; it belongs to the caller's scope. */
    static Mat mapped(Mat rgb, Step... steps) {
        PackedPixels pixels = of(rgb);
        pixels.change(List.of(steps));
        return pixels.toRgb();
    }

    /** Applies steps one after the other. */
    void change(List<Step> steps) {
        run(steps, true);
    }

    /** Shows the pixels to steps and forgets what these make of them. */
    void show(List<Step> steps) {
        run(steps, false);
    }

    private void run(List<Step> steps, boolean keep) {
        IntPointer memory = new IntPointer(picture.data());
        int total = picture.rows() * picture.cols();
        for (int start = 0; start < total; start += BLOCK) {
            int count = Math.min(BLOCK, total - start);
            memory.position(start).get(block, 0, count);
            for (Step step : steps) {
                step.apply(block, count);
            }
            if (keep) {
                memory.put(block, 0, count);
            }
        }
    }

    /** The 8-bit RGB picture; it belongs to the caller's scope. */
    Mat toRgb() {
        Mat rgb = new Mat();
        opencv_imgproc.cvtColor(picture, rgb, opencv_imgproc.COLOR_RGBA2RGB);
        return rgb;
    }
}
