package io.contrast4j.prepare;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Pictures that are in a data set more than once: same size, same pixels. */
public final class Duplicates {
    private Duplicates() {}

    /**
     * One of them.
     *
     * @param part its name
     * @param sample what the data set calls it
     */
    public record Place(String part, String sample) {}

    /** The groups of equal pictures among those that were read, in the order of the first of each. */
    public static List<List<Place>> among(List<Inspection> parts) {
        Map<Long, Integer> counts = new HashMap<>();
        parts.forEach(part -> part.fingerprints().forEach(print -> counts.merge(print.hash(), 1, Integer::sum)));
        Map<Long, List<Place>> groups = new LinkedHashMap<>();
        for (Inspection part : parts) {
            part.fingerprints().stream()
                    .filter(print -> counts.get(print.hash()) > 1)
                    .sorted(Comparator.comparingInt(Inspection.Fingerprint::index))
                    .forEach(print -> groups.computeIfAbsent(print.hash(), hash -> new ArrayList<>())
                            .add(new Place(part.name(), part.data().describe(print.index()))));
        }
        return List.copyOf(groups.values());
    }
}
