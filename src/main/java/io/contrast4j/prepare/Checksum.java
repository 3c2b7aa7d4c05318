package io.contrast4j.prepare;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/**
 * What a file's content must sum up to.
 *
 * @param algorithm as Java names it: MD5, SHA-256
 * @param hex the sum, in lower-case hexadecimal digits
 */
public record Checksum(String algorithm, String hex) {
    public Checksum {
        if (HexFormat.of().parseHex(hex).length != digest(algorithm).getDigestLength()
                || !hex.equals(hex.toLowerCase(Locale.ROOT))) {
            throw new IllegalArgumentException(hex + " is no " + algorithm + " sum");
        }
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
