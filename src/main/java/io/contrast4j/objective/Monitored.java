package io.contrast4j.objective;

import java.util.Map;

/** Something with numbers that are worth watching while it is trained. */
public interface Monitored {
    /** The numbers by their names, in a fixed order. */
    default Map<String, Double> monitors() {
        return Map.of();
    }
}
