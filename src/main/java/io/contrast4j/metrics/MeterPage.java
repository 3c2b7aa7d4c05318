package io.contrast4j.metrics;

import io.contrast4j.spec.Problems;
import java.util.Optional;

/**
 * What can be seen of a run besides its log.
 *
 * @param prometheus a page of its meters
 * @param tensorboard what TensorBoard shows besides curves
 */
public record MeterPage(Prometheus prometheus, TensorBoard tensorboard) {
    /**
     * What TensorBoard shows besides curves.
     *
     * @param images pictures of the first batch whose views are shown; 0 for none
     * @param histograms steps between two sets of histograms of weights, gradients and features; 0 for none
     */
    public record TensorBoard(int images, int histograms) {
        public TensorBoard {
            new Problems()
                    .between("images", images, 0, 64)
                    .atLeast("histograms", histograms, 0)
                    .raise();
        }
    }

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
