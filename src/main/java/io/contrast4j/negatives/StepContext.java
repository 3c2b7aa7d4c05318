package io.contrast4j.negatives;

/**
 * What a step may depend on besides its batch.
 *
 * @param step number of optimizer steps before this one
 * @param progress share of the training that is done, 0 to 1
 * @param draws the step's random numbers
 */
public record StepContext(long step, double progress, Draws draws) {}
