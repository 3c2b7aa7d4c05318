package io.contrast4j.data;

import io.contrast4j.tensor.Scope;
import java.util.Arrays;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.MatVector;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Where and how the views of a batch are stored.
 *
 * @param pinned in memory that a GPU copies from by itself; there must be one
 */
record BatchMemory(MemoryFormat format, boolean pinned) {
    /** The memory that a loader asks for: pinned only where there is a GPU. */
    static BatchMemory of(BatchLoader.Config config) {
        return new BatchMemory(config.memoryFormat(), config.pinMemory() && torch.cuda_is_available());
    }

    /** A tensor N×C×H×W, float32, with any content; the caller closes it. */
    Tensor allocate(long... shape) {
        try (Scope scope = Scope.open()) {
            TensorOptions options = new TensorOptions(ScalarType.Float);
            if (pinned) {
                options = options.pinned_memory(new BoolOptional(true));
            }
            return Scope.keep(torch.torch_empty(shape, options, new MemoryFormatOptional(ofLibTorch())));
        }
    }

    /** The samples in these slots only; the caller closes the result. */
    Tensor selected(Tensor batch, Tensor slots) {
        return Scope.keep(batch.index_select(0, slots).contiguous(ofLibTorch()));
    }

    private torch.MemoryFormat ofLibTorch() {
        return switch (format) {
            case CONTIGUOUS -> torch.MemoryFormat.Contiguous;
            case CHANNELS_LAST -> torch.MemoryFormat.ChannelsLast;
        };
    }

    /** Writes a view: its planes below each other, C·H×W of one channel. */
    void write(Mat view, Tensor batch, int slot) {
        int channels = (int) batch.size(1);
        int height = (int) batch.size(2);
        int width = (int) batch.size(3);
        if (view.type() != opencv_core.CV_32FC1 || view.rows() != channels * height || view.cols() != width) {
            throw new IllegalStateException("a view is not the float32 picture of " + channels + " channels and "
                    + height + "×" + width + " pixels that was announced");
        }
        long bytes = (long) channels * height * width * Float.BYTES;
        Pointer memory = new BytePointer(batch.data_ptr()).getPointer(slot * bytes);
        if (format == MemoryFormat.CHANNELS_LAST) {
            Mat target = new Mat(height, width, opencv_core.CV_MAKETYPE(opencv_core.CV_32F, channels), memory);
            opencv_core.merge(new MatVector(separate(view, channels)), target);
        } else {
            view.copyTo(new Mat(channels * height, width, opencv_core.CV_32FC1, memory));
        }
    }

    private static Mat[] separate(Mat planes, int channels) {
        int height = planes.rows() / channels;
        Mat[] separate = new Mat[channels];
        Arrays.setAll(separate, channel -> planes.rowRange(channel * height, (channel + 1) * height));
        return separate;
    }
}
