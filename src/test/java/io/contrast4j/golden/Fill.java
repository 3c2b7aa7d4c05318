package io.contrast4j.golden;

import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The rule by which the golden files make weights and inputs without shipping them: a hash of the tensor's name and the
 * element's index, scaled by what the name says the tensor is.
 */
public final class Fill {
    private final String salt;
    private final double gain;

    /** The rule of CMC's files, whose weights have the variance 1/fan-in. */
    public Fill(String salt) {
        this(salt, 3);
    }

    private Fill(String salt, double gain) {
        this.salt = salt;
        this.gain = gain;
    }

    /** The rule of the other files, whose weights have the variance 2/fan-in. */
    public static Fill he(String prefix) {
        return new Fill(prefix, 6);
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

    /** The hash as a number u with {@code −0.5 ≤ u < 0.5}. */
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
                    scale = shape.length >= 2 ? 2 * Math.sqrt(gain / fanIn) : 0.2;
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
        return values(crc, size, add, scale);
    }

    private static float[] values(long crc, int size, double add, double scale) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) (add + uniform(crc, i) * scale);
        }
        return values;
    }

    /** 2u for each element, whatever the name says. */
    public static float[] noise(String name, int size) {
        return values(crc(name), size, 0, 2);
    }

    /** {@link #noise} as a tensor. */
    public static Tensor noise(String name, ScalarType type, long... shape) {
        int size = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        return Goldens.here(Tensors.of(noise(name, size), shape).to(type));
    }

    /** Fills every tensor of a module under its name, and casts the module. */
    public void fill(Module module, ScalarType type) {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            module.to(Goldens.device(), type, false);
            StateDict.of(module).forEach((name, tensor) -> {
                try (Scope each = Scope.open()) {
                    tensor.copy_(tensor(name, type, Tensors.shape(tensor)));
                }
            });
        }
    }

    /** The filled tensor: values rounded to float32, and widened for float64. */
    public Tensor tensor(String key, ScalarType type, long... shape) {
        return Goldens.here(Tensors.of(values(key, shape), shape).to(type));
    }
}
