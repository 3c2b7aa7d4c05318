package io.contrast4j.train;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The best checkpoints of a run by one metric, of those that were made at the end of an epoch. A metric whose name says
 * "loss" is better when it is lower, any other when it is higher; of equal ones the earlier is better.
 */
public final class Ranking {
    /** Stands for the accuracy of nearest neighbours where the run is evaluated while it trains, else for the loss. */
    static final String AUTO = "auto";

    private static final List<String> PREFERRED = List.of("validation.knn", "epoch.loss");

    private static final Logger LOG = LoggerFactory.getLogger(Ranking.class);

    private final String metric;
    private final int size;
    private final Map<Long, Map<String, Double>> metrics = new TreeMap<>();
    private boolean isWarned;

    /** @param plan says by which metric, and how many are the best */
    public Ranking(CheckpointPlan plan) {
        this.metric = plan.bestMetric();
        this.size = plan.keepBest();
    }

    /**
     * An epoch has ended.
     *
     * @param step its last
     * @param values what was measured, by the names in {@code metrics.jsonl}
     */
    public void add(long step, Map<String, Double> values) {
        Map<String, Double> known = new HashMap<>(values);
        known.values().removeIf(value -> !Double.isFinite(value));
        boolean isChosen = !metric.equals(AUTO);
        known.keySet().removeIf(name -> isChosen ? !name.equals(metric) : !PREFERRED.contains(name));
        if (!known.isEmpty()) {
            metrics.put(step, known);
        } else if (size > 0 && isChosen && metrics.isEmpty() && !isWarned) {
            isWarned = true;
            LOG.warn(
                    "checkpoint.best-metric = {} was not measured in this epoch, but {}: there is no best checkpoint yet",
                    metric,
                    values.keySet().stream().sorted().toList());
        }
    }

    /** The last steps of the best epochs, the best first. */
    public List<Long> best() {
        Optional<String> name = metric.equals(AUTO)
                ? PREFERRED.stream()
                        .filter(known -> metrics.values().stream().anyMatch(values -> values.containsKey(known)))
                        .findFirst()
                : Optional.of(metric);
        return name.map(this::best).orElse(List.of());
    }

    private List<Long> best(String name) {
        double sign = name.contains("loss") ? 1 : -1;
        return metrics.entrySet().stream()
                .filter(epoch -> epoch.getValue().containsKey(name))
                .sorted(Comparator.comparingDouble(
                        epoch -> sign * epoch.getValue().get(name)))
                .limit(size)
                .map(Map.Entry::getKey)
                .collect(Collectors.toList());
    }
}
