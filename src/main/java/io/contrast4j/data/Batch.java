package io.contrast4j.data;

import io.contrast4j.tensor.GpuFailure;
import io.contrast4j.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;

/**
 * The pictures, labels and indices of N samples. It belongs to whoever received it and is closed with try-with-resources.
 *
 * @param pictures what the loader has made: the views, if they are {@linkplain Rendering#DONE done}
 * @param rendering how they become views
 * @param labels N, int64
 * @param indices N, int64: positions in the data set
 */
public record Batch(List<Tensor> pictures, Rendering rendering, Tensor labels, Tensor indices)
        implements AutoCloseable {
    public Batch {
        pictures = List.copyOf(pictures);
    }

    /**
     * A batch of views.
     *
     * @param views for each view N×C×H×W, float32
     */
    public Batch(List<Tensor> views, Tensor labels, Tensor indices) {
        this(views, Rendering.DONE, labels, indices);
    }

    /** How what the loader has made becomes views. */
    @FunctionalInterface
    public interface Rendering {
        /** It is views already. */
        Rendering DONE = views -> views;

        /** The views, on the device that the pictures are on; they belong to the caller's scope. */
        List<Tensor> views(List<Tensor> pictures);
    }

    /** The views on a device, for each N×C×H×W, float32; they belong to the caller's scope. */
    public List<Tensor> views(Device device) {
        return rendering.views(
                pictures.stream().map(each -> Tensors.to(each, device)).toList());
    }

    /**
     * The views, for each N×C×H×W, float32, in the loader's {@link MemoryFormat}; on the CPU, if the batch was not {@linkplain
     * Batches#copyNext copied} ahead.
     *
     * @throws IllegalStateException if they are made on a device
     */
    public List<Tensor> views() {
        if (rendering != Rendering.DONE) {
            throw new IllegalStateException("the views of this batch are made on a device");
        }
        return pictures;
    }

    /** The number of samples. */
    public int size() {
        return (int) labels.numel();
    }

    @Override
    public void close() {
        if (GpuFailure.isLasting()) {
            return;
        }
        pictures.forEach(Tensor::close);
        labels.close();
        indices.close();
    }
}
