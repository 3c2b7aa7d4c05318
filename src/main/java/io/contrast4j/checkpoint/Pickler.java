package io.contrast4j.checkpoint;

import io.contrast4j.tensor.Tensors;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Writes a tree of plain values as a Python pickle of protocol 2, the one {@code torch.save} uses. A tensor becomes the
 * call that rebuilds it from a storage, which is named by its number in {@link #tensors()}; the bytes go elsewhere. Two
 * names of the same memory have one storage.
 */
final class Pickler {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final List<Tensor> tensors = new ArrayList<>();
    private final Map<Memory, Integer> storages = new HashMap<>();

    /** The same elements in the same memory: one storage, as two names of a tied weight have. */
    private record Memory(long address, ElementType type, long elements) {}

    /** The pickle of one value. */
    byte[] dump(Object root) {
        out.write(0x80);
        out.write(2);
        value(root);
        out.write('.');
        return out.toByteArray();
    }

    /** The tensors met so far; the storage of tensor i has the key i. */
    List<Tensor> tensors() {
        return tensors;
    }

    private void value(@Nullable Object value) {
        if (value == null) {
            out.write('N');
        } else if (value instanceof Boolean truth) {
            out.write(truth ? 0x88 : 0x89);
        } else if (value instanceof Long
                || value instanceof Integer
                || value instanceof Short
                || value instanceof Byte) {
            integer(((Number) value).longValue());
        } else if (value instanceof BigInteger big) {
            longInteger(big);
        } else if (value instanceof Double || value instanceof Float) {
            out.write('G');
            double number = ((Number) value).doubleValue();
            out.writeBytes(ByteBuffer.allocate(8).putDouble(number).array());
        } else if (value instanceof String text) {
            string(text);
        } else if (value instanceof Tensor tensor) {
            tensor(tensor);
        } else if (value instanceof Map<?, ?> map) {
            dict(map);
        } else if (value instanceof Tuple tuple) {
            tuple(tuple.items());
        } else if (value instanceof Namespace namespace) {
            namespace(namespace);
        } else if (value instanceof Complex complex) {
            global("__builtin__", "complex");
            tuple(List.of(complex.real(), complex.imaginary()));
            out.write('R');
        } else if (value instanceof byte[] bytes) {
            bytes(bytes);
        } else if (value instanceof Set<?> set) {
            global("__builtin__", "set");
            tuple(List.of(new ArrayList<>(set)));
            out.write('R');
        } else if (value instanceof List<?> list) {
            out.write(']');
            if (!list.isEmpty()) {
                out.write('(');
                list.forEach(this::value);
                out.write('e');
            }
        } else {
            throw new IllegalArgumentException(
                    "a " + value.getClass().getName() + " cannot be written to a checkpoint");
        }
    }

    private void dict(Map<?, ?> map) {
        if (map instanceof OrderedDict) {
            newOrderedDict();
        } else {
            out.write('}');
        }
        items(map);
        if (map instanceof OrderedDict ordered && !ordered.attributes().isEmpty()) {
            out.write('}');
            items(ordered.attributes());
            out.write('b');
        }
    }

    private void items(Map<?, ?> map) {
        if (!map.isEmpty()) {
            out.write('(');
            map.forEach((key, item) -> {
                value(key);
                value(item);
            });
            out.write('u');
        }
    }

    private void namespace(Namespace namespace) {
        global("argparse", "Namespace");
        out.write(')');
        out.write(0x81);
        out.write('}');
        items(namespace.attributes());
        out.write('b');
    }

    /** Protocol 2 has no bytes: a text of the characters 0 … 255 stands for them, to be encoded again. */
    private void bytes(byte[] bytes) {
        global("_codecs", "encode");
        tuple(List.of(new String(bytes, StandardCharsets.ISO_8859_1), "latin1"));
        out.write('R');
    }

    private void newOrderedDict() {
        global("collections", "OrderedDict");
        out.write(')');
        out.write('R');
    }

    private void tuple(Collection<?> items) {
        if (items.isEmpty()) {
            out.write(')');
            return;
        }
        out.write('(');
        items.forEach(this::value);
        out.write('t');
    }

    private void tensor(Tensor tensor) {
        ElementType type = ElementType.of(tensor);
        long[] shape = Tensors.shape(tensor);
        List<Long> size = new ArrayList<>();
        List<Long> stride = new ArrayList<>();
        long step = 1;
        for (int axis = shape.length - 1; axis >= 0; axis--) {
            size.add(0, shape[axis]);
            stride.add(0, step);
            step *= Math.max(shape[axis], 1);
        }
        boolean classless = type.storageClass.isEmpty();
        global("torch._utils", classless ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2");
        out.write('(');
        out.write('(');
        string("storage");
        if (classless) {
            global("torch.storage", "UntypedStorage");
        } else {
            global("torch", type.storageClass);
        }
        string(Integer.toString(storage(tensor, type)));
        string("cpu");
        integer(classless ? tensor.numel() * type.size : tensor.numel());
        out.write('t');
        out.write('Q');
        integer(0);
        tuple(size);
        tuple(stride);
        value(false);
        newOrderedDict();
        if (classless) {
            global("torch", type.torchName);
        }
        out.write('t');
        out.write('R');
    }

    /** The number of the tensor's storage. What has gaps is written as a contiguous copy, and shares nothing. */
    private int storage(Tensor tensor, ElementType type) {
        if (tensor.numel() > 0 && tensor.is_contiguous()) {
            Memory memory = new Memory(tensor.data_ptr().address(), type, tensor.numel());
            Integer known = storages.putIfAbsent(memory, tensors.size());
            if (known != null) {
                return known;
            }
        }
        tensors.add(tensor);
        return tensors.size() - 1;
    }

    private void integer(long value) {
        if (value == (int) value) {
            out.write('J');
            littleEndian((int) value);
        } else {
            longInteger(BigInteger.valueOf(value));
        }
    }

    private void longInteger(BigInteger value) {
        byte[] bigEndian = value.toByteArray();
        if (bigEndian.length > 255) {
            throw new IllegalArgumentException("an integer of " + bigEndian.length + " bytes cannot be written");
        }
        out.write(0x8a);
        out.write(bigEndian.length);
        for (int i = bigEndian.length - 1; i >= 0; i--) {
            out.write(bigEndian[i]);
        }
    }

    private void string(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        out.write('X');
        littleEndian(utf8.length);
        out.writeBytes(utf8);
    }

    private void global(String module, String name) {
        out.writeBytes(("c" + module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    private void littleEndian(int value) {
        out.writeBytes(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array());
    }
}
