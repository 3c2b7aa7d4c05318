package io.contrast4j.cli;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** SHA-256 as hexadecimal digits. */
final class Sha256 {
    private static final int PIECE = 1 << 20;

    private Sha256() {}

    static String of(String text) {
        return hex(start(), text.getBytes(StandardCharsets.UTF_8));
    }

    /** Of a file's content, as {@code sha256sum} prints it. */
    static String of(Path file) throws IOException {
        MessageDigest sum = start();
        byte[] piece = new byte[PIECE];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
                sum.update(piece, 0, read);
            }
        }
        return hex(sum, new byte[0]);
    }

    /** Of names, types, shapes and bytes of tensors, in their order: equal exactly if all bits are. */
    static String of(Map<String, Tensor> tensors) {
        MessageDigest sum = start();
        tensors.forEach((name, tensor) -> {
            try (Scope scope = Scope.open()) {
                Tensor host = tensor.detach().cpu().contiguous();
                String head = name + " " + host.scalar_type().intern() + " " + Arrays.toString(Tensors.shape(host));
                sum.update(head.getBytes(StandardCharsets.UTF_8));
                sum.update(Tensors.bytes(host));
            }
        });
        return hex(sum, new byte[0]);
    }

    private static MessageDigest start() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static String hex(MessageDigest sum, byte[] last) {
        return HexFormat.of().formatHex(sum.digest(last));
    }
}
