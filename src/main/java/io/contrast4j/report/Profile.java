package io.contrast4j.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where the time of a run went, added up over its epochs; docs/monitors.md says what the stages are.
 *
 * @param seconds of each stage, in the order in which the run names them
 * @param attained the part of all time in which steps were made, 0 to 1
 * @param attainable images/s if all time had been that
 */
record Profile(Map<String, Double> seconds, double attained, double attainable) {
    private static final String TIME = "time.";
    private static final String SECONDS = "_seconds";

    /** Empty for a run that has not finished an epoch, or has not written it down. */
    static Optional<Profile> of(Map<String, Curve> curves) {
        Map<String, Double> seconds = new LinkedHashMap<>();
        curves.forEach((key, curve) -> {
            if (isSeconds(key)) {
                String stage = key.substring(TIME.length(), key.length() - SECONDS.length());
                seconds.put(stage.replace('_', ' '), sum(curve.points()));
            }
        });
        Curve shares = curves.get("time.attained_share");
        Curve rates = curves.get("time.attainable_images_per_second");
        double total = seconds.values().stream().mapToDouble(value -> value).sum();
        if (total <= 0 || shares == null || rates == null) {
            return Optional.empty();
        }
        double work = 0;
        double images = 0;
        for (int epoch = 0;
                epoch < Math.min(shares.points().size(), rates.points().size());
                epoch++) {
            double worked = shares.points().get(epoch).value() * epochSeconds(curves, epoch);
            work += worked;
            images += rates.points().get(epoch).value() * worked;
        }
        return Optional.of(new Profile(seconds, work / total, work > 0 ? images / work : 0));
    }

    /** Whether a curve is a part of this, and no picture of its own. */
    static boolean isSeconds(String key) {
        return key.startsWith(TIME) && key.endsWith(SECONDS);
    }

    private static double epochSeconds(Map<String, Curve> curves, int epoch) {
        return curves.entrySet().stream()
                .filter(entry ->
                        isSeconds(entry.getKey()) && entry.getValue().points().size() > epoch)
                .mapToDouble(entry -> entry.getValue().points().get(epoch).value())
                .sum();
    }

    private static double sum(List<Curve.Point> points) {
        return points.stream().mapToDouble(Curve.Point::value).sum();
    }
}
