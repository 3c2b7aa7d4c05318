package io.contrast4j.data;

import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.pytorch.Tensor;

/** Where the pictures of a batch are put, each in a slot of its own. */
interface Canvas {
    /** Where one picture is put. Several threads use slots at once, each another one. */
    Slot slot(int number);

    /** Takes a picture. */
    @FunctionalInterface
    interface Slot {
        /**
         * Makes its views, or what becomes views later.
         *
         * @param rgb H×W, 8-bit, RGB order
         * @param rng the only source of randomness
         * @param mixture what is done to rendered views afterwards
         */
        void put(Mat rgb, RandomGenerator rng, Consumer<List<Mat>> mixture);
    }

    /**
     * The batch; after this nothing is put.
     *
     * @param kept the slots that were filled, in their order
     */
    Pictures finish(int[] kept);

    /** Frees what was put, if it was not handed over. */
    void free();

    /** The pictures of a batch; see {@link Batch}. */
    record Pictures(List<Tensor> tensors, Batch.Rendering rendering) {}

    /** Where the batches of an epoch are made. */
    interface Source extends AutoCloseable {
        Canvas blank(int slots);

        @Override
        void close();
    }
}
