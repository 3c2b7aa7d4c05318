package io.contrast4j.prepare;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import javax.net.ssl.SSLException;

/** Says why no file came over the network; Java's own messages are often empty. */
final class HttpFailure {
    private HttpFailure() {}

    /** Without a full stop. */
    static String reason(IOException failed, URI address) {
        for (Throwable cause = failed; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnresolvedAddressException || cause instanceof UnknownHostException) {
                return "no host " + address.getHost() + " is known here";
            }
        }
        if (failed instanceof HttpTimeoutException) {
            return address.getHost() + " does not answer";
        }
        if (failed instanceof ConnectException) {
            return "no connection to " + address.getAuthority() + " can be made";
        }
        String message = failed.getMessage() == null ? failed.getClass().getSimpleName() : failed.getMessage();
        if (failed instanceof SSLException) {
            return "no safe connection to " + address.getHost() + " can be made (" + message + ")";
        }
        return message;
    }
}
