package io.contrast4j.cli;

import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.contrast4j.checkpoint.PthFile;
import io.contrast4j.checkpoint.Trees;
import io.contrast4j.data.Fingerprint;
import io.contrast4j.spec.UserError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Which keys may differ between the configuration that a checkpoint was made with and that of the run that goes on from
 * it. Everything else must be the same, and so must be the data: the result would be that of neither configuration.
 *
 * @param keys such as {@code train.epochs}, or {@code train} for all that begin with it
 */
record AllowedChanges(List<String> keys) {
    /** What never matters for the weights: where things are, who works on them, what is written down, how fast it is. */
    static final List<String> ALWAYS = List.of(
            "name",
            "expected",
            "out",
            "data.path",
            "loader.workers",
            "loader.prefetch",
            "loader.pin-memory",
            "loader.device-prefetch",
            "distributed.dist-url",
            "distributed.world-size",
            "distributed.rank",
            "distributed.multiprocessing-distributed",
            "distributed.backend",
            "distributed.timeout",
            "distributed.find-unused-parameters",
            "distributed.bucket-megabytes",
            "distributed.bank",
            "checkpoint",
            "metrics",
            "report",
            "train.log-every",
            "train.monitors",
            "train.shutdown-grace");

    /** Nothing else. */
    static final AllowedChanges NONE = new AllowedChanges(List.of());

    AllowedChanges {
        keys = List.copyOf(keys);
    }

    /**
     * @param checkpoint that the run is to go on from
     * @param rendered the configuration that it is to go on with
     * @param data fingerprints of the parts of the data
     * @throws UserError if something has changed that may not
     */
    void check(Path checkpoint, String rendered, Map<String, Fingerprint> data) {
        List<String> changes = new ArrayList<>();
        List<String> changed = new ArrayList<>();
        if (Trees.at(PthFile.list(checkpoint).tree(), List.of("opt")) instanceof Map<?, ?> saved) {
            Map<String, String> before = Flattened.of(saved);
            Map<String, String> now = Flattened.of(rendered);
            for (String key : differing(before, now)) {
                changes.add(key + " was " + before.get(key) + " and is now " + now.getOrDefault(key, "not there"));
                changed.add(key);
            }
        }
        List<String> others = keys.contains("data") ? List.of() : otherData(checkpoint, data);
        if (!others.isEmpty()) {
            changes.addAll(others);
            changed.removeIf(key -> Flattened.covers("data", key));
            changed.add("data");
        }
        if (!changes.isEmpty()) {
            throw new UserError(
                    UserError.USAGE,
                    "The run cannot go on from " + checkpoint + " with something else than it was trained with: "
                            + String.join("; ", changes) + "; take that back, allow it with --allow-change "
                            + String.join(",", changed) + ", or start a new run without --resume.");
        }
    }

    /** The keys with other values. One that is new, as in a later version of contrast4j, is no change. */
    Set<String> differing(Map<String, String> before, Map<String, String> now) {
        Set<String> differing = new LinkedHashSet<>();
        before.forEach((key, value) -> {
            if (!value.equals(now.get(key)) && !isAllowed(key)) {
                differing.add(key);
            }
        });
        return differing;
    }

    private boolean isAllowed(String key) {
        return Stream.concat(ALWAYS.stream(), keys.stream()).anyMatch(allowed -> Flattened.covers(allowed, key));
    }

    /** In which parts the data are not those that the run's {@code run.json} speaks of, if that is there. */
    private static List<String> otherData(Path checkpoint, Map<String, Fingerprint> data) {
        List<String> others = new ArrayList<>();
        JsonObject saved =
                RunFolder.of(checkpoint).map(run -> run.recorded("data")).orElseGet(JsonObject::new);
        data.forEach((part, now) -> {
            if (saved.get(part) instanceof JsonObject print
                    && print.get("listing") instanceof JsonPrimitive listing
                    && !listing.getAsString().equals(now.listing())) {
                others.add("the " + part + " pictures are others (" + print.get("pictures") + " then, " + now.pictures()
                        + " now, with other names, labels or sizes of files)");
            }
        });
        return others;
    }
}
