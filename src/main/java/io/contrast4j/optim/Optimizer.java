package io.contrast4j.optim;

import io.contrast4j.tensor.Stateful;
import org.bytedeco.pytorch.Tensor;

/**
 * Moves parameters along their gradients. What it keeps for each of them is owned here and not by LibTorch's optimizers,
 * whose state cannot be reached from Java; the state has the layout of Python's {@code optimizer.state_dict()}.
 */
public interface Optimizer extends Stateful, AutoCloseable {
    /** η of the next step. */
    double learningRate();

    /** Sets η of the next step. */
    void learningRate(double rate);

    /** Forgets all gradients, so that the next backward pass starts afresh. */
    void zeroGrad();

    /** Moves every parameter that has a gradient. */
    void step();

    @Override
    void close();

    /** Which optimizer; picked by the key {@code type}. */
    sealed interface Config permits Sgd.Config, Adam.Config, Adam.Decoupled, Lars.Config {
        /** η of the first epoch, before any scaling to the size of the batch. */
        double learningRate();

        /** @param parameters the tensors to train, kept in this order; their owner outlives the optimizer */
        Optimizer build(Iterable<Tensor> parameters);
    }
}
