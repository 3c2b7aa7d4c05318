package io.contrast4j.prepare;

import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Fetches files over HTTP, whatever happens on the way.
 *
 * <p>A file grows as {@code NAME.part} and gets its name when it is complete and its checksum is right, so a file that
 * is there under its name is all there. A connection that breaks is taken up again where it broke, by this download or,
 * if that was interrupted too, by the next one ({@code Range}, with {@code If-Range} where the server names a version). A
 * server that cannot do this sends the file from the start. If a file that was put together from several answers has a
 * wrong checksum, it is fetched once more in one piece.
 */
public final class Download {
    private static final int BUFFER = 1 << 16;

    private final Patience patience;
    private final Listener listener;
    private final HttpClient client;

    /**
     * @param patience with servers
     * @param listener is told how it goes on
     */
    public Download(Patience patience, Listener listener) {
        this.patience = patience;
        this.listener = listener;
        this.client = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NORMAL)
                .connectTimeout(patience.silence)
                .version(HttpClient.Version.HTTP_1_1)
                .build();
    }

    /**
     * @param attempts in a row without a single new byte, after which a place is given up
     * @param pause before the second attempt; it doubles from one to the next
     * @param silence after which a connection counts as broken
     */
    public record Patience(int attempts, Duration pause, Duration silence) {
        /** For people who wait at a terminal. */
        public static final Patience USUAL = new Patience(5, Duration.ofSeconds(1), Duration.ofSeconds(30));
    }

    /** Is told how a download goes on. */
    public interface Listener {
        /**
         * Bytes begin to come.
         *
         * @param file its name
         * @param already how many bytes are there
         * @param total how many it has; −1 if that is not known
         */
        void begin(String file, long already, long total);

        /** So many bytes more are there. */
        void received(long bytes);

        /** No more bytes come for now: the file is complete, or the connection has broken. */
        void end();

        /** Something worth knowing, a sentence. */
        void note(String sentence);
    }

    /** Whether a file had to be fetched. */
    public enum Outcome {
        /** It is there now. */
        FETCHED,
        /** It was there, and right. */
        PRESENT
    }

    /**
     * Fetches a file, unless it is there.
     *
     * @param addresses of the file; the next one is tried where one does not have it or cannot be reached
     * @param target its folder is made where it is missing
     * @throws UserError if it is in none of the places, if its checksum is wrong, or if it cannot be written
     */
    public Outcome fetch(List<URI> addresses, Path target, Checksum checksum) {
        prepare(target, checksum);
        if (Files.exists(target)) {
            return Outcome.PRESENT;
        }
        List<String> refusals = new ArrayList<>();
        try (PartFile part = PartFile.open(target, checksum)) {
            for (URI address : addresses) {
                try {
                    fetch(address, part, checksum);
                    return Outcome.FETCHED;
                } catch (HttpAnswer.Unavailable e) {
                    refusals.add(address + ": " + e.getMessage());
                }
            }
            throw new UserError(
                    UserError.FAILED,
                    "Cannot download " + target.getFileName() + " (" + String.join("; ", refusals) + "); "
                            + (part.size() > 0
                                    ? "run the same command again later, which goes on after the " + part.size()
                                            + " bytes in " + part.path()
                                    : "check the network and the address")
                            + ", or name another place with --mirror.");
        } finally {
            removeIfEmpty(target);
        }
    }

    /** A file of that name is either the right one or put aside. */
    private void prepare(Path target, Checksum checksum) {
        try {
            Files.createDirectories(target.toAbsolutePath().getParent());
            if (!Files.exists(target)) {
                return;
            }
            if (Files.isDirectory(target)) {
                throw new UserError(
                        UserError.FAILED, target + " is a folder, and a file is to be put there; move it away.");
            }
            Checksum found = sum(target, checksum);
            if (!checksum.matches(found)) {
                Path aside = target.resolveSibling(target.getFileName() + ".wrong");
                Files.move(target, aside, StandardCopyOption.REPLACE_EXISTING);
                listener.note(target + " has " + found + " instead of " + checksum + ": moved to " + aside.getFileName()
                        + ", and fetched again");
            }
        } catch (IOException e) {
            throw new UserError(
                    UserError.FAILED,
                    "Cannot use the folder of " + target + " (" + Reasons.of(e)
                            + "); choose another one, or mend this one.",
                    e);
        }
    }

    private static Checksum sum(Path file, Checksum wanted) throws IOException {
        MessageDigest digest = wanted.digest();
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
            }
        }
        return new Checksum(wanted.algorithm(), HexFormat.of().formatHex(digest.digest()));
    }

    private static void removeIfEmpty(Path target) {
        Path part = target.resolveSibling(target.getFileName() + ".part");
        try {
            if (Files.exists(part) && Files.size(part) == 0) {
                Files.delete(part);
            }
        } catch (IOException unimportant) {
            // An empty file stays.
        }
    }

    private void fetch(URI address, PartFile part, Checksum checksum) throws HttpAnswer.Unavailable {
        while (true) {
            receive(address, part);
            Checksum found = part.checksum();
            if (checksum.matches(found)) {
                part.complete();
                return;
            }
            if (!part.pieced()) {
                Path aside = part.reject();
                throw new UserError(
                        UserError.FAILED,
                        "What " + address + " sent has " + found + " instead of " + checksum + " and was put aside as "
                                + aside + "; try again later, or name another place with --mirror.");
            }
            listener.note("the pieces do not make up the right file: fetching it once more in one piece");
            part.restart();
        }
    }

    /** Receives the file to its end, however many requests that takes. */
    private void receive(URI address, PartFile part) throws HttpAnswer.Unavailable {
        Optional<String> version = Optional.empty();
        int failures = 0;
        while (true) {
            long before = part.size();
            try {
                HttpAnswer answer = HttpAnswer.ask(client, patience, listener, address, part, version);
                version = answer.version();
                answer.receive();
                return;
            } catch (HttpAnswer.Restart e) {
                part.restart();
                version = Optional.empty();
                listener.note(e.getMessage());
                if (++failures >= patience.attempts) {
                    throw new HttpAnswer.Unavailable(e.getMessage());
                }
            } catch (IOException e) {
                failures = part.size() > before ? 1 : failures + 1;
                String reason = HttpFailure.reason(e, address);
                if (failures >= patience.attempts) {
                    throw new HttpAnswer.Unavailable(reason);
                }
                Duration pause = patience.pause.multipliedBy(1L << Math.min(failures - 1, 10));
                listener.note(reason + ": trying again in " + seconds(pause));
                sleep(pause);
            }
        }
    }

    private static String seconds(Duration pause) {
        return pause.toMillis() % 1000 == 0 ? pause.toSeconds() + " s" : pause.toMillis() + " ms";
    }

    private static void sleep(Duration pause) {
        try {
            Thread.sleep(pause.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UserError(UserError.FAILED, "The download was interrupted; run it again.", e);
        }
    }
}
