package io.contrast4j.cli;

/**
 * What a training takes on this machine, out of steps that were measured. Evaluations, checkpoints and logs are not in it.
 *
 * @param secondsPerPicture that a step computes, divided by its pictures
 * @param readingPerPicture seconds that reading adds: on a CPU all of it, as it computes on the same cores; on a GPU what takes
 *     longer than the step beside which it goes on
 */
record Estimate(double secondsPerPicture, double readingPerPicture) {
    private static final double SECONDS_OF_AN_HOUR = 3600;

    /** Of steps alone. */
    static Estimate ofSteps(StepTime.Measured step) {
        return new Estimate(step.secondsPerPicture(), 0);
    }

    /**
     * Of steps and what is read for them.
     *
     * @param reading seconds for each picture, with all threads and no steps
     * @param isBeside whether steps leave the processor alone
     */
    static Estimate of(StepTime.Measured step, double reading, boolean isBeside) {
        double computing = step.secondsPerPicture();
        return new Estimate(computing, isBeside ? Math.max(0, reading - computing) : reading);
    }

    double secondsOfStep(int batch) {
        return batch * (secondsPerPicture + readingPerPicture);
    }

    /** @param pictures of an epoch */
    double hours(long pictures, int epochs) {
        return epochs * pictures * (secondsPerPicture + readingPerPicture) / SECONDS_OF_AN_HOUR;
    }
}
