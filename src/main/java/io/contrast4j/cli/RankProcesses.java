package io.contrast4j.cli;

import io.contrast4j.dist.Hosts;
import io.contrast4j.dist.Placement;
import io.contrast4j.dist.Rendezvous;
import io.contrast4j.spec.UserError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The processes of one host, each a copy of this program with torchrun's variables: starts them, joins what they print, and
 * lets none survive the others. A signal to this process is passed on to all; one that fails takes the others down.
 */
final class RankProcesses implements AutoCloseable {
    /** How many processes: of this host. */
    static final String OPTION = "--nproc-per-node";

    /** Variable with a program that each process is started by, such as one that binds it to cores. */
    private static final String PREFIX = "CONTRAST4J_RANK_PREFIX";

    /** How long the others may take to notice a loss by themselves, and to say which rank it was. */
    private static final long NOTICE_SECONDS = 15;

    /** What a process needs to end beside the time that it may take to save a checkpoint. */
    private static final long MARGIN_SECONDS = 10;

    /** Exit codes above are those of signals. */
    private static final int SIGNALS = 128;

    /** Exit code of a process that SIGTERM has ended. */
    static final int TERMINATED = SIGNALS + 15;

    /** What Gloo prints whenever it connects, without a way to turn it off. */
    private static final String GLOO = "[Gloo] Rank ";

    // A signal may come while they are being started: guarded by this object's monitor.
    private final List<Process> processes = new ArrayList<>();
    private final List<Thread> readers = new ArrayList<>();
    private final String job = UUID.randomUUID().toString();
    private final Labels labels;
    private final Duration grace;
    private final Thread hook = new Thread(this::endWithSignal, "signal");
    private volatile boolean isGoingDown;

    /** What stands before the lines. */
    enum Labels {
        /** The rank, before the lines of all. */
        RANKS,
        /** Nothing before those of rank 0, whose output is the program's. */
        FIRST_PLAIN
    }

