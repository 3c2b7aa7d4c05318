package io.contrast4j.cli;

import io.contrast4j.data.Dataset;
import io.contrast4j.data.Fingerprint;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Module;

/**
 * What tells a run apart from others, for {@code run.json}: versions, configuration, data, checkpoints and weights.
 * {@code contrast4j run diff} compares it.
 */
final class RunIdentity {
    private final Map<String, Object> fixed = new LinkedHashMap<>();
    private final Module module;
    private final CheckpointHashes checkpoints;

    RunIdentity(String rendered, Map<String, Dataset> data, Module module, CheckpointHashes checkpoints) {
        this.module = module;
        this.checkpoints = checkpoints;
        fixed.put("versions", Versions.all());
        fixed.put("drivers", Drivers.all());
        fixed.put("git", System.getProperty("contrast4j.git", "unknown"));
        fixed.put("config_sha256", Sha256.of(essential(rendered)));
        Map<String, Fingerprint> prints = new LinkedHashMap<>();
        data.forEach((part, dataset) -> prints.put(part, Fingerprint.of(dataset)));
        fixed.put("data", prints);
    }

    /** The configuration without what a run is called and where it goes. */
    static String essential(String rendered) {
        return rendered.lines()
                .filter(line -> !line.startsWith("name = ") && !line.startsWith("out = "))
                .collect(Collectors.joining("\n"));
    }

    /** While the run is under way: the hashes of checkpoints that are known by now. */
    Map<String, Object> soFar() {
        Map<String, Object> values = new LinkedHashMap<>(fixed);
        values.put("checkpoints", checkpoints.soFar());
        return values;
    }

    /** When it has stopped: all hashes, that of the weights too. */
    Map<String, Object> whole() {
        Map<String, Object> values = new LinkedHashMap<>(fixed);
        values.put("checkpoints", checkpoints.all());
        try (Scope scope = Scope.open()) {
            values.put("weights_sha256", Sha256.of(StateDict.of(module)));
        }
        return values;
    }
}
