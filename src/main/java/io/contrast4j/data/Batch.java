package io.contrast4j.data;

import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * The views, labels and indices of N samples. It belongs to whoever received it and is closed with try-with-resources.
 *
 * @param views for each view N×C×H×W, float32, on the CPU, in the loader's {@link MemoryFormat}
 * @param labels N, int64
 * @param indices N, int64: positions in the data set
 */
public record Batch(List<Tensor> views, Tensor labels, Tensor indices) implements AutoCloseable {
    public Batch {
        views = List.copyOf(views);
    }

    /** The number of samples. */
    public int size() {
        return (int) labels.numel();
    }

    @Override
    public void close() {
        views.forEach(Tensor::close);
        labels.close();
        indices.close();
    }
}
