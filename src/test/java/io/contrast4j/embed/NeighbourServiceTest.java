package io.contrast4j.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service among the examples compiles against this version, and gives right answers to many callers at once. */
class NeighbourServiceTest {
    private static final int CALLERS = 8;
    private static final int CALLS = 5;

    @TempDir
    Path folder;

    private final HttpClient client = HttpClient.newHttpClient();

    private HttpResponse<String> post(int port, String query, byte[] picture) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/neighbours" + query))
                        .POST(HttpRequest.BodyPublishers.ofByteArray(picture))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void itAnswersUnderLoad() throws Exception {
        Path home = Path.of(System.getProperty("contrast4j.home", "."));
        Class<?> service = Compiled.load(
                home.resolve("examples/NeighbourService.java"), "NeighbourService", folder.resolve("classes"));
        List<Path> photographs = Models.photographs(folder.resolve("photos"));
        Files.writeString(folder.resolve("photos/damaged.jpg"), "no picture");
        try (Embedder embedder = Embedder.load(Models.tiny(folder.resolve("tiny.pth")));
                AutoCloseable running = (AutoCloseable) service.getConstructor(Embedder.class, Path.class, int.class)
                        .newInstance(embedder, folder.resolve("photos"), 0)) {
            int port = (int) service.getMethod("port").invoke(running);
            Map<Path, String> expected = new TreeMap<>();
            for (Path photograph : photographs) {
                HttpResponse<String> alone = post(port, "?k=3", Files.readAllBytes(photograph));
                assertThat(alone.statusCode()).isEqualTo(200);
                assertThat(alone.body())
                        .startsWith("[{\"name\":\"" + photograph.getFileName() + "\",\"similarity\":1.0000},{")
                        .doesNotContain("damaged");
                expected.put(photograph, alone.body());
            }

            ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
            List<Future<?>> calls = new ArrayList<>();
            for (int i = 0; i < CALLERS * CALLS; i++) {
                Path photograph = photographs.get(i % photographs.size());
                calls.add(callers.submit(() -> {
                    HttpResponse<String> answer = post(port, "?k=3", Files.readAllBytes(photograph));
                    assertThat(answer.body()).isEqualTo(expected.get(photograph));
                    return null;
                }));
            }
            for (Future<?> call : calls) {
                call.get(120, TimeUnit.SECONDS);
            }
            callers.shutdown();

            HttpResponse<String> damaged = post(port, "", "no picture".getBytes());
            assertThat(damaged.statusCode()).isEqualTo(400);
            assertThat(damaged.body()).startsWith("{\"error\":\"Cannot read the picture");
            assertThat(post(port, "?k=0", new byte[0]).statusCode()).isEqualTo(400);
            HttpResponse<String> large = post(port, "", new byte[24_000_000]);
            assertThat(large.statusCode()).isEqualTo(413);
            assertThat(large.body()).contains("at most 20000000 bytes");
            assertThatThrownBy(() -> service.getConstructor(Embedder.class, Path.class, int.class)
                            .newInstance(embedder, folder.resolve("photos"), port))
                    .hasCauseInstanceOf(UserError.class)
                    .hasRootCauseMessage("Address already in use")
                    .cause()
                    .hasMessageStartingWith("Port " + port + " cannot be used");
            Path empty = Files.createDirectories(folder.resolve("empty"));
            assertThatThrownBy(() -> service.getConstructor(Embedder.class, Path.class, int.class)
                            .newInstance(embedder, empty, 0))
                    .cause()
                    .isInstanceOf(UserError.class)
                    .hasMessage("There is no picture in " + empty + " that can be read; check the path.");
            assertThat(client.send(
                                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/neighbours"))
                                            .build(),
                                    HttpResponse.BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(405);
        }
    }
}
