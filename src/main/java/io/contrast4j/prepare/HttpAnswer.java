package io.contrast4j.prepare;

import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One request for a file or the rest of it, and what comes back. */
final class HttpAnswer {
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-\\d{1,18}/(?:\\d{1,18}|\\*)");
    private static final Pattern UNSATISFIED_RANGE = Pattern.compile("bytes \\*/(\\d{1,18})");
    private static final int BUFFER = 1 << 16;

    private final Download.Patience patience;
    private final Download.Listener listener;
    private final URI address;
    private final PartFile part;
    private final HttpResponse<InputStream> response;

    private HttpAnswer(
            Download.Patience patience,
            Download.Listener listener,
            URI address,
            PartFile part,
            HttpResponse<InputStream> response) {
        this.patience = patience;
        this.listener = listener;
        this.address = address;
        this.part = part;
        this.response = response;
    }

    /**
     * Asks for what is missing.
     *
     * @param version of the file that the beginning is from, if it is known
     */
    static HttpAnswer ask(
            HttpClient client,
            Download.Patience patience,
            Download.Listener listener,
            URI address,
            PartFile part,
            Optional<String> version)
            throws IOException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(address).timeout(patience.silence()).header("User-Agent", "contrast4j");
        if (part.size() > 0) {
            request.header("Range", "bytes=" + part.size() + "-");
            version.ifPresent(known -> request.header("If-Range", known));
        }
        try {
            HttpResponse<InputStream> response =
                    client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            return new HttpAnswer(patience, listener, address, part, response);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UserError(UserError.FAILED, "The download was interrupted; run it again.", e);
        }
    }

    /** What If-Range may ask for: a strong tag, or else the time of the last change. */
    Optional<String> version() {
        Optional<String> tag = response.headers().firstValue("ETag").filter(value -> !value.startsWith("W/"));
        return tag.isPresent() ? tag : response.headers().firstValue("Last-Modified");
    }

    /**
     * Appends what comes to the part.
     *
     * @throws Restart if it does not go with what is there
     * @throws Unavailable if there is no point in asking again
     * @throws IOException if the connection broke, or the server has no time now
     */
    void receive() throws IOException, Unavailable {
        try (InputStream body = response.body()) {
            switch (response.statusCode()) {
                case 200 -> {
                    if (part.size() > 0) {
                        listener.note("the server sends " + name() + " from its start");
                        part.restart();
                    }
                    copy(body);
                }
                case 206 -> {
                    if (start() != part.size()) {
                        throw new Restart("the server sends another piece of " + name()
                                + " than it was asked for: starting again");
                    }
                    part.goOn();
                    copy(body);
                }
                case 416 -> {
                    // Nothing is left to send; the checksum will say whether this is the whole file.
                    if (end() != part.size()) {
                        throw new Restart("what is there of " + name() + " is longer than the file: starting again");
                    }
                }
                case 408, 425, 429, 500, 502, 503, 504 ->
                    throw new IOException("the server answers " + response.statusCode());
                default -> throw new Unavailable("the server answers " + response.statusCode());
            }
        }
    }

    private long start() {
        return number(CONTENT_RANGE, "Content-Range");
    }

    private long end() {
        return number(UNSATISFIED_RANGE, "Content-Range");
    }

    private long number(Pattern pattern, String header) {
        Matcher value = pattern.matcher(response.headers().firstValue(header).orElse(""));
        return value.matches() ? Long.parseLong(value.group(1)) : -1;
    }

    private void copy(InputStream body) throws IOException {
        long length = response.headers().firstValueAsLong("Content-Length").orElse(-1);
        long total = length < 0 ? -1 : part.size() + length;
        requireRoom(length);
        listener.begin(name(), part.size(), total);
        try (SilenceGuard guard = SilenceGuard.watch(body, patience.silence())) {
            byte[] buffer = new byte[BUFFER];
            for (int read = guard.read(buffer); read >= 0; read = guard.read(buffer)) {
                part.append(buffer, read);
                listener.received(read);
            }
        } finally {
            listener.end();
        }
        if (total >= 0 && part.size() < total) {
            throw new IOException("the connection ended after " + part.size() + " of " + total + " bytes");
        }
    }

    /** Before a long wait that would be in vain. */
    private void requireRoom(long length) throws IOException {
        Path folder = part.path().toAbsolutePath().getParent();
        FileStore store = Files.getFileStore(folder);
        long room = store.getUsableSpace();
        if (length > room) {
            throw new UserError(
                    UserError.FAILED,
                    "The rest of " + name() + " has " + length + " bytes, and there is room for " + room + " in "
                            + folder + "; make room and run the same command again, or choose another folder.");
        }
    }

    private String name() {
        String path = address.getPath();
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** What has come so far is of no use. */
    static final class Restart extends IOException {
        Restart(String message) {
            super(message);
        }
    }

    /** This place does not have the file, or cannot be reached. */
    static final class Unavailable extends Exception {
        Unavailable(String message) {
            super(message);
        }
    }
}
