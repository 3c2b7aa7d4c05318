package io.contrast4j.train;

import io.contrast4j.method.Method;
import java.util.Map;

/** Is told what happens in training; all calls come from the training thread. */
public interface Observer {
    /** An epoch begins, or goes on after a resume: it has so many steps, of which some are done. */
    void begin(int epoch, int epochs, int done, int steps);

    /** A step is done; called at every step, so that progress can be shown. */
    void step(Step step);

    /**
     * A step is between its last backward pass and its optimizer: the gradients are there, and the weights still those that
     * they belong to. Called at every step, with its last batch; the tensors live until it returns.
     */
    default void inside(Inside inside) {}

    /** An epoch is done. */
    void end(Epoch epoch);

    /**
     * A step from inside.
     *
     * @param number steps done, this one included
     */
    record Inside(long number, Method.Input input, Method.Output output) {}

    /**
     * One step.
     *
     * @param number steps done, this one included
     * @param epoch from 0
     * @param batch the step's first, counted from 0 in the epoch
     * @param samples in all its batches
     * @param learningRate it was made with
     * @param loss named values, {@code loss} first; empty except at every n-th step, because reading them waits for the
     *     device
     * @param monitors numbers to watch, see docs/monitors.md; empty except at the same steps
     */
    record Step(
            long number,
            int epoch,
            int batch,
            int samples,
            double learningRate,
            Map<String, Double> loss,
            Map<String, Double> monitors) {}

    /**
     * One epoch.
     *
     * @param epoch from 0
     * @param steps done since the start of the training
     * @param learningRate of the epoch
     * @param means of the named values over the epoch's samples, {@code loss} first
     * @param accuracies in percent, by name, if the networks were evaluated at the end of the epoch; else none
     */
    record Epoch(
            int epoch, long steps, double learningRate, Map<String, Double> means, Map<String, Double> accuracies) {}
}
