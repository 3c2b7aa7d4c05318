package io.contrast4j.metrics;

import com.sun.net.httpserver.HttpServer;
import io.contrast4j.spec.UserError;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Meters as a page for Prometheus, {@code http://HOST:PORT/metrics}: those that are made in its registry. One thread
 * answers, which keeps nobody waiting but its readers.
 */
public final class PrometheusEndpoint implements AutoCloseable {
    private static final String TYPE = "text/plain; version=0.0.4; charset=utf-8";
    private static final int STOP_SECONDS = 0;

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread answering = new Thread(task, "prometheus");
        answering.setDaemon(true);
        return answering;
    });
    private final HttpServer server;

    /**
     * Starts to answer.
     *
     * @throws UserError if the address cannot be listened at
     */
    public PrometheusEndpoint(String host, int port) {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getByName(host), port), 0);
        } catch (IOException refused) {
            thread.shutdown();
            throw new UserError(
                    UserError.FAILED,
                    "metrics.prometheus.port = " + port + " cannot be used at " + host + " (" + refused.getMessage()
                            + "): choose another port, 0 for any that is free, or null for none.",
                    refused);
        }
        server.createContext("/metrics", exchange -> {
            try (exchange) {
                byte[] page = registry.scrape(TYPE).getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().set("Content-Type", TYPE);
                exchange.sendResponseHeaders(200, page.length);
                exchange.getResponseBody().write(page);
            }
        });
        server.setExecutor(thread);
        server.start();
    }

    /** What the page shows. */
    public PrometheusMeterRegistry registry() {
        return registry;
    }

    /** Its address. */
    public String address() {
        InetSocketAddress at = server.getAddress();
        return "http://" + at.getAddress().getHostAddress() + ":" + at.getPort() + "/metrics";
    }

    @Override
    public void close() {
        server.stop(STOP_SECONDS);
        thread.shutdownNow();
        registry.close();
    }
}
