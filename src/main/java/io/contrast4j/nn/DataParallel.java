package io.contrast4j.nn;

import io.contrast4j.spec.Problems;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.KeptDraws;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Device;

/**
 * One process, several devices: each has a replica of every network and a thread, and sees its part of each batch, as with
 * PyTorch's {@code nn.DataParallel}, which the published runs of CMC use. Losses, stores, and everything else that is no
 * network, are on the first device and see the whole batch.
 *
 * <p>On a CPU the replicas are all on it: nothing gets faster, but all is as it would be on so many GPUs.
 */
public final class DataParallel implements AutoCloseable {
    private final List<Device> devices;
    private final List<ExecutorService> threads = new ArrayList<>();

    /**
     * @param replicas of each network: 1, or more on so many GPUs, from the configured one on; on a CPU all there
     */
    public record Config(int replicas) {
        public Config {
            new Problems().atLeast("replicas", replicas, 1).raise();
        }
    }

    /**
     * @param devices of the replicas, at least one; the first is that of the networks. The caller closes them after this; one
     *     may come several times
     */
    public DataParallel(List<Device> devices) {
        this.devices = List.copyOf(devices);
        // A thread each, always the same: LibTorch's threads belong to it, and it counts the operations it has
        // recorded.
        for (int replica = 0; devices.size() > 1 && replica < devices.size(); replica++) {
            String name = "replica " + replica;
            threads.add(Executors.newSingleThreadExecutor(task -> {
                Thread thread = new Thread(task, name);
                thread.setDaemon(true);
                return thread;
            }));
        }
    }

    /** One device: networks stay as they are. */
    public static DataParallel none(Device device) {
        return new DataParallel(List.of(device));
    }

    /** In words: which part of a batch goes where. */
    public String plan(int batchSize) {
        List<Integer> parts = parts(batchSize);
        List<String> sentences = new ArrayList<>();
        for (int replica = 0; replica < parts.size(); replica++) {
            sentences.add(
                    parts.get(replica) + " on " + devices.get(replica).str().getString());
        }
        int idle = devices.size() - parts.size();
        return devices.size() + " replicas; of a batch's " + batchSize + " pictures " + String.join(", ", sentences)
                + (idle == 0 ? "" : "; " + idle + " without any");
    }

    /**
     * The rows of each part of a batch. As {@code torch.chunk} has it all parts but the last one are equal, and there may be
     * fewer than replicas: 5 rows for 4 replicas are 2, 2 and 1.
     */
    List<Integer> parts(int rows) {
        int most = (rows + devices.size() - 1) / devices.size();
        List<Integer> parts = new ArrayList<>();
        for (int from = 0; from < rows; from += most) {
            parts.add(Math.min(most, rows - from));
        }
        return parts;
    }

    /** The devices, that of the networks first. */
    public List<Device> devices() {
        return devices;
    }

    /**
     * The network over all devices; with one device, the network itself.
     *
     * @param network on the first device; its owner closes it
     * @param factory builds networks of the same architecture, whose layers are used; the caller's arena owns them
     */
    public Backbone over(Backbone network, Supplier<? extends Backbone> factory) {
        if (devices.size() == 1) {
            return network;
        }
        List<Replica> replicas = new ArrayList<>();
        // The weights of replicas are drawn in vain, and must not change what is drawn after them.
        try (KeptDraws kept = KeptDraws.open()) {
            for (int i = 0; i < devices.size(); i++) {
                replicas.add(new Replica(factory.get()));
            }
        }
        return new ReplicatedBackbone(network, replicas, this);
    }

    /**
     * Runs a block for each of the first replicas, on their threads, and waits for all. What the blocks create lives until the
     * caller's innermost scope closes, which must be open.
     *
     * @return what the blocks return, in the order of the replicas
     * @throws RuntimeException of the first replica that fails, with those of others as suppressed
     */
    <T> List<T> run(int replicas, IntFunction<T> block) {
        List<Arena> arenas = new ArrayList<>();
        List<Future<T>> results = new ArrayList<>();
        for (int i = 0; i < replicas; i++) {
            int replica = i;
            Arena arena = new Arena();
            arena.closeWithScope();
            arenas.add(arena);
            results.add(threads.get(replica).submit(() -> arena.own(() -> block.apply(replica))));
        }
        List<T> values = new ArrayList<>();
        List<Throwable> failures = new ArrayList<>();
        for (Future<T> result : results) {
            try {
                values.add(await(result));
            } catch (ExecutionException failed) {
                failures.add(failed.getCause());
            }
        }
        if (!failures.isEmpty()) {
            raise(failures);
        }
        return values;
    }

    /** Also where this thread is interrupted: what the others work with is freed when this method is left. */
    private static <T> T await(Future<T> result) throws ExecutionException {
        boolean isInterrupted = false;
        try {
            while (true) {
                try {
                    return result.get();
                } catch (InterruptedException interrupted) {
                    isInterrupted = true;
                }
            }
        } finally {
            if (isInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void raise(List<Throwable> failures) {
        Throwable first = failures.get(0);
        failures.stream().skip(1).filter(other -> other != first).forEach(first::addSuppressed);
        if (first instanceof Error error) {
            throw error;
        }
        throw (RuntimeException) first;
    }

    @Override
    public void close() {
        threads.forEach(ExecutorService::shutdown);
    }
}