    /**
     * Starts them.
     *
     * @param arguments of this program, without {@link #OPTION}
     * @param count processes of this host
     * @param grace how long a process that is asked to end may take to save its state
     */
    RankProcesses(List<String> arguments, int count, Hosts hosts, Labels labels, Duration grace) {
        this.labels = labels;
        this.grace = grace;
        Rendezvous place = hosts.meeting().orElseGet(RankProcesses::freePlace);
        if (hosts.count() > 1 && hosts.meeting().isEmpty()) {
            throw new IllegalArgumentException("several hosts have to know where they meet");
        }
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            for (int local = 0; local < count; local++) {
                start(arguments, local, count, hosts, place);
            }
        } catch (IOException failed) {
            close();
            throw new UserError(
                    UserError.FAILED,
                    "Cannot start " + count + " processes (" + failed.getMessage() + "); start fewer with " + OPTION
                            + prefix().map(program -> ", or set another " + PREFIX)
                                    .orElse("") + ".",
                    failed);
        }
    }

    private static Rendezvous freePlace() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return new Rendezvous("127.0.0.1", socket.getLocalPort());
        } catch (IOException none) {
            throw new UserError(
                    UserError.FAILED,
                    "No port is free on this host for the processes to meet (" + none.getMessage() + ").");
        }
    }

    private synchronized void start(List<String> arguments, int local, int count, Hosts hosts, Rendezvous place)
            throws IOException {
        if (isGoingDown) {
            return;
        }
        int rank = hosts.host() * count + local;
        // A progress bar would be torn apart by the other ranks' lines.
        ProcessBuilder builder = OwnProgram.withoutTerminal(arguments);
        prefix().ifPresent(program -> builder.command().add(0, program));
        Map<String, String> environment = builder.environment();
        environment.put("RANK", Integer.toString(rank));
        environment.put("WORLD_SIZE", Integer.toString(hosts.count() * count));
        environment.put("LOCAL_RANK", Integer.toString(local));
        environment.put("LOCAL_WORLD_SIZE", Integer.toString(count));
        environment.put("MASTER_ADDR", place.host());
        environment.put("MASTER_PORT", Integer.toString(place.port()));
        if (hosts.count() == 1) {
            environment.putIfAbsent(Placement.JOB, job);
        }
        // Threads of several processes that wait for the same cores make all of them slow.
        environment.putIfAbsent(
                "OMP_NUM_THREADS",
                Integer.toString(Math.max(1, Runtime.getRuntime().availableProcessors() / count)));
        // Else c10d prints native stacks where a connection ends; what has happened is said in words.
        environment.putIfAbsent("TORCH_CPP_LOG_LEVEL", "ERROR");
        Process process = builder.start();
        processes.add(process);
        String label = labels == Labels.FIRST_PLAIN && rank == 0 ? "" : String.format(Locale.ROOT, "[rank %d] ", rank);
        readers.add(join(process.getInputStream(), System.out, label));
        readers.add(join(process.getErrorStream(), System.err, label));
    }

    private static Optional<String> prefix() {
        return Optional.ofNullable(System.getenv(PREFIX)).filter(program -> !program.isBlank());
    }

    /** Prints whole lines, as they come, byte by byte what they were. */
    private static Thread join(InputStream from, PrintStream to, String label) {
        Thread reader = new Thread(
                () -> {
                    try (from) {
                        ByteArrayOutputStream line = new ByteArrayOutputStream();
                        byte[] buffer = new byte[8192];
                        for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
                            for (int i = 0; i < read; i++) {
                                line.write(buffer[i]);
                                if (buffer[i] == '\n') {
                                    print(line, to, label);
                                }
                            }
                        }
                        if (line.size() > 0) {
                            line.write('\n');
                            print(line, to, label);
                        }
                    } catch (IOException ended) {
                        // The process is gone, and its pipe with it.
                    }
                },
                "output");
        reader.start();
        return reader;
    }

    private static void print(ByteArrayOutputStream line, PrintStream to, String label) {
        byte[] bytes = line.toByteArray();
        line.reset();
        if (new String(bytes, StandardCharsets.ISO_8859_1).startsWith(GLOO)) {
            return;
        }
        synchronized (to) {
            to.write(label.getBytes(StandardCharsets.US_ASCII), 0, label.length());
            to.write(bytes, 0, bytes.length);
            to.flush();
        }
    }

    /**
     * Waits until all have ended.
     *
     * @return 0, or the exit code of the first that failed
     */
    int await() {
        List<Process> started = started();
        List<Process> running = new ArrayList<>(started);
        while (!running.isEmpty()) {
            Process ended = firstOf(running);
            running.remove(ended);
            if (ended.exitValue() != 0) {
                if (!running.isEmpty() && !isGoingDown) {
                    System.err.println("contrast4j: process " + started.indexOf(ended) + " of this host "
                            + how(ended.exitValue()) + "; the others end, too.");
                }
                endWithin(running, NOTICE_SECONDS);
                takeDown();
                drain();
                return ended.exitValue();
            }
        }
        drain();
        return 0;
    }

    private synchronized List<Process> started() {
        return List.copyOf(processes);
    }

    /** A process that Ctrl-C or SIGTERM has reached ends in order, and so do the others, with the exit codes of that. */
    static String how(int exitCode) {
        if (exitCode == Interrupt.INTERRUPTED || exitCode == TERMINATED) {
            return "was interrupted (exit code " + exitCode + ")";
        }
        return exitCode > SIGNALS ? "was ended by signal " + (exitCode - SIGNALS) : "failed with exit code " + exitCode;
    }

    private static Process firstOf(List<Process> running) {
        CompletableFuture.anyOf(running.stream().map(Process::onExit).toArray(CompletableFuture<?>[]::new))
                .join();
        // Of several, one that failed: it may be why the others have ended.
        Optional<Process> failed = running.stream()
                .filter(process -> !process.isAlive() && process.exitValue() != 0)
                .findFirst();
        return failed.orElseGet(() -> running.stream()
                .filter(process -> !process.isAlive())
                .findFirst()
                .orElseThrow());
    }

    /** Asks all to end, and ends those that do not. */
    private void takeDown() {
        List<Process> ending;
        synchronized (this) {
            isGoingDown = true;
            ending = started();
        }
        // Not Process.destroy, which would close their output before they have said what they had to.
        ending.forEach(process -> process.toHandle().destroy());
        endWithin(ending, grace.toSeconds() + MARGIN_SECONDS);
        ending.forEach(Process::destroyForcibly);
    }

    /** What they say last is waited for, too. */
    private void endWithSignal() {
        takeDown();
        drain();
    }

    private static void endWithin(List<Process> ending, long seconds) {
        try {
            CompletableFuture.allOf(ending.stream().map(Process::onExit).toArray(CompletableFuture<?>[]::new))
                    .get(seconds, TimeUnit.SECONDS);
        } catch (TimeoutException tooLate) {
            // The caller does something about it.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private void drain() {
        List<Thread> reading;
        synchronized (this) {
            reading = List.copyOf(readers);
        }
        try {
            for (Thread reader : reading) {
                // What a process has started may hold its pipe open.
                reader.join(TimeUnit.SECONDS.toMillis(5));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether this process is one of those that another one has started. */
    static boolean isOne() {
        return OwnProgram.isStartedByItself() && System.getenv().containsKey("LOCAL_RANK");
    }

    @Override
    public void close() {
        takeDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException goingDown) {
            // The hook runs at this moment.
        }
    }
}
