package io.contrast4j.method;

import io.contrast4j.negatives.StepContext;
import io.contrast4j.objective.Loss;
import io.contrast4j.tensor.Stateful;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** A way of learning from views without labels. Its state is everything but the encoder's tensors. */
public interface Method extends Stateful, AutoCloseable {
    /**
     * The loss of one batch.
     *
     * @param views N×C×H×W for each view, on the training device
     * @param indices the items' positions in the data set, int64 N on the CPU
     */
    Output forward(List<Tensor> views, Tensor indices, StepContext at);

    /** Lets stores and momentum encoders follow; called after the optimizer's step. */
    void commit(Output output);

    @Override
    void close();

    /**
     * What a forward pass has found.
     *
     * @param features N×D for each view, with gradient
     * @param indices as given to {@link #forward}
     */
    record Output(Loss loss, List<Tensor> features, Tensor indices) {}

    /** Which method. */
    sealed interface Config permits Cmc.Config {}
}
