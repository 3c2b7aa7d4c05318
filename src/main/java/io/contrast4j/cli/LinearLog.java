package io.contrast4j.cli;

import io.contrast4j.eval.LinearEvaluation;
import io.contrast4j.metrics.EventFile;
import io.contrast4j.metrics.JsonLines;
import io.contrast4j.metrics.Progress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes down how classifiers do after each epoch: {@code metrics.jsonl}, TensorBoard's events and the terminal. */
final class LinearLog implements AutoCloseable {
    private static final Duration PLAIN_INTERVAL = Duration.ofSeconds(10);

    private final JsonLines lines;
    private final EventFile events;
    private final Progress progress = new Progress(PLAIN_INTERVAL);
    private final boolean isEpochShown;

    /**
     * @param position of {@code metrics.jsonl} to go on from
     * @param epochs done so far
     * @param isEpochShown whether each epoch has a bar of its own; else all have one
     */
    LinearLog(RunFolder folder, long position, int epochs, boolean isEpochShown) {
        this.lines = JsonLines.resume(folder.metrics(), position);
        this.events = epochs > 0
                ? EventFile.resume(folder.tensorBoard(), epochs + 1L)
                : EventFile.create(folder.tensorBoard());
        this.isEpochShown = isEpochShown;
    }

    long position() {
        return lines.position();
    }

    /** @param done epochs so far */
    void begin(int done, int epochs, int batches) {
        if (isEpochShown) {
            progress.begin("epoch " + (done + 1) + "/" + epochs, batches);
        } else {
            progress.begin("training", (long) (epochs - done) * batches);
        }
    }

    void step(long pictures) {
        progress.step(Double.NaN, pictures, 0);
    }

    void clear() {
        progress.clear();
    }

    /** @param rates whether there are several learning rates, which are then named */
    void end(int epoch, List<LinearEvaluation.Outcome> outcomes, boolean rates) {
        Map<String, Object> line = new LinkedHashMap<>();
        Map<String, Double> points = new LinkedHashMap<>();
        line.put("epoch", epoch);
        double best = 0;
        for (LinearEvaluation.Outcome outcome : outcomes) {
            String name = rates ? outcome.name() + "@" + outcome.rate() : outcome.name();
            best = Math.max(best, outcome.test().top1());
            if (!Double.isNaN(outcome.loss())) {
                points.put(name + ".train_loss", outcome.loss());
                points.put(name + ".train_top1", outcome.train());
            }
            points.put(name + ".test_loss", outcome.test().loss());
            points.put(name + ".test_top1", outcome.test().top1());
            points.put(name + ".test_top5", outcome.test().top5());
        }
        line.putAll(points);
        lines.write(line);
        Map<String, Double> tags = new LinkedHashMap<>();
        points.forEach((key, value) -> tags.put("linear/" + key, value));
        events.scalars(tags, epoch);
        if (isEpochShown) {
            progress.end(String.format(Locale.ROOT, "best top-1 of this epoch %.2f %%", best));
        }
    }

    /** All epochs are over. */
    void complete() {
        if (!isEpochShown) {
            progress.end("");
        }
    }

    @Override
    public void close() {
        lines.close();
        events.close();
    }
}
