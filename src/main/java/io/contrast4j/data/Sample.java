package io.contrast4j.data;

import org.bytedeco.opencv.opencv_core.Mat;

/**
 * One picture of a data set.
 *
 * @param rgb H×W, 8-bit, RGB order; owned by the scope it was read in
 * @param label position of its class in {@link Dataset#classes()}, or {@link #UNLABELLED}
 * @param index its position in the data set
 */
public record Sample(Mat rgb, int label, int index) {
    /** The label of a picture whose class is not known. */
    public static final int UNLABELLED = -1;
}
