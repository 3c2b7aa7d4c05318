package io.contrast4j.cli;

import java.util.Map;

/**
 * How good the networks of a run are. Of several processes all take part in each, at the same time, and learn the same.
 */
interface Exam {
    /**
     * What has come out in the end.
     *
     * @param text for the user, of whole lines
     * @param line the same for the log and {@code run.json}
     */
    record Verdict(String text, Map<String, Object> line) {}

    /** While the training goes on: accuracies in percent, by what the log calls them behind {@code validation.}. */
    Map<String, Double> validated();

    /** At the end of the training. */
    Verdict verdict();
}
