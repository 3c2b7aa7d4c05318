package io.contrast4j.negatives;

/**
 * What a step may depend on besides its batch.
 *
 * @param step number of optimizer steps before this one
 * @param stepsPerEpoch steps of an epoch
 * @param steps steps of the whole training
 * @param draws the step's random numbers
 */
public record StepContext(long step, long stepsPerEpoch, long steps, Draws draws) {}
