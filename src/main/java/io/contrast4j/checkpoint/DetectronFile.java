package io.contrast4j.checkpoint;

import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * The pickle that Detectron2 initialises a backbone from: {@code {"model": {name: numpy array}, "__author__": …,
 * "matching_heuristics": True}}, where the names are those of its ResNet ({@code stem.conv1.norm.weight}, {@code
 * res2.0.shortcut.weight}).
 */
public final class DetectronFile {
    private DetectronFile() {}

    /**
     * Writes the file. It is there completely or not at all.
     *
     * @param backbone with the names of a torchvision ResNet, without {@code fc}
     * @param author to be named in it
     * @throws UserError if it cannot be written
     */
    public static void write(Path file, Map<?, ?> backbone, String author) {
        Map<String, Tensor> model = new LinkedHashMap<>();
        backbone.forEach((name, tensor) -> model.put(rename((String) name), (Tensor) tensor));
        try {
            AtomicFile.write(file, channel -> write(channel, model, author));
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    file + " could not be written (" + Reasons.of(failed) + "): " + Reasons.remedy(failed) + ".",
                    failed);
        }
    }

    /** Stages count from 2, and a norm belongs to the convolution before it. */
    static String rename(String torchvision) {
        String name = torchvision.startsWith("layer") ? torchvision : "stem." + torchvision;
        for (int stage = 4; stage >= 1; stage--) {
            name = name.replaceFirst("^layer" + stage + "\\.", "res" + (stage + 1) + ".");
        }
        return name.replaceFirst("\\bbn([123])\\.", "conv$1.norm.")
                .replaceFirst("\\bdownsample\\.0\\.", "shortcut.")
                .replaceFirst("\\bdownsample\\.1\\.", "shortcut.norm.");
    }

    /** A pickle of protocol 3, the first that has bytes. */
    private static void write(FileChannel channel, Map<String, Tensor> model, String author) throws IOException {
        raw(channel, "\200\3}(");
        text(channel, "model");
        raw(channel, "}(");
        for (Map.Entry<String, Tensor> named : model.entrySet()) {
            text(channel, named.getKey());
            array(channel, named.getValue());
        }
        raw(channel, "u");
        text(channel, "__author__");
        text(channel, author);
        text(channel, "matching_heuristics");
        raw(channel, "\210u.");
    }

    /** numpy's call that makes an array, then its state: version, shape, type, whether in Fortran's order, elements. */
    private static void array(FileChannel channel, Tensor tensor) throws IOException {
        String type = switch (ElementType.of(tensor)) {
            case FLOAT32 -> "f4";
            case FLOAT64 -> "f8";
            case FLOAT16 -> "f2";
            case INT64 -> "i8";
            default ->
                throw new UserError(
                        UserError.FAILED,
                        "A tensor of " + ElementType.of(tensor) + " has no place in Detectron2's pickle; convert it"
                                + " to float32 before.");
        };
        raw(channel, "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\205C\1b\207R(K\1(");
        for (long length : Tensors.shape(tensor)) {
            raw(channel, "J");
            integer(channel, (int) length);
        }
        raw(channel, "tcnumpy\ndtype\n");
        text(channel, type);
        raw(channel, "\211\210\207R(K\3");
        text(channel, "<");
        raw(channel, "NNNJ\377\377\377\377J\377\377\377\377K\0tb\211B");
        integer(channel, Math.toIntExact(tensor.nbytes()));
        TensorBytes.write(tensor, channel);
        raw(channel, "tb");
    }

    private static void text(FileChannel channel, String text) throws IOException {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        raw(channel, "X");
        integer(channel, utf8.length);
        write(channel, ByteBuffer.wrap(utf8));
    }

    private static void integer(FileChannel channel, int value) throws IOException {
        write(
                channel,
                ByteBuffer.allocate(4)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(value)
                        .flip());
    }

    private static void raw(FileChannel channel, String opcodes) throws IOException {
        write(channel, ByteBuffer.wrap(opcodes.getBytes(StandardCharsets.ISO_8859_1)));
    }

    private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
