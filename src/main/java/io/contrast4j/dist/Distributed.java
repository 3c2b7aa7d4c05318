package io.contrast4j.dist;

import io.contrast4j.spec.Problems;
import java.time.Duration;
import java.util.Optional;

/**
 * How several processes train together. Who they are is usually said by what started them (see {@link Placement}); the
 * keys of the published code say the same for processes that are started by hand.
 *
 * @param distUrl where they meet: {@code env://} for what the environment says, or {@code tcp://HOST:PORT}
 * @param worldSize number of processes; of hosts, if each starts one process for each of its devices
 * @param rank number of this process, or of this host
 * @param multiprocessingDistributed whether this host starts one process for each of its devices
 * @param backend what carries the data
 * @param timeout how long a process waits for the others, both when they meet and in each exchange
 * @param findUnusedParameters whether parameters without a part in a step are looked for; without, they are an error
 * @param bucketMegabytes gradients that are sent together
 * @param gatherFeatures whether a loss contrasts the features of all ranks with each other, which go from rank to rank with
 *     their gradients; without, each rank has a loss of its own, of which the mean is taken. Empty for as published: the first
 *     where the features of a batch are contrasted with each other, as a loss after PyTorch's DataParallel sees them all, and
 *     the second where they are contrasted with a store, of which each rank needs no more than its own
 * @param bank where the rows of memory banks are
 * @param syncBatchNorm whether batch norms take mean and variance over the pictures of all ranks
 */
public record Distributed(
        String distUrl,
        Optional<Integer> worldSize,
        Optional<Integer> rank,
        boolean multiprocessingDistributed,
        Carrier backend,
        Duration timeout,
        boolean findUnusedParameters,
        int bucketMegabytes,
        Optional<Boolean> gatherFeatures,
        Bank bank,
        boolean syncBatchNorm) {
    /** The URL of those who look into the environment. */
    static final String ENVIRONMENT = "env://";

    /** What carries the data. */
    public enum Carrier {
        /** NCCL between GPUs, else Gloo. */
        AUTO,
        /** Between CPUs, over TCP. */
        GLOO,
        /** Between GPUs. */
        NCCL
    }

    /** Where the rows of memory banks are. */
    public enum Bank {
        /** All on every rank. */
        REPLICATED,
        /** On each rank its share of them; similarities and rows go from rank to rank. */
        SHARDED
    }

    /** With losses, memory banks and batch norms as published. */
    public Distributed(
            String distUrl,
            Optional<Integer> worldSize,
            Optional<Integer> rank,
            boolean multiprocessingDistributed,
            Carrier backend,
            Duration timeout,
            boolean findUnusedParameters,
            int bucketMegabytes) {
        this(
                distUrl,
                worldSize,
                rank,
                multiprocessingDistributed,
                backend,
                timeout,
                findUnusedParameters,
                bucketMegabytes,
                Optional.empty(),
                Bank.REPLICATED,
                false);
    }

    public Distributed {
        new Problems()
                .require(
                        distUrl.equals(ENVIRONMENT) || Rendezvous.of(distUrl).isPresent(),
                        "distUrl",
                        '"' + distUrl + '"',
                        "env:// or tcp://HOST:PORT")
                .atLeast("worldSize", worldSize.orElse(1), 1)
                .atLeast("rank", rank.orElse(0), 0)
                .require(
                        rank.orElse(0) < worldSize.orElse(Integer.MAX_VALUE),
                        "rank",
                        rank.orElse(0),
                        "less than distributed.world-size = " + worldSize.orElse(0))
                .require(
                        timeout.toMillis() >= 100 && timeout.toDays() <= 20,
                        "timeout",
                        timeout,
                        "100 milliseconds to 20 days")
                .between("bucketMegabytes", bucketMegabytes, 1, 1024)
                .raise();
    }

    /** The same for a process that was started as one of its host's: the keys count hosts. */
    public Distributed spawned() {
        return new Distributed(
                distUrl,
                worldSize,
                rank,
                true,
                backend,
                timeout,
                findUnusedParameters,
                bucketMegabytes,
                gatherFeatures,
                bank,
                syncBatchNorm);
    }

    /** Everything from the environment, with the time-out of PyTorch. */
    public static Distributed byEnvironment() {
        return new Distributed(
                ENVIRONMENT,
                Optional.empty(),
                Optional.empty(),
                false,
                Carrier.AUTO,
                Duration.ofMinutes(30),
                false,
                25);
    }
}
