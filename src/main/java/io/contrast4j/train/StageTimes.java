package io.contrast4j.train;

import java.util.Comparator;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How the time of a part of the training is divided.
 *
 * @param nanos of each stage; none for one that did not happen
 * @param unsplit time of work whose stages were not told from each other; it is shared out among them by what they took
 *     where they were
 */
public record StageTimes(Map<Stage, Long> nanos, long unsplit) {
    private static final double SMALLEST_SHARE = 0.005;

    public StageTimes {
        nanos = Map.copyOf(nanos);
    }

    /** No time at all. */
    public static StageTimes none() {
        return new StageTimes(Map.of(), 0);
    }

    /** The time that has passed since an earlier moment. */
    public StageTimes since(StageTimes earlier) {
        Map<Stage, Long> passed = new EnumMap<>(Stage.class);
        nanos.forEach((stage, time) -> passed.put(stage, time - earlier.nanos.getOrDefault(stage, 0L)));
        return new StageTimes(passed, unsplit - earlier.unsplit);
    }

    public double seconds(Stage stage) {
        double own = nanos.getOrDefault(stage, 0L) / 1e9;
        double known = knownWork();
        if (!stage.isWork() || unsplit == 0) {
            return own;
        }
        // Where no step was split, the middle of a step stands for all of it.
        return known > 0 ? own + unsplit / 1e9 * own / known : stage == Stage.FORWARD ? unsplit / 1e9 : 0;
    }

    private double knownWork() {
        return nanos.entrySet().stream()
                        .filter(entry -> entry.getKey().isWork())
                        .mapToLong(Map.Entry::getValue)
                        .sum()
                / 1e9;
    }

    /** Of all stages together. */
    public double seconds() {
        return (nanos.values().stream().mapToLong(time -> time).sum() + unsplit) / 1e9;
    }

    /** The part of all time that went into a stage, 0 to 1. */
    public double share(Stage stage) {
        return seconds() == 0 ? 0 : seconds(stage) / seconds();
    }

    /** Seconds that the steps themselves took: what remains if nothing is waited for, logged, evaluated or saved. */
    public double work() {
        return knownWork() + unsplit / 1e9;
    }

    /** The part of all time that was {@linkplain #work work}, which is the reached part of the attainable rate, 0 to 1. */
    public double attained() {
        return seconds() == 0 ? 1 : work() / seconds();
    }

    /**
     * A sentence such as {@code 82 % of the attainable 431 images/s: waiting for data 11 %, evaluation 5 %, checkpoints 2 %}.
     * Losses below half a percent are not named.
     *
     * @param images trained on in this time
     */
    public String verdict(long images) {
        String losses = Stream.of(Stage.values())
                .filter(stage -> !stage.isWork() && share(stage) >= SMALLEST_SHARE)
                .sorted(Comparator.comparingDouble(stage -> -share(stage)))
                .map(stage -> stage.description() + String.format(Locale.ROOT, " %.0f %%", 100 * share(stage)))
                .collect(Collectors.joining(", "));
        double rate = work() == 0 ? 0 : images / work();
        return String.format(
                        Locale.ROOT,
                        rate < 10
                                ? "%.0f %% of the attainable %.1f images/s"
                                : "%.0f %% of the attainable %.0f images/s",
                        100 * attained(),
                        rate)
                + (losses.isEmpty() ? "" : ": " + losses);
    }
}
