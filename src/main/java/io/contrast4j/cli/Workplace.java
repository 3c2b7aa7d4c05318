package io.contrast4j.cli;

import io.contrast4j.dist.Placement;
import io.contrast4j.dist.Ranks;
import io.contrast4j.tensor.Arena;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;

/**
 * Where a process computes, and with whom.
 *
 * @param arena owns the device
 * @param ranks who trains together; joined
 */
record Workplace(Arena arena, Device device, Ranks ranks) implements AutoCloseable {
    /** What may differ from process to process: which one it is, and what is its host's own. */
    private static final List<String> OWN = List.of(
            "device",
            "out",
            "metrics",
            "data.path",
            "loader.workers",
            "loader.prefetch",
            "loader.pin-memory",
            "loader.device-prefetch",
            "distributed.rank",
            "distributed.dist-url");

    /** That of a process that trains alone. */
    static Workplace alone(RunConfig config) {
        return open(config, "", Placement.ALONE);
    }

    /**
     * Takes the device and waits for the other processes.
     *
     * @param rendered the resolved configuration as HOCON
     * @throws io.contrast4j.spec.UserError if the device is not usable, or another process does not come or has another
     *     configuration
     */
    static Workplace open(RunConfig config, String rendered, Placement placement) {
        Natives.announce();
        Arena arena = new Arena();
        try {
            Device device = arena.own(() -> Devices.choose(config.device(), placement.world()));
            if (device.is_cuda() && device.index() > 0) {
                // What takes no device, such as waiting for the GPU, means this one.
                torch.setDeviceIndex(device.index());
            }
            Devices.require(device, config.train().precision());
            config.backend().apply();
            return new Workplace(
                    arena, device, Ranks.join(placement, config.distributed(), device, agreed(rendered, device)));
        } catch (RuntimeException | Error failed) {
            arena.close();
            throw failed;
        }
    }

    private static Map<String, String> agreed(String rendered, Device device) {
        Map<String, String> agreed = new TreeMap<>(Flattened.of(rendered));
        agreed.keySet().removeIf(key -> OWN.stream().anyMatch(own -> Flattened.covers(own, key)));
        agreed.put("device", device.is_cuda() ? "cuda" : "cpu");
        agreed.put("the version of contrast4j", Versions.all().getOrDefault("contrast4j", "unknown"));
        return agreed;
    }

    @Override
    public void close() {
        ranks.close();
        arena.close();
    }
}
