package io.contrast4j.dist;

import io.contrast4j.spec.Problems;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;

/**
 * Where the processes meet: an address at which rank 0 listens and that all others can reach.
 *
 * @param host name or address of rank 0's host
 * @param port 1 to 65535
 */
public record Rendezvous(String host, int port) {
    private static final String SCHEME = "tcp";

    public Rendezvous {
        new Problems()
                .require(!host.isBlank(), "host", '"' + host + '"', "a name or an address")
                .between("port", port, 1, 65535)
                .raise();
    }

    /** From {@code tcp://HOST:PORT}; empty if it is not one. */
    public static Optional<Rendezvous> of(String url) {
        try {
            URI uri = new URI(url);
            boolean isComplete = SCHEME.equals(uri.getScheme())
                    && uri.getHost() != null
                    && uri.getPort() >= 1
                    && uri.getPort() <= 65535
                    && (uri.getPath() == null || uri.getPath().matches("/?"));
            return isComplete ? Optional.of(new Rendezvous(plain(uri.getHost()), uri.getPort())) : Optional.empty();
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    /** An IPv6 address is in brackets in a URL, and nowhere else. */
    private static String plain(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    @Override
    public String toString() {
        return SCHEME + "://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
