import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.contrast4j.embed.Embedder;
import io.contrast4j.embed.Neighbours;
import io.contrast4j.embed.Picture;
import io.contrast4j.embed.UnreadablePicture;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A web service that says which pictures of a folder are most similar to a picture.
 *
 * <pre>
 * java -cp "target/classes:$(cat target/classpath)" examples/NeighbourService.java MODEL FOLDER 8080
 * curl --data-binary @cat.jpg 'http://127.0.0.1:8080/neighbours?k=3'
 * </pre>
 *
 * It answers {@code [{"name":"a.jpg","similarity":0.9731}, ...]}. The JDK has all that it needs besides contrast4j.
 */
public final class NeighbourService implements AutoCloseable {
    private static final int LARGEST = 20_000_000;
    private static final int MOST = 100;
    private static final int THREADS = 16;
    private static final int LAST_PORT = 65_535;
    private static final int OK = 200;
    private static final int BAD_REQUEST = 400;
    private static final int WRONG_METHOD = 405;
    private static final int TOO_LARGE = 413;
    private static final int FAILED = 500;

    private final Embedder embedder;
    private final Neighbours known;
    private final List<String> names;
    private final HttpServer server;
    private final ExecutorService answering;

    /**
     * Embeds the pictures of a folder and starts to listen.
     *
     * @param embedder stays the caller's
     * @param port 0 for any that is free
     * @throws UserError if there is no readable picture in the folder, or the port is taken
     */
    public NeighbourService(Embedder embedder, Path folder, int port) {
        this.embedder = embedder;
        List<String> readable = new ArrayList<>();
        List<float[]> vectors = new ArrayList<>();
        List<Path> files = pictures(folder);
        embedder.embedEach(files.stream().map(Picture::of).toList(), new Embedder.Receiver() {
            @Override
            public void vector(int index, float[] vector) {
                readable.add(folder.relativize(files.get(index)).toString());
                vectors.add(vector);
            }

            @Override
            public void unreadable(UnreadablePicture picture) {
                System.err.println(picture.getMessage());
            }
        });
        if (vectors.isEmpty()) {
            throw new UserError(UserError.USAGE, "There is no picture in " + folder + " that can be read; check the path.");
        }
        this.names = List.copyOf(readable);
        this.server = server(port);
        this.known = Neighbours.of(vectors.toArray(new float[0][]));
        this.answering = Executors.newFixedThreadPool(THREADS, task -> {
            Thread thread = new Thread(task, "service");
            thread.setDaemon(true);
            return thread;
        });
        server.setExecutor(answering);
        server.createContext("/neighbours", this::answer);
        server.start();
    }

    private static HttpServer server(int port) {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        } catch (IOException taken) {
            throw new UserError(
                    UserError.FAILED, "Port " + port + " cannot be used (" + taken.getMessage() + "); name another one.", taken);
        }
    }

    private static List<Path> pictures(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().toLowerCase(Locale.ROOT).matches(".*\\.(jpe?g|png|webp)"))
                    .sorted()
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            throw new UserError(UserError.USAGE, "The folder " + folder + " cannot be read; check the path.", e);
        }
    }

    public int port() {
        return server.getAddress().getPort();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (!exchange.getRequestMethod().equals("POST")) {
                send(exchange, WRONG_METHOD, error("send the picture by POST"));
                return;
            }
            byte[] picture = exchange.getRequestBody().readNBytes(LARGEST + 1);
            if (picture.length > LARGEST) {
                // Who still sends does not read an answer.
                exchange.getRequestBody().transferTo(OutputStream.nullOutputStream());
                send(exchange, TOO_LARGE, error("a picture has at most " + LARGEST + " bytes"));
                return;
            }
            try {
                int k = k(exchange.getRequestURI().getQuery());
                send(exchange, OK, json(known.nearest(embedder.embed(picture), k)));
            } catch (UserError | IllegalArgumentException mistake) {
                send(exchange, BAD_REQUEST, error(mistake.getMessage()));
            } catch (RuntimeException bug) {
                bug.printStackTrace();
                send(exchange, FAILED, error("an error in the service"));
            }
        }
    }

    private static int k(String query) {
        String number = query == null ? "k=5" : query;
        int k = number.matches("k=\\d{1,3}") ? Integer.parseInt(number.substring(2)) : 0;
        if (k < 1 || k > MOST) {
            throw new IllegalArgumentException("the query must be k=N with 1 to " + MOST);
        }
        return k;
    }

    private String json(List<Neighbours.Hit> hits) {
        return hits.stream()
                .map(hit -> String.format(
                        Locale.ROOT, "{\"name\":%s,\"similarity\":%.4f}", quoted(names.get(hit.row())), hit.similarity()))
                .collect(Collectors.joining(",", "[", "]"));
    }

    private static String error(String message) {
        return "{\"error\":" + quoted(message) + "}";
    }

    private static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        text.chars().forEach(c -> {
            if (c == '"' || c == '\\') {
                json.append('\\').append((char) c);
            } else if (c < ' ') {
                json.append(String.format("\\u%04x", c));
            } else {
                json.append((char) c);
            }
        });
        return json.append('"').toString();
    }

    private static void send(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json; charset=utf-8");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    /** Waits for the answers under way, a second for those who are slow to read them. */
    @Override
    public void close() {
        server.stop(1);
        answering.shutdown();
        try {
            if (!answering.awaitTermination(1, TimeUnit.MINUTES)) {
                System.err.println("some answers are still under way");
            }
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        }
        known.close();
    }

    public static void main(String[] args) throws InterruptedException {
        if (args.length != 3 || !args[2].matches("\\d{1,5}") || Integer.parseInt(args[2]) > LAST_PORT) {
            System.err.println("usage: NeighbourService MODEL FOLDER PORT, with a port from 0, for any, to " + LAST_PORT);
            System.exit(2);
        }
        try (Embedder embedder = Embedder.load(Path.of(args[0]));
                NeighbourService service = new NeighbourService(embedder, Path.of(args[1]), Integer.parseInt(args[2]))) {
            System.out.println("http://127.0.0.1:" + service.port() + "/neighbours");
            Thread.currentThread().join();
        } catch (UserError mistake) {
            System.err.println(mistake.getMessage());
            System.exit(mistake.exitCode());
        }
    }
}
