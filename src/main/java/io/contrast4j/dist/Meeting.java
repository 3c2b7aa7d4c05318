package io.contrast4j.dist;

import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * How the processes find each other, before anything of LibTorch speaks, and how they learn who is gone. Rank 0 listens at
 * the rendezvous; every other rank connects to it and says its rank, the size of its world and its configuration. Whatever
 * does not fit is refused there, for all, in one sentence. The connections stay open without a word, so that the end of a
 * process is known at once and by its rank, which the libraries that carry the data cannot tell.
 *
 * <p>A process that waits for the others in vain says so ({@link #explain}); who has not said so when rank 0 sums up is the
 * one that is missing.
 */
final class Meeting implements AutoCloseable {
    private static final byte WELCOME = 1;
    private static final byte REFUSED = 2;
    private static final byte TOLD = 3;
    private static final byte WAITS_IN_VAIN = 4;
    private static final byte VERDICT = 5;
    private static final byte LEAVES = 6;
    private static final byte AT_WORK = 7;

    /** How long rank 0 waits for the others' complaints before it names who is missing. */
    private static final long COMPLAINTS_MILLIS = 2_000;

    /** How long the others wait for that. */
    private static final long GRACE_MILLIS = 5_000;

    private static final long RETRY_MILLIS = 100;

    /** What a program that is not one of us may take to say nothing. */
    private static final long FOREIGN_MILLIS = 5_000;

    /** How often rank 0 says that it is at work, at least. */
    private static final long SIGN_MILLIS = 10_000;

    private static final String GO_ON = " Go on with --resume.";

    private final World world;
    private final Duration timeout;
    private final Map<Integer, Wire> wires = new TreeMap<>();
    private final List<String> hosts = new ArrayList<>();

    // All below is guarded by this object's monitor.
    private final TreeSet<Integer> waiting = new TreeSet<>();
    private final TreeSet<Integer> left = new TreeSet<>();
    private Optional<String> verdict = Optional.empty();
    private final Deque<String> told = new ArrayDeque<>();
    private long lastSign;
    private boolean isClosed;
    private boolean isDeciding;

    private Meeting(World world, Duration timeout) {
        this.world = world;
        this.timeout = timeout;
    }

    /**
     * Waits until all ranks are there.
     *
     * @param agreed keys and values that must be the same on all ranks
     * @throws UserError if the port is taken, a rank does not come in time, or one does not fit
     */
    static Meeting join(World world, Rendezvous where, Duration timeout, Map<String, String> agreed) {
        Meeting meeting = new Meeting(world, timeout);
        try {
            if (world.isFirst()) {
                meeting.host(where, agreed);
            } else {
                meeting.visit(where, agreed);
            }
        } catch (RuntimeException failed) {
            meeting.close();
            throw failed;
        }
        meeting.wires.forEach(meeting::listen);
        return meeting;
    }

    // --- Rank 0
    // -------------------------------------------------------------------------------------------------------

    private void host(Rendezvous where, Map<String, String> agreed) {
        long end = System.nanoTime() + timeout.toNanos();
        Guest self = new Guest(0, world.size(), hostName(), agreed);
        Map<Integer, Guest> guests = new TreeMap<>(Map.of(0, self));
        try (Reception reception = Reception.open(where, world)) {
            while (guests.size() < world.size()) {
                Optional<Reception.Arrival> next = reception.next(end - System.nanoTime());
                admit(
                        next.orElseThrow(() ->
                                refuse("Only " + ranks(guests.keySet()) + " of " + world.size() + " came to " + where
                                        + " within " + limit() + ": start " + ranks(missing(guests.keySet()))
                                        + ", too, or correct the world size.")),
                        guests);
            }
            guests.values().forEach(guest -> hosts.add(guest.host()));
            for (Wire wire : wires.values()) {
                wire.send(WELCOME, String.join("\n", hosts));
            }
            reception.end(late -> turnAway(
                    late, "All " + world.size() + " ranks are there already; start another training at another port."));
        } catch (IOException failed) {
            throw refuse("Rank 0 cannot receive the others at " + where + " (" + Reasons.of(failed) + ").");
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Tells one alone that there is no place for it. */
    private static void turnAway(Reception.Arrival arrival, String why) {
        post(arrival.wire(), REFUSED, why);
        arrival.wire().close();
    }

    private void admit(Reception.Arrival arrival, Map<Integer, Guest> guests) {
        Guest guest = arrival.guest();
        String job = Objects.requireNonNull(guests.get(0)).job();
        if (!guest.job().equals(job)) {
            // Such as one that was left over by the job before: no reason for this one not to start.
            turnAway(
                    arrival,
                    "Rank 0 at this place is of another job (" + named(job) + ", and this process is of "
                            + named(guest.job()) + "); give each job a port of its own.");
            return;
        }
        Optional<String> objection = objection(guest, guests);
        if (objection.isPresent()) {
            turnAway(arrival, objection.get());
            throw refuse(objection.get());
        }
        guests.put(guest.rank(), guest);
        wires.put(guest.rank(), arrival.wire());
    }

    private static String named(String job) {
        return job.isEmpty() ? "one without a name" : job;
    }

    private Optional<String> objection(Guest guest, Map<Integer, Guest> guests) {
        Guest self = Objects.requireNonNull(guests.get(0));
        if (guest.size() != world.size()) {
            return Optional.of("Rank " + guest.rank() + " on " + guest.host() + " says that there are " + guest.size()
                    + " processes, and rank 0 on " + self.host() + " says " + world.size()
                    + "; start all with the same world size.");
        }
        Guest before = guests.get(guest.rank());
        if (before != null) {
            return Optional.of("Two processes say that they are rank " + guest.rank() + ", on " + before.host()
                    + " and on " + guest.host() + "; give each a number of its own.");
        }
        if (guest.rank() < 0 || guest.rank() >= world.size()) {
            return Optional.of(
                    "There is no rank " + guest.rank() + " among " + world.size() + " processes; count them from 0.");
        }
        return difference(guest, self)
                .map(what -> "Rank " + guest.rank() + " on " + guest.host() + " has another configuration than rank 0: "
                        + what + "; start all ranks with the same.");
    }

    private static Optional<String> difference(Guest guest, Guest self) {
        TreeSet<String> keys = new TreeSet<>(self.agreed().keySet());
        keys.addAll(guest.agreed().keySet());
        List<String> different = keys.stream()
                .filter(key ->
                        !Objects.equals(guest.agreed().get(key), self.agreed().get(key)))
                .toList();
        if (different.isEmpty()) {
            return Optional.empty();
        }
        String first = different.get(0);
        String more = different.size() == 1 ? "" : ", and " + (different.size() - 1) + " more";
        return Optional.of(first + " = " + guest.agreed().getOrDefault(first, "nothing") + " instead of "
                + self.agreed().getOrDefault(first, "nothing") + more);
    }

    /** Says it to all who have come. */
    private UserError refuse(String sentence) {
        for (Wire wire : wires.values()) {
            try {
                wire.send(REFUSED, sentence);
            } catch (IOException gone) {
                // It has ended for a reason of its own.
            }
        }
        return new UserError(UserError.FAILED, sentence);
    }

    // --- The others
    // ---------------------------------------------------------------------------------------------------

    private void visit(Rendezvous where, Map<String, String> agreed) {
        long end = System.nanoTime() + timeout.toNanos();
        Wire wire = connect(where, end);
        wires.put(0, wire);
        try {
            wire.greet();
            wire.patience(FOREIGN_MILLIS);
            if (!wire.isGreeted()) {
                throw foreign(where);
            }
            new Guest(world.rank(), world.size(), hostName(), agreed).write(wire);
            // Rank 0 counts from its own start, which may have been after this one's.
            wire.patience(timeout.toMillis() + GRACE_MILLIS);
            byte answer = wire.kind();
            String text = wire.text();
            if (answer == REFUSED) {
                throw new UserError(UserError.FAILED, text);
            }
            hosts.addAll(List.of(text.split("\n")));
            wire.patience(0);
        } catch (SocketTimeoutException silent) {
            throw foreign(where);
        } catch (IOException broken) {
            throw new UserError(
                    UserError.FAILED,
                    "Rank 0 at " + where + " has ended while rank " + world.rank()
                            + " waited for the others; see what rank 0 says.",
                    broken);
        }
    }

    private UserError foreign(Rendezvous where) {
        return new UserError(
                UserError.FAILED,
                "What listens at " + where + " does not answer rank " + world.rank()
                        + " as a rank 0 of this program would; choose a port of its own with MASTER_PORT or"
                        + " distributed.dist-url.");
    }

    private Wire connect(Rendezvous where, long end) {
        while (true) {
            Socket socket = new Socket();
            try {
                long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                // A name may become known a while after the start: that of a Kubernetes service does.
                socket.connect(new InetSocketAddress(InetAddress.getByName(where.host()), where.port()), (int)
                        Math.max(1, Math.min(left, Integer.MAX_VALUE)));
                return new Wire(socket);
            } catch (IOException notYet) {
                close(socket);
                if (System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RETRY_MILLIS) >= end) {
                    String why = notYet instanceof UnknownHostException ? "the host is not known" : Reasons.of(notYet);
                    throw new UserError(
                            UserError.FAILED,
                            "Rank " + world.rank() + " found no rank 0 at " + where + " within " + limit() + " (" + why
                                    + "); check that rank 0 was started, and MASTER_ADDR and MASTER_PORT.",
                            notYet);
                }
                pause(RETRY_MILLIS);
            }
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It was not open.
        }
    }

    // --- While they train
    // ---------------------------------------------------------------------------------------------

    /**
     * A text that rank 0 makes, however long that takes, and all get: meanwhile it says that it is at work. All ranks call
     * this the same number of times.
     *
     * @throws LostRank if rank 0 ends before, or is silent for longer than the time-out
     */
    String tell(Supplier<String> first) {
        if (!world.isFirst()) {
            return heard();
        }
        ScheduledExecutorService signs =
                Executors.newSingleThreadScheduledExecutor(task -> Reception.daemon("at work", task));
        try {
            long pause = Math.max(1, Math.min(SIGN_MILLIS, timeout.toMillis() / 4));
            signs.scheduleAtFixedRate(
                    () -> wires.values().forEach(wire -> post(wire, AT_WORK, "")), pause, pause, TimeUnit.MILLISECONDS);
            String text = first.get();
            wires.values().forEach(wire -> post(wire, TOLD, text));
            return text;
        } finally {
            signs.shutdownNow();
        }
    }

    private synchronized String heard() {
        lastSign = System.nanoTime();
        long patience = TimeUnit.MILLISECONDS.toNanos(timeout.toMillis() + GRACE_MILLIS);
        BooleanSupplier isOver = () -> !told.isEmpty() || verdict.isPresent() || left.contains(0);
        while (!isOver.getAsBoolean() && System.nanoTime() - lastSign < patience) {
            await(isOver, TimeUnit.NANOSECONDS.toMillis(lastSign + patience - System.nanoTime()) + 1);
        }
        if (!told.isEmpty()) {
            return told.remove();
        }
        String gone = left.contains(0)
                ? leftEarly(left)
                : name(0) + " has said nothing within " + limit()
                        + ": it hangs, or its host or the network to it is gone.";
        throw new LostRank(verdict.orElse(gone) + GO_ON, new IOException("no answer"));
    }

    /** This side's address on the network that reaches the others; none before they have met. */
    InetAddress localAddress() {
        return wires.values().iterator().next().localAddress();
    }

    /**
     * Why the others could not be reached: the rank that is missing. To be called by every rank whose exchange has failed; it
     * takes a few seconds at most.
     *
     * @param failure what the library says
     */
    LostRank explain(Throwable failure) {
        if (world.isFirst()) {
            complain(0);
        } else {
            wires.values().forEach(wire -> post(wire, WAITS_IN_VAIN, ""));
        }
        synchronized (this) {
            await(verdict::isPresent, GRACE_MILLIS);
            return new LostRank(
                    verdict.orElse(name(0) + " does not answer: its host or the network to it is gone (" + limit()
                                    + ").")
                            + GO_ON,
                    failure);
        }
    }

    /** Whether one of the others is known to be gone. */
    synchronized boolean isBroken() {
        return verdict.isPresent() || !left.isEmpty();
    }

    /** Reads what one of the others says, for as long as it is there. */
    private void listen(int rank, Wire wire) {
        Reception.daemon("rank " + rank, () -> read(rank, wire)).start();
    }

    private void read(int rank, Wire wire) {
        try {
            while (true) {
                byte kind = wire.kind();
                String text = wire.text();
                switch (kind) {
                    case TOLD -> hear(text);
                    case VERDICT -> decide(text);
                    case WAITS_IN_VAIN -> complain(rank);
                    case AT_WORK -> isAtWork();
                    case LEAVES -> {
                        // Who is done leaves the others alone; it is missed only if they still need it.
                        leave(rank);
                        return;
                    }
                    default -> throw new IOException("an unknown message");
                }
            }
        } catch (IOException ended) {
            decide(name(rank)
                    + " is lost: its process has ended, or the connection to it was cut; without it the others"
                    + " end within " + limit() + ".");
        }
    }

    private synchronized void hear(String text) {
        told.add(text);
        notifyAll();
    }

    private synchronized void isAtWork() {
        lastSign = System.nanoTime();
    }

    private synchronized void leave(int rank) {
        left.add(rank);
        notifyAll();
    }

    /** The first verdict holds, and rank 0 tells it to all. */
    private void decide(String sentence) {
        synchronized (this) {
            if (verdict.isPresent() || isClosed) {
                return;
            }
            verdict = Optional.of(sentence);
            notifyAll();
        }
        if (world.isFirst()) {
            wires.values().forEach(wire -> post(wire, VERDICT, sentence));
        }
    }

    /** On rank 0: one more waits in vain. Some time after the first of them, it is clear who does not. */
    private void complain(int rank) {
        synchronized (this) {
            waiting.add(rank);
            notifyAll();
            if (isDeciding) {
                return;
            }
            isDeciding = true;
        }
        Reception.daemon("who is missing", this::judge).start();
    }

    private void judge() {
        String sentence;
        synchronized (this) {
            await(() -> verdict.isPresent() || waiting.size() + left.size() >= world.size(), COMPLAINTS_MILLIS);
            TreeSet<Integer> missing = missing(waiting);
            if (!left.isEmpty()) {
                sentence = leftEarly(left);
            } else if (missing.isEmpty()) {
                sentence = "All ranks are there, and wait for each other in vain (" + limit()
                        + "): the network between them passes no data.";
            } else {
                sentence = names(missing) + " took no part in an exchange within " + limit()
                        + ": it hangs, or its host or the network to it is gone.";
            }
        }
        decide(sentence);
    }

    private static void post(Wire wire, byte kind, String text) {
        try {
            wire.send(kind, text);
        } catch (IOException gone) {
            // Its reader knows.
        }
    }

    // --- Words
    // --------------------------------------------------------------------------------------------------------

    private TreeSet<Integer> missing(Iterable<Integer> present) {
        TreeSet<Integer> missing =
                IntStream.range(0, world.size()).boxed().collect(Collectors.toCollection(TreeSet::new));
        present.forEach(missing::remove);
        return missing;
    }

    private String leftEarly(Iterable<Integer> ranks) {
        return names(ranks) + " left before the others were done; its own last message says why.";
    }

    private static String ranks(Iterable<Integer> ranks) {
        List<String> numbers = new ArrayList<>();
        ranks.forEach(rank -> numbers.add(Integer.toString(rank)));
        return (numbers.size() == 1 ? "rank " : "ranks ") + String.join(", ", numbers);
    }

    private String names(Iterable<Integer> ranks) {
        List<String> names = new ArrayList<>();
        ranks.forEach(rank -> names.add(name(rank)));
        return String.join(", ", names);
    }

    private String name(int rank) {
        return "Rank " + rank + (rank < hosts.size() ? " on " + hosts.get(rank) : "");
    }

    private String limit() {
        return "distributed.timeout = "
                + (timeout.toMillis() % 1000 == 0 ? timeout.toSeconds() + " s" : timeout.toMillis() + " ms");
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException unnamed) {
            return "localhost";
        }
    }

    private synchronized void await(BooleanSupplier happened, long millis) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        try {
            while (!happened.getAsBoolean()) {
                long remaining = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                if (remaining <= 0) {
                    return;
                }
                wait(remaining);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void pause(long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static UserError interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new UserError(UserError.FAILED, "The wait for the other ranks was interrupted.", e);
    }

    /** Leaves in order: the others do not take this process for lost. */
    @Override
    public void close() {
        synchronized (this) {
            if (isClosed) {
                return;
            }
            isClosed = true;
        }
        wires.values().forEach(wire -> {
            post(wire, LEAVES, "");
            wire.close();
        });
    }
}
