package io.contrast4j.dist;

import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/**
 * How a step's gradients come about. In each step: {@link #begin}, the forward pass, any number of {@link #accumulate} for
 * parts of the batch, one {@link #backward}, {@link Ranks#settle}, the optimizer's step, and the gradients are reset.
 */
public interface Gradients extends AutoCloseable {
    /** Who takes part. */
    Ranks ranks();

    /**
     * Before the first forward pass of a step: all ranks have the running statistics of rank 0. From now on the program need not
     * wait for exchanges between GPUs, which work behind it, until {@link Ranks#settle}.
     */
    void begin();

    /** Adds the gradients of a part of the batch to those of this rank; another part follows. */
    void accumulate(Tensor loss);

    /** Adds those of the last part; afterwards all ranks have the mean over the ranks of what each has added. */
    void backward(Tensor loss);

    @Override
    void close();

    /**
     * Those of a module on these ranks.
     *
     * @param module what is trained
     */
    static Gradients of(Ranks ranks, Module module, Distributed config) {
        return ranks instanceof ProcessRanks processes ? new GradientReducer(processes, module, config) : new Local();
    }

    /** Of one process: nothing is exchanged. */
    record Local() implements Gradients {
        @Override
        public Ranks ranks() {
            return new Alone();
        }

        @Override
        public void begin() {}

        @Override
        public void accumulate(Tensor loss) {
            loss.backward();
        }

        @Override
        public void backward(Tensor loss) {
            loss.backward();
        }

        @Override
        public void close() {}
    }
}
