package io.contrast4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PrometheusEndpointTest {
    private static final String HOST = "127.0.0.1";

    @Test
    void showsTheMetersOfARunOfJavaAndOfMemory() throws IOException, InterruptedException {
        try (PrometheusEndpoint endpoint = new PrometheusEndpoint(HOST, 0)) {
            Meters meters = new Meters(endpoint.registry(), Map.of("method", "cmc"));
            meters.loss(2.5);
            meters.images().increment(7);
            HttpResponse<String> page = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create(endpoint.address()))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(page.statusCode()).isEqualTo(200);
            assertThat(page.headers().firstValue("Content-Type").orElse("")).startsWith("text/plain");
            assertThat(page.body())
                    .contains(
                            "train_loss{method=\"cmc\"} 2.5",
                            "train_images_total{method=\"cmc\"} 7.0",
                            "memory_javacpp_bytes",
                            "jvm_threads_live")
                    .containsPattern("(?m)^jvm_memory_used_bytes\\{area=\"heap\"")
                    .containsPattern("(?m)^memory_resident_bytes\\{method=\"cmc\"} \\d")
                    .containsPattern("(?m)^process_files_open_files\\{method=\"cmc\"} \\d");
            assertThat(endpoint.address()).startsWith("http://127.0.0.1:");
            meters.close();
        }
    }

    @Test
    void aTakenPortIsOneSentence() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName(HOST))) {
            assertThatThrownBy(() -> new PrometheusEndpoint(HOST, taken.getLocalPort()))
                    .isInstanceOf(UserError.class)
                    .hasMessageMatching("metrics\\.prometheus\\.port = \\d+ cannot be used at 127\\.0\\.0\\.1 .*");
        }
    }

    @Test
    void withoutAPortThereIsNoPage() {
        assertThat(new MeterPage.Prometheus(Optional.empty(), HOST).open()).isEmpty();
        assertThatThrownBy(() -> new MeterPage.Prometheus(Optional.of(70000), ""))
                .hasMessageContaining("port");
    }
}
