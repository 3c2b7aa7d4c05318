package io.contrast4j.report;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The values of one name over the steps of a run.
 *
 * @param points in the order in which they were written
 */
record Curve(List<Point> points) {
    Curve {
        points = List.copyOf(points);
    }

    /** A value at a step; NaN where it was no number. */
    record Point(long step, double value) {}

    Point last() {
        return points.get(points.size() - 1);
    }

    boolean isAlways(double value) {
        return points.stream().allMatch(point -> point.value == value);
    }

    /**
     * At most so many points that look alike: of each of equally long stretches the first point, the least, the greatest and
     * the last, so that no spike and no gap is lost.
     *
     * @param most at least 4
     */
    Curve thinned(int most) {
        if (points.size() <= most) {
            return this;
        }
        int stretches = Math.max(1, most / 4);
        List<Point> kept = new ArrayList<>();
        for (int i = 0; i < stretches; i++) {
            int start = (int) ((long) points.size() * i / stretches);
            int end = (int) ((long) points.size() * (i + 1) / stretches);
            List<Integer> marks = new ArrayList<>(List.of(start, end - 1));
            int least = start;
            int greatest = start;
            for (int j = start; j < end; j++) {
                // NaN is the greatest for compare: a gap is as remarkable as a spike.
                least = Double.compare(points.get(j).value, points.get(least).value) < 0 ? j : least;
                greatest = Double.compare(points.get(j).value, points.get(greatest).value) > 0 ? j : greatest;
            }
            marks.add(least);
            marks.add(greatest);
            Collections.sort(marks);
            marks.stream().distinct().forEach(mark -> kept.add(points.get(mark)));
        }
        return new Curve(kept);
    }
}
