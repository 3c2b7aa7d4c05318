package io.contrast4j.train;

import java.util.Map;

/** Is told what happens in training; all calls come from the training thread. */
public interface Observer {
    /** An epoch begins, or goes on after a resume: it has so many steps, of which some are done. */
    void begin(int epoch, int epochs, int done, int steps);

    /** A step is done; called at every step, so that progress can be shown. */
    void step(Step step);

    /** An epoch is done. */
    void end(Epoch epoch);

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
     */
    record Epoch(int epoch, long steps, double learningRate, Map<String, Double> means) {}
}
