package io.contrast4j.data;

import io.contrast4j.tensor.ChosenDevice;
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
        return new BatchMemory(config.memoryFormat(), config.pinMemory() && ChosenDevice.gpus() > 0);
    }

    /** A tensor N×C×H×W, float32, with any content; the caller closes it. */
    Tensor allocate(long... shape) {
        try (Scope scope = Scope.open()) {
            return Scope.keep(
                    torch.torch_empty(shape, options(ScalarType.Float), new MemoryFormatOptional(ofLibTorch(format))));
        }
    }

    /** So many bytes with any content; the caller closes the tensor. */
    Tensor bytes(long length) {
        try (Scope scope = Scope.open()) {
            return Scope.keep(torch.torch_empty(new long[] {length}, options(ScalarType.Byte), null));
        }
    }

    private TensorOptions options(ScalarType type) {
        TensorOptions options = new TensorOptions(type);
        return pinned ? options.pinned_memory(new BoolOptional(true)) : options;
    }

    /** The samples in these slots only; the caller closes the result. */
    Tensor selected(Tensor batch, Tensor slots) {
        return Scope.keep(batch.index_select(0, slots).contiguous(ofLibTorch(format)));
    }

    static torch.MemoryFormat ofLibTorch(MemoryFormat format) {
        return switch (format) {
            case CONTIGUOUS -> torch.MemoryFormat.Contiguous;
            case CHANNELS_LAST -> torch.MemoryFormat.ChannelsLast;
        };
    }

    /**
     * Where a view is rendered: its planes below each other, C·H×W of one channel. That is in the batch itself if its
     * format is the same.
     */
    Mat target(Tensor batch, int slot) {
        int rows = (int) (batch.size(1) * batch.size(2));
        int width = (int) batch.size(3);
        return switch (format) {
            case CONTIGUOUS -> new Mat(rows, width, opencv_core.CV_32FC1, memory(batch, slot));
            case CHANNELS_LAST -> new Mat(rows, width, opencv_core.CV_32FC1);
        };
    }

    /** Brings a view from its {@linkplain #target target} to the batch, if it is not there. */
    void store(Mat target, Tensor batch, int slot) {
        if (format == MemoryFormat.CHANNELS_LAST) {
            int channels = (int) batch.size(1);
            int height = (int) batch.size(2);
            int type = opencv_core.CV_MAKETYPE(opencv_core.CV_32F, channels);
            Mat interleaved = new Mat(height, target.cols(), type, memory(batch, slot));
            opencv_core.merge(new MatVector(separate(target, channels)), interleaved);
        }
    }

    private static Pointer memory(Tensor batch, int slot) {
        long bytes = batch.size(1) * batch.size(2) * batch.size(3) * Float.BYTES;
        return new BytePointer(batch.data_ptr()).getPointer(slot * bytes);
    }

    private static Mat[] separate(Mat planes, int channels) {
        int height = planes.rows() / channels;
        Mat[] separate = new Mat[channels];
        Arrays.setAll(separate, channel -> planes.rowRange(channel * height, (channel + 1) * height));
        return separate;
    }
}
