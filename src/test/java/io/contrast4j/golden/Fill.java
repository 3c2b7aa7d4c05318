package io.contrast4j.golden;

import io.contrast4j.tensor.Tensors;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The rule by which the golden files make weights and inputs without shipping them: a hash of the tensor's name and the
 * element's index, scaled by what the name says the tensor is.
 */
public final class Fill {
    private final String salt;

    public Fill(String salt) {
        this.salt = salt;
    }

    public static long crc(String name) {
        CRC32 crc = new CRC32();
        crc.update(name.getBytes(StandardCharsets.UTF_8));
        return crc.getValue();
    }

    /** The hash of element i as an unsigned 32-bit number. */
    public static long hash(long crc, long i) {
        int x = (int) (crc + i * 2654435761L);
        x ^= x >>> 16;
        x *= 0x85EBCA6B;
        x ^= x >>> 13;
        x *= 0xC2B2AE35;
        x ^= x >>> 16;
        return Integer.toUnsignedLong(x);
    }

    /** The hash as a number u with −0.5 ≤ u < 0.5. */
    public static double uniform(long crc, long i) {
        return hash(crc, i) / 4294967296.0 - 0.5;
    }

    public float[] values(String key, long... shape) {
        int size = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        long crc = crc(salt + key);
        double add = 0;
        double scale = 2;
        String last = key.substring(key.lastIndexOf('.') + 1);
        if (key.contains(".") || last.equals("weight") || last.equals("bias")) {
            switch (last) {
                case "weight" -> {
                    long fanIn = Arrays.stream(shape).skip(1).reduce(1, (a, b) -> a * b);
                    add = shape.length >= 2 ? 0 : 1;
                    scale = shape.length >= 2 ? 2 * Math.sqrt(3.0 / fanIn) : 0.2;
                }
                case "bias", "running_mean" -> scale = 0.2;
                case "running_var" -> {
                    add = 1;
                    scale = 0.4;
                }
                case "num_batches_tracked" -> scale = 0;
                default -> scale = 2;
            }
        }
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) (add + uniform(crc, i) * scale);
        }
        return values;
    }

    /** The filled tensor: values rounded to float32, and widened for float64. */
    public Tensor tensor(String key, ScalarType type, long... shape) {
        return Tensors.of(values(key, shape), shape).to(type);
    }
}
