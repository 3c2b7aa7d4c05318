package io.contrast4j.cli;

import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.contrast4j.data.Fingerprint;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Module;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What tells a run apart from others, for {@code run.json}: versions, configuration, data, checkpoints and weights.
 * {@code contrast4j run diff} compares it.
 */
final class RunIdentity {
    private static final Logger LOG = LoggerFactory.getLogger(RunIdentity.class);

    private static final String BRANCH = "branched_off";

    /** The value of {@link RunConfig#expected()}, one line or several. */
    private static final Pattern EXPECTED =
            Pattern.compile("^expected( = null| \\{$.*?^\\})$\n", Pattern.MULTILINE | Pattern.DOTALL);

    private final Map<String, Object> fixed = new LinkedHashMap<>();
    private final Module module;
    private final CheckpointHashes checkpoints;

    RunIdentity(String rendered, Map<String, Fingerprint> data, Module module, CheckpointHashes checkpoints) {
        this.module = module;
        this.checkpoints = checkpoints;
        fixed.put("versions", Versions.all());
        fixed.put("drivers", Drivers.all());
        fixed.put("git", System.getProperty("contrast4j.git", "unknown"));
        fixed.put("config_sha256", Sha256.of(essential(rendered)));
        fixed.put("data", data);
    }

    /** The configuration without what a run is called, where it goes, and what a published one has come to. */
    static String essential(String rendered) {
        return EXPECTED.matcher(rendered)
                .replaceFirst("")
                .lines()
                .filter(line -> !line.startsWith("name = ") && !line.startsWith("out = "))
                .collect(Collectors.joining("\n"));
    }

    /** The run goes on from a checkpoint of another one. */
    void branchesOff(Path checkpoint) {
        try {
            fixed.put(BRANCH, Map.of("checkpoint", checkpoint.toString(), "sha256", Sha256.of(checkpoint)));
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    checkpoint + " cannot be read (" + Reasons.of(failed) + "): check the file and its permissions.",
                    failed);
        }
    }

    /**
     * The run goes on, and is what it was. Where the program, its libraries or the number of threads or processes are others,
     * sums may be rounded in another way: that is said, and no reason not to go on.
     */
    void goesOn(RunFolder earlier, int threads, int ranks) {
        List<String> others = new ArrayList<>();
        JsonObject versions = earlier.recorded("versions");
        Versions.all().forEach((name, now) -> {
            if (versions.get(name) instanceof JsonPrimitive then
                    && !then.getAsString().equals(now)) {
                others.add(name + " " + then.getAsString() + ", now " + now);
            }
        });
        if (earlier.recorded().get("threads") instanceof JsonPrimitive then
                && !then.getAsString().equals(Integer.toString(threads))) {
            others.add(then + " threads of LibTorch, now " + threads);
        }
        if (earlier.recorded().get("ranks") instanceof JsonPrimitive then
                && !then.getAsString().equals(Integer.toString(ranks))) {
            others.add(then + " processes, now " + ranks);
        }
        if (!others.isEmpty()) {
            LOG.warn(
                    "the run was begun with {}: its last bits may be others than without the interruption",
                    String.join("; ", others));
        }
        JsonObject branch = earlier.recorded(BRANCH);
        if (branch.size() > 0) {
            fixed.put(BRANCH, branch);
        }
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
