package io.contrast4j.embed;

import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** Tells apart models that make other vectors, by the content of their file and how it is used. */
final class ModelIdentity {
    private final Path file;
    private final String stamp;

    /**
     * To be made before the model is read.
     *
     * @throws UserError if there is no such file
     */
    ModelIdentity(Path file) {
        this.file = file;
        this.stamp = stamp(file);
    }

    /**
     * A hash, 64 hexadecimal digits.
     *
     * @param how what else makes other vectors
     * @throws UserError if the file cannot be read, or was changed since this was made
     */
    String of(List<Object> how) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            try (InputStream content = new DigestInputStream(Files.newInputStream(file), digest)) {
                content.transferTo(OutputStream.nullOutputStream());
            }
            digest.update(how.toString().getBytes(StandardCharsets.UTF_8));
            if (!stamp.equals(stamp(file))) {
                throw new UserError(UserError.FAILED, file + " was changed while it was loaded; load it again.");
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        } catch (IOException failed) {
            throw unreadable(file, failed);
        }
    }

    private static String stamp(Path file) {
        try {
            return Files.size(file) + " " + Files.getLastModifiedTime(file);
        } catch (IOException failed) {
            throw unreadable(file, failed);
        }
    }

    private static UserError unreadable(Path file, IOException failed) {
        return new UserError(
                UserError.FAILED,
                file + " cannot be read (" + Reasons.of(failed) + "): check the file and its permissions.",
                failed);
    }
}
