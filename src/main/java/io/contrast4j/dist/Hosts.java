package io.contrast4j.dist;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The hosts of a training, seen by the program that starts the processes of one of them. The same variables as for {@link
 * Placement} count hosts here: {@code PET_NNODES} and {@code PET_NODE_RANK} of Kubernetes' PyTorchJob with several
 * processes in a pod, {@code WORLD_SIZE} and {@code RANK} of one with a process in each pod, Slurm with one task on each
 * host, and the keys.
 *
 * @param host number of this host, from 0
 * @param count number of hosts
 * @param meeting empty for one host, whose processes may meet anywhere
 */
public record Hosts(int host, int count, Optional<Rendezvous> meeting) {
    /**
     * @param environment usually {@link System#getenv()}
     * @param config its keys count hosts
     * @throws io.contrast4j.spec.UserError as {@link Placement#of}; also in a process that is one of several already
     */
    public static Hosts of(Map<String, String> environment, Distributed config) {
        Variables variables = new Variables(environment);
        variables.require(
                !variables.has("LOCAL_RANK"),
                "LOCAL_RANK is set: this process was started as one of several already; leave out --nproc-per-node.");
        variables.raise();
        Map<String, String> seen = new HashMap<>(environment);
        take(seen, "PET_NNODES", "WORLD_SIZE");
        take(seen, "PET_NODE_RANK", "RANK");
        take(seen, "PET_MASTER_ADDR", "MASTER_ADDR");
        take(seen, "PET_MASTER_PORT", "MASTER_PORT");
        Placement placement = Placement.of(seen, counting(config));
        World world = placement.world();
        variables.require(
                world.localSize() == 1,
                "Slurm has started " + world.localSize()
                        + " tasks on this host: with --nproc-per-node it must be one (--ntasks-per-node=1).");
        variables.raise();
        Optional<Rendezvous> given = Rendezvous.of(config.distUrl());
        return new Hosts(world.rank(), world.size(), placement.meeting().or(() -> given));
    }

    private static void take(Map<String, String> environment, String from, String to) {
        String value = environment.get(from);
        if (value != null) {
            environment.put(to, value);
        }
    }

    /** The keys as they are for processes: one for each host. */
    private static Distributed counting(Distributed config) {
        return new Distributed(
                config.distUrl(),
                config.worldSize(),
                config.rank(),
                false,
                config.backend(),
                config.timeout(),
                config.findUnusedParameters(),
                config.bucketMegabytes(),
                config.gatherFeatures(),
                config.bank(),
                config.syncBatchNorm());
    }
}
