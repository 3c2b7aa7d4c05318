package io.contrast4j.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Tensors from Java arrays and back. Every tensor made here belongs to the caller's scope. */
public final class Tensors {
    /** Bytes of pageable memory that CUDA copies to a GPU without waiting for it. */
    private static final long COPIED_AT_ONCE = 64 << 10;

    /** Bytes that are worth pinned memory, which LibTorch keeps: more go to a device at the start of a run only. */
    private static final long PINNED_AT_MOST = 256 << 20;

    private Tensors() {}

    /** A tensor on the CPU with uninitialised content. */
    public static Tensor empty(ScalarType type, long... shape) {
        return torch.torch_empty(shape, new TensorOptions(type), null);
    }

    /** Zeros on the CPU. */
    public static Tensor zeros(ScalarType type, long... shape) {
        return torch.torch_zeros(shape, new TensorOptions(type));
    }

    /** A copy of the values as float32 of the given shape. */
    public static Tensor of(float[] values, long... shape) {
        Tensor tensor = empty(ScalarType.Float, shape);
        checkFilled(tensor, values.length);
        bytes(tensor).asFloatBuffer().put(values);
        return tensor;
    }

    /** A copy of the values as float64 of the given shape. */
    public static Tensor of(double[] values, long... shape) {
        Tensor tensor = empty(ScalarType.Double, shape);
        checkFilled(tensor, values.length);
        bytes(tensor).asDoubleBuffer().put(values);
        return tensor;
    }

    /** A copy of the values as int64 of the given shape. */
    public static Tensor of(long[] values, long... shape) {
        Tensor tensor = empty(ScalarType.Long, shape);
        checkFilled(tensor, values.length);
        bytes(tensor).asLongBuffer().put(values);
        return tensor;
    }

    private static void checkFilled(Tensor tensor, int values) {
        if (tensor.numel() != values) {
            throw new IllegalArgumentException(
                    values + " values do not fill a tensor of shape " + Arrays.toString(shape(tensor)));
        }
    }

    /** The values in row-major order, converted to float64. */
    public static double[] doubles(Tensor tensor) {
        try (Scope scope = Scope.open()) {
            Tensor host = host(tensor).to(ScalarType.Double);
            double[] values = new double[Math.toIntExact(host.numel())];
            bytes(host).asDoubleBuffer().get(values);
            return values;
        }
    }

    /** The values in row-major order, converted to float32. */
    public static float[] floats(Tensor tensor) {
        try (Scope scope = Scope.open()) {
            Tensor host = host(tensor).to(ScalarType.Float);
            float[] values = new float[Math.toIntExact(host.numel())];
            bytes(host).asFloatBuffer().get(values);
            return values;
        }
    }

    /** The values in row-major order, converted to int64. */
    public static long[] longs(Tensor tensor) {
        try (Scope scope = Scope.open()) {
            Tensor host = host(tensor).to(ScalarType.Long);
            long[] values = new long[Math.toIntExact(host.numel())];
            bytes(host).asLongBuffer().get(values);
            return values;
        }
    }

    /** The one value of a tensor with one element. On CUDA this waits for the device. */
    public static double scalar(Tensor tensor) {
        try (Scope scope = Scope.open()) {
            return tensor.detach().item_double();
        }
    }

    /**
     * Rows of an N×D tensor divided by their Euclidean length. The published code divides by zero for a zero row; here
     * lengths are at least 1e-12, so that such a row stays zero. What a network computed in 16 bits is {@linkplain #wide
     * widened} first: from here on features, similarities and losses are float32 at least.
     */
    public static Tensor unitRows(Tensor x) {
        Tensor rows = wide(x);
        Tensor length = rows.norm(new ScalarOptional(new Scalar(2.0)), new long[] {1}, true);
        return rows.div(length.clamp_min(new Scalar(1e-12)));
    }

    /**
     * Numbers of 16 bits as float32, others as they are. A product of features in 16 bits would round a similarity to
     * about 1/250, a step of 4% in a loss of temperature 0.1.
     */
    public static Tensor wide(Tensor x) {
        ScalarType type = x.scalar_type().intern();
        return type == ScalarType.Half || type == ScalarType.BFloat16 ? x.to(ScalarType.Float) : x;
    }

    /** The lengths of the axes. */
    public static long[] shape(Tensor tensor) {
        long[] shape = new long[(int) tensor.dim()];
        for (int axis = 0; axis < shape.length; axis++) {
            shape[axis] = tensor.size(axis);
        }
        return shape;
    }

    /**
     * The memory of a contiguous CPU tensor, little-endian, shared and not copied: valid as long as the tensor is.
     *
     * @throws IllegalArgumentException if the tensor is on another device, has gaps, or takes 2 GiB or more
     */
    public static ByteBuffer bytes(Tensor tensor) {
        if (!tensor.is_cpu() || !tensor.is_contiguous()) {
            throw new IllegalArgumentException("only a contiguous tensor on the CPU has bytes to share");
        }
        long size = tensor.nbytes();
        if (size > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a tensor of " + size + " bytes does not fit one buffer");
        }
        if (size == 0) {
            return ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN);
        }
        Pointer data = tensor.data_ptr();
        return new BytePointer(data).capacity(size).asBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The device of a name such as {@code cpu} or {@code cuda:0}. */
    public static Device device(String name) {
        return new Device(name);
    }

    /**
     * The same tensor on a device; itself when it is there already. To a GPU nobody waits for what it still has to do: from pinned
     * memory the copy runs beside what the caller does next, and of other memory CUDA takes a copy of its own at once, if it is
     * small; a larger one is taken here, into pinned memory, as CUDA would wait first. So the tensor may be closed at once, and
     * what uses the copy waits on the GPU. Only for what takes more than 256 MiB the caller waits.
     */
    public static Tensor to(Tensor tensor, Device device) {
        boolean beside = device.is_cuda() && tensor.is_cpu();
        long size = beside ? tensor.nbytes() : 0;
        boolean isToBePinned = size > COPIED_AT_ONCE && size <= PINNED_AT_MOST && !tensor.is_pinned();
        Tensor from = isToBePinned ? tensor.pin_memory() : tensor;
        return from.to(new TensorOptions(device), beside, false, null);
    }

    /** A number as an argument of a tensor operation. */
    public static Scalar scalar(double value) {
        return new Scalar(value);
    }

    /** The inner products of N×D rows with each other, N×N. */
    public static Tensor gram(Tensor rows) {
        return rows.matmul(rows.t());
    }

    private static Tensor host(Tensor tensor) {
        return tensor.detach().cpu().contiguous();
    }
}
