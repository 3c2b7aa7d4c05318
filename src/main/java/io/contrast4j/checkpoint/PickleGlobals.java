package io.contrast4j.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The Python names that a checkpoint may refer to, each with the data it stands for. The list is closed: these names are
 * never looked up anywhere else, and any other name is refused.
 */
final class PickleGlobals {
    private PickleGlobals() {}

    /** Makes a value of the arguments that a pickle passes to a function. */
    interface Constructor {
        Object construct(Arguments arguments) throws DamagedFile;
    }

    /** The one type whose objects are made first and given their attributes afterwards. */
    static final Object NAMESPACE = new Object();

    private static final Map<String, Object> ALLOWED = new HashMap<>();

    static {
        ALLOWED.put("argparse.Namespace", NAMESPACE);
        function("collections.OrderedDict", PickleGlobals::orderedDict);
        function("torch._utils._rebuild_tensor", PickleGlobals::tensor);
        function("torch._utils._rebuild_tensor_v2", PickleGlobals::tensor);
        function("torch._utils._rebuild_parameter", arguments -> arguments.get(0, org.bytedeco.pytorch.Tensor.class));
        function("torch.Size", arguments -> arguments.get(0, Tuple.class));
        function("torch.device", PickleGlobals::device);
        function("_codecs.encode", PickleGlobals::latin1);
        for (String module : List.of("__builtin__.", "builtins.")) {
            function(module + "set", PickleGlobals::set);
            function(
                    module + "complex",
                    arguments -> new Complex(arguments.get(0, Double.class), arguments.get(1, Double.class)));
        }
        for (ElementType type : ElementType.values()) {
            ALLOWED.put("torch." + type.storageClass, type);
            ALLOWED.put("torch." + type.torchName, "torch." + type.torchName);
        }
        function("numpy.dtype", arguments -> new NumpyType(arguments.get(0, String.class), ByteOrder.LITTLE_ENDIAN));
        ALLOWED.put("numpy.ndarray", "numpy.ndarray");
        for (String module : List.of("numpy.core.multiarray.", "numpy._core.multiarray.")) {
            function(module + "scalar", PickleGlobals::numpyScalar);
            function(module + "_reconstruct", arguments -> new BlankArray());
        }
    }

    private static void function(String name, Constructor constructor) {
        ALLOWED.put(name, constructor);
    }

    /** What the name stands for. */
    static Object find(String module, String name) throws DamagedFile {
        Object found = ALLOWED.get(module + "." + name);
        // A dot within the name would be a way around the list: "torch" + "x.FloatStorage".
        if (found == null || name.indexOf('.') >= 0) {
            throw new DamagedFile(
                    "it refers to the Python object " + module + "." + name + ", which is not plain data",
                    "save only tensors, numbers and texts, such as a state_dict");
        }
        return found;
    }

    private static Object orderedDict(Arguments arguments) throws DamagedFile {
        OrderedDict dict = new OrderedDict();
        if (!arguments.items().isEmpty()) {
            // Python 2 passed the items as a list of pairs.
            for (Object pair : arguments.get(0, List.class)) {
                if (!(pair instanceof List<?> items) || items.size() != 2 || !(items.get(0) instanceof String key)) {
                    throw new DamagedFile("its pickle has an OrderedDict that is no list of pairs");
                }
                dict.put(key, items.get(1));
            }
        }
        return dict;
    }

    private static Object set(Arguments arguments) throws DamagedFile {
        Set<@Nullable Object> members = new LinkedHashSet<>();
        for (Object member : (List<?>) arguments.get(0, List.class)) {
            Unpickler.checkKey(member);
            members.add(member);
        }
        return members;
    }

    /** (storage, offset, size, stride, …): whether gradients were recorded, and hooks, are not taken over. */
    private static Object tensor(Arguments arguments) throws DamagedFile {
        return arguments
                .get(0, StoredTensor.class)
                .view(arguments.get(1, Long.class), arguments.longs(2), arguments.longs(3));
    }

    private static Object device(Arguments arguments) throws DamagedFile {
        String type = arguments.get(0, String.class);
        return arguments.items().size() > 1 ? type + ":" + arguments.get(1, Long.class) : type;
    }

    /** Protocol 2 has no bytes: Python writes them as a text of the characters 0 … 255, to be encoded again. */
    private static Object latin1(Arguments arguments) throws DamagedFile {
        if (!arguments.get(1, String.class).equals("latin1")) {
            throw new DamagedFile("its pickle has bytes in an unknown encoding");
        }
        return arguments.get(0, String.class).getBytes(StandardCharsets.ISO_8859_1);
    }

    private static Object numpyScalar(Arguments arguments) throws DamagedFile {
        Object bytes = arguments.items().size() > 1 ? arguments.items().get(1) : null;
        // Python 2 wrote the bytes as a text.
        byte[] content = bytes instanceof String text
                ? text.getBytes(StandardCharsets.ISO_8859_1)
                : arguments.get(1, byte[].class);
        return arguments.get(0, NumpyType.class).decode(content);
    }

    /** An object that is made first and gets its state afterwards. */
    interface Unfinished {
        Object withState(Arguments state) throws DamagedFile;
    }

    /** A numpy array before it has a shape and elements; each is another object. */
    private static final class BlankArray implements Unfinished {
        /** (version, shape, element type, whether in Fortran's order, elements). */
        @Override
        public Object withState(Arguments state) throws DamagedFile {
            Object content = state.items().size() > 4 ? state.items().get(4) : null;
            ByteBuffer bytes = content instanceof ByteBuffer slice
                    ? slice
                    : ByteBuffer.wrap(
                            content instanceof String text
                                    ? text.getBytes(StandardCharsets.ISO_8859_1)
                                    : state.get(4, byte[].class));
            return NumpyArray.of(state.get(2, NumpyType.class), state.longs(1), state.get(3, Boolean.class), bytes);
        }
    }

    /** A numpy element type such as {@code f8}, and its order of bytes. */
    record NumpyType(String code, ByteOrder order) implements Unfinished {
        /** The type with the state (version, byte order, …) that pickles set after its creation. */
        @Override
        public NumpyType withState(Arguments state) throws DamagedFile {
            return new NumpyType(
                    code, state.get(1, String.class).equals(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        }

        Object decode(byte[] content) throws DamagedFile {
            ByteBuffer bytes = ByteBuffer.wrap(content).order(order);
            @Nullable
            Object value = switch (code + "/" + content.length) {
                case "f8/8" -> bytes.getDouble();
                case "f4/4" -> (double) bytes.getFloat();
                case "i8/8" -> bytes.getLong();
                case "i4/4" -> (long) bytes.getInt();
                case "b1/1" -> bytes.get() != 0;
                default -> null;
            };
            if (value == null) {
                throw new DamagedFile("it has a numpy number of type " + code + ", which is not supported");
            }
            return value;
        }
    }
}
