package io.contrast4j.metrics;

import io.contrast4j.spec.Problems;
import java.util.Optional;

/** Where the meters of a run can be read while it runs. */
public record MeterPage(Prometheus prometheus) {
    /**
     * A page in Prometheus' format.
     *
     * @param port of the page, 0 for any that is free; without it there is none
     * @param host the address to listen at
     */
    public record Prometheus(Optional<Integer> port, String host) {
        public Prometheus {
            new Problems()
                    .between("port", port.orElse(0), 0, 65535)
                    .require(!host.isBlank(), "host", '"' + host + '"', "an address such as 127.0.0.1")
                    .raise();
        }

        /**
         * Starts the page, if there is to be one; the caller closes it.
         *
         * @throws io.contrast4j.spec.UserError if the port is taken
         */
        public Optional<PrometheusEndpoint> open() {
            return port.map(number -> new PrometheusEndpoint(host, number));
        }
    }
}
