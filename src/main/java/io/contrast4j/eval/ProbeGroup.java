package io.contrast4j.eval;

import io.contrast4j.tensor.Stateful;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** The classifiers of one output, one for each of R learning rates. All see the same vectors, and none knows of the others. */
interface ProbeGroup extends Stateful, AutoCloseable {
    /**
     * One step of each on N vectors.
     *
     * @param vectors N×D
     * @param labels N, int64
     * @param rates the learning rate of each in this step
     * @param draws a number that what is random in this step depends on
     * @return what was found before the step; in the caller's scope
     */
    Step step(Tensor vectors, Tensor labels, double[] rates, long draws);

    /**
     * What a step finds.
     *
     * @param logits N×R×C
     * @param losses N×R
     */
    record Step(Tensor logits, Tensor losses) {}

    /** N×D → N×R×C, in evaluation. */
    Tensor logits(Tensor vectors);

    /** The live tensors of one of them by their names, {@code fc.weight} and so on; they belong to the caller's scope. */
    Map<String, Tensor> classifier(int number);

    /** One that no longer counts: what it computes from now on is without meaning. */
    void drop(int number);

    @Override
    void close();
}
