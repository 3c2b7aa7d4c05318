package io.contrast4j.dist;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.bytedeco.pytorch.Device;

/** Ranks that are threads of this process: all but the end of a process is the same. */
public final class ThreadRanks {
    private static final long PATIENCE_SECONDS = 120;

    private ThreadRanks() {}

    /** What one rank does. */
    public interface Work<T> {
        T of(ProcessRanks ranks) throws Exception;
    }

    /** A port that nothing listens at. */
    static Rendezvous freePlace() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return new Rendezvous("127.0.0.1", socket.getLocalPort());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static Distributed config(Duration timeout) {
        return new Distributed(
                "env://", Optional.empty(), Optional.empty(), false, Distributed.Carrier.AUTO, timeout, false, 25);
    }

    public static <T> List<T> run(int size, Work<T> work) {
        return run(size, config(Duration.ofSeconds(60)), work);
    }

    /** The results in the order of the ranks. */
    public static <T> List<T> run(int size, Distributed config, Work<T> work) {
        Rendezvous place = freePlace();
        return each(size, rank -> {
            try (Arena arena = new Arena()) {
                Device cpu = arena.own(() -> Tensors.device("cpu"));
                try (ProcessRanks ranks =
                                ProcessRanks.join(new World(rank, size, rank, size), place, config, cpu, Map.of());
                        Scope scope = Scope.open()) {
                    return work.of(ranks);
                }
            }
        });
    }

    /** What is thrown when a rank is gone. */
    public static LostRank lost() {
        return new LostRank("Rank 1 is lost.", new IOException("the test"));
    }

    /** What one thread does. */
    interface Numbered<T> {
        T of(int number) throws Exception;
    }

    /** Runs threads with numbers from 0; the first failure is this one's. */
    static <T> List<T> each(int count, Numbered<T> work) {
        ExecutorService threads = Executors.newFixedThreadPool(count);
        try {
            List<Future<T>> futures = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int number = i;
                futures.add(threads.submit(() -> work.of(number)));
            }
            List<T> results = new ArrayList<>();
            for (Future<T> future : futures) {
                results.add(future.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
            }
            return results;
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof UserError refused) {
                throw refused;
            }
            throw new AssertionError(failed.getCause());
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        } finally {
            threads.shutdownNow();
        }
    }

    /** The sentences with which threads fail; all must. */
    static List<String> refusals(int count, Numbered<?> work) {
        return each(count, number -> {
            try {
                work.of(number);
                return "not refused";
            } catch (UserError refused) {
                return refused.getMessage();
            }
        });
    }
}
