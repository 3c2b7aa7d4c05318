package io.contrast4j.prepare;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * What a file's content must sum up to.
 *
 * @param algorithm as Java names it: MD5, SHA-256
 * @param hex the sum, in lower-case hexadecimal digits; or its first 8 or more, where its makers publish no more
 */
public record Checksum(String algorithm, String hex) {
    public Checksum {
        if (!hex.matches("[0-9a-f]{8,}") || hex.length() > 2 * digest(algorithm).getDigestLength()) {
            throw new IllegalArgumentException(hex + " is no " + algorithm + " sum");
        }
    }

    /** Whether a sum that was computed is this one, as far as this one is known. */
    boolean matches(Checksum computed) {
        return algorithm.equals(computed.algorithm) && computed.hex.startsWith(hex);
    }

    /** Something that sums up with this algorithm. */
    MessageDigest digest() {
        return digest(algorithm);
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** {@code MD5 c32a1d…}. */
    @Override
    public String toString() {
        return algorithm + " " + hex;
    }
}
