package io.contrast4j.prepare;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** A web server on this machine that sends files well, or badly in a way of a test's choice. */
public final class FileServer implements AutoCloseable {
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, byte[]> files = new ConcurrentHashMap<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final CountDownLatch end = new CountDownLatch(1);
    private volatile Behaviour behaviour = FileServer::send;
    private volatile String version = "\"1\"";

    /** What was asked for. */
    public record Request(
            String path, @Nullable String range, @Nullable String ifRange) {}

    /** How a file is sent. @param number of the request, from 0 */
    public interface Behaviour {
        void answer(FileServer server, HttpExchange exchange, byte[] file, int number) throws IOException;
    }

    public FileServer() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    public FileServer put(String name, byte[] content) {
        files.put("/" + name, content);
        return this;
    }

    public FileServer behave(Behaviour next) {
        behaviour = next;
        return this;
    }

    /** The tag of what is sent from now on. */
    public FileServer version(String tag) {
        version = tag;
        return this;
    }

    public URI address(String name) {
        return URI.create("http://localhost:" + server.getAddress().getPort() + "/" + name);
    }

    public List<Request> requests() {
        return requests;
    }

    public static Checksum md5(byte[] content) {
        try {
            byte[] sum = MessageDigest.getInstance("MD5").digest(content);
            return new Checksum("MD5", HexFormat.of().formatHex(sum));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        int number = requests.size();
        requests.add(new Request(
                path,
                exchange.getRequestHeaders().getFirst("Range"),
                exchange.getRequestHeaders().getFirst("If-Range")));
        byte[] file = files.get(path);
        if (file == null) {
            exchange.sendResponseHeaders(404, -1);
        } else {
            behaviour.answer(this, exchange, file, number);
        }
        exchange.close();
    }

    /** As a good server does. */
    public static void send(FileServer server, HttpExchange exchange, byte[] file, int number) throws IOException {
        sendAtMost(server, exchange, file, file.length);
    }

    /** As a good server does, with a connection that breaks after so many bytes. */
    public static void sendAtMost(FileServer server, HttpExchange exchange, byte[] file, int most) throws IOException {
        int start = server.begin(exchange, file);
        if (start < file.length) {
            write(exchange, file, start, Math.min(most, file.length - start));
        }
    }

    /** Sends a few bytes, and then nothing more. */
    public static void fallSilent(FileServer server, HttpExchange exchange, byte[] file, int most) throws IOException {
        int start = server.begin(exchange, file);
        exchange.getResponseBody().write(file, start, Math.min(most, file.length - start));
        exchange.getResponseBody().flush();
        try {
            server.end.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private int begin(HttpExchange exchange, byte[] file) throws IOException {
        String range = exchange.getRequestHeaders().getFirst("Range");
        String condition = exchange.getRequestHeaders().getFirst("If-Range");
        exchange.getResponseHeaders().set("ETag", version);
        if (range == null || condition != null && !condition.equals(version)) {
            exchange.sendResponseHeaders(200, file.length);
            return 0;
        }
        int start = Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
        if (start >= file.length) {
            exchange.getResponseHeaders().set("Content-Range", "bytes */" + file.length);
            exchange.sendResponseHeaders(416, -1);
            return file.length;
        }
        exchange.getResponseHeaders()
                .set("Content-Range", "bytes " + start + "-" + (file.length - 1) + "/" + file.length);
        exchange.sendResponseHeaders(206, file.length - start);
        return start;
    }

    private static void write(HttpExchange exchange, byte[] file, int start, int length) throws IOException {
        exchange.getResponseBody().write(file, start, length);
        exchange.getResponseBody().flush();
        if (start + length < file.length) {
            throw new IOException("this is how the connection is broken");
        }
    }

    @Override
    public void close() {
        end.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
