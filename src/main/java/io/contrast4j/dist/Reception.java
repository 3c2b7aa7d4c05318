package io.contrast4j.dist;

import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Where rank 0 receives the others. Anybody may come to an open port: several at a time are listened to, none for longer than
 * a few seconds, so that a stranger who is silent, or never comes to an end, keeps nobody waiting.
 */
final class Reception implements AutoCloseable {
    /** How long one that has come may take to say who it is. */
    private static final long PATIENCE_MILLIS = 5_000;

    private static final int LISTENERS = 32;
    private static final long RETRY_MILLIS = 100;

    private final ServerSocket server;
    private final BlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();

    /** What is done with those that come when it has ended. */
    private Optional<Consumer<Arrival>> farewell = Optional.empty();

    /** One that has come and said who it is. */
    record Arrival(Wire wire, Guest guest) {}

    private Reception(ServerSocket server) {
        this.server = server;
    }

    /** @throws UserError if nobody can be received there */
    static Reception open(Rendezvous where, World world) {
        Reception reception = new Reception(listenAt(where, world));
        daemon("door", reception::receive).start();
        return reception;
    }

    private static ServerSocket listenAt(Rendezvous where, World world) {
        // Some tell rank 0 alone that it is to be found on its own host.
        boolean isForOthers = where.host().equals("localhost") && world.localSize() < world.size();
        try {
            InetAddress address = InetAddress.getByName(where.host());
            ServerSocket server = new ServerSocket();
            server.setReuseAddress(true);
            // On the loopback only processes of this host are heard; else the name may be that of a proxy or a service.
            server.bind(
                    address.isLoopbackAddress() && !isForOthers
                            ? new InetSocketAddress(address, where.port())
                            : new InetSocketAddress(where.port()));
            return server;
        } catch (UnknownHostException unknown) {
            throw new UserError(
                    UserError.USAGE, "The host " + where.host() + " of " + where + " is not known; correct its name.");
        } catch (BindException taken) {
            throw new UserError(
                    UserError.FAILED,
                    "Rank 0 cannot listen at " + where + ", because port " + where.port()
                            + " is taken or not allowed; choose another MASTER_PORT or distributed.dist-url.");
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    "Rank 0 cannot listen at " + where + " (" + Reasons.of(failed)
                            + "); choose another MASTER_PORT or distributed.dist-url.",
                    failed);
        }
    }

    /** The next one; none if nobody comes in time. */
    Optional<Arrival> next(long nanos) throws InterruptedException {
        return Optional.ofNullable(arrivals.poll(nanos, TimeUnit.NANOSECONDS));
    }

    /** Nobody is waited for any more; those that have come, or are still saying who they are, get an answer all the same. */
    synchronized void end(Consumer<Arrival> answer) {
        farewell = Optional.of(answer);
        List<Arrival> late = new ArrayList<>();
        arrivals.drainTo(late);
        late.forEach(answer);
    }

    private synchronized void add(Arrival arrival) {
        farewell.ifPresentOrElse(answer -> answer.accept(arrival), () -> arrivals.add(arrival));
    }

    private void receive() {
        ExecutorService listeners = Executors.newFixedThreadPool(LISTENERS, task -> daemon("guest", task));
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                listeners.execute(() -> listenTo(socket));
            } catch (IOException closedOrShortOfFiles) {
                pause();
            }
        }
        listeners.shutdown();
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whoever is not one of us, or does not say who it is in time, is sent away. */
    private void listenTo(Socket socket) {
        try {
            Wire wire = new Wire(socket);
            wire.patience(PATIENCE_MILLIS);
            wire.greet();
            if (wire.isGreeted()) {
                Guest guest = Guest.read(wire);
                wire.patience(0);
                add(new Arrival(wire, guest));
            } else {
                wire.close();
            }
        } catch (IOException foreign) {
            try {
                socket.close();
            } catch (IOException gone) {
                // It went by itself.
            }
        }
    }

    static Thread daemon(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
