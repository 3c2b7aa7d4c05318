package io.contrast4j.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The Python names that a checkpoint may refer to, each with the data it stands for. They are never looked up anywhere
 * else.
 *
 * <p>Of other names only those become a {@link PythonClass} that look like classes (a capital letter) and belong neither
 * to Python itself nor to torch or numpy: a callback of a training framework, an options class of a script. All the rest
 * is refused, although nothing would be executed: a file that wants to call {@code os.system} is no checkpoint.
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
        function("collections.Counter", PickleGlobals::counter);
        function("collections.defaultdict", arguments -> new LinkedHashMap<>());
        function("torch._utils._rebuild_tensor", PickleGlobals::tensor);
        function("torch._utils._rebuild_tensor_v2", PickleGlobals::tensor);
        function("torch._utils._rebuild_tensor_v3", PickleGlobals::typedTensor);
        function("torch._utils._rebuild_parameter", PickleGlobals::parameter);
        function("torch.Size", arguments -> arguments.get(0, Tuple.class));
        function("torch.device", PickleGlobals::device);
        function("_codecs.encode", PickleGlobals::latin1);
        for (String path : List.of("Path", "PurePath", "PosixPath", "PurePosixPath", "WindowsPath")) {
            function("pathlib." + path, PickleGlobals::path);
        }
        for (String module : List.of("__builtin__.", "builtins.")) {
            for (String type : List.of("int", "float", "str", "bool", "list", "dict", "tuple", "object")) {
                ALLOWED.put(module + type, new PythonClass(type));
            }
            function(module + "set", PickleGlobals::set);
            function(module + "frozenset", PickleGlobals::set);
            function(
                    module + "complex",
                    arguments -> new Complex(arguments.get(0, Double.class), arguments.get(1, Double.class)));
        }
        for (ElementType type : ElementType.values()) {
            if (!type.storageClass.isEmpty()) {
                ALLOWED.put("torch." + type.storageClass, new StorageClass(type));
            }
            ALLOWED.put("torch." + type.torchName, "torch." + type.torchName);
        }
        ALLOWED.put("torch.storage.UntypedStorage", new StorageClass(ElementType.UINT8));
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

    /** The class of a storage: what its elements are. */
    record StorageClass(ElementType type) {}

    /** What the name stands for. */
    static Object find(String module, String name) throws DamagedFile {
        Object found = ALLOWED.get(module + "." + name);
        // A dot within the name would be a way around the list: "torch" + "x.FloatStorage".
        if (found != null && name.indexOf('.') < 0) {
            return found;
        }
        if (module.startsWith("torch.nn.") || module.startsWith("torchvision.models.")) {
            throw new DamagedFile(
                    "it holds a whole module with its Python class " + module + "." + name + " and not only tensors",
                    "save the module's state_dict() instead");
        }
        if (!PythonClasses.mayBeKept(module, name)) {
            throw new DamagedFile(
                    "it refers to the Python object " + module + "." + name + ", which is not plain data",
                    "save only tensors, numbers and texts, such as a state_dict");
        }
        return new PythonClass(module + "." + name);
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

    /** A path as a text; its parts are the arguments. */
    private static Object path(Arguments arguments) throws DamagedFile {
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < arguments.items().size(); i++) {
            boolean separated = path.isEmpty() || path.charAt(path.length() - 1) == '/';
            path.append(separated ? "" : "/").append(arguments.get(i, String.class));
        }
        return path.toString();
    }

    private static Object counter(Arguments arguments) throws DamagedFile {
        return arguments.items().isEmpty() ? new LinkedHashMap<>() : arguments.get(0, LinkedHashMap.class);
    }

    /** (storage, offset, size, stride, …): whether gradients were recorded, and hooks, are not taken over. */
    private static Object tensor(Arguments arguments) throws DamagedFile {
        Storage storage = arguments.get(0, Storage.class);
        return storage.view(storage.type(), view(arguments));
    }

    /** (storage of bytes, offset, size, stride, whether gradients were recorded, hooks, type of elements, …). */
    private static Object typedTensor(Arguments arguments) throws DamagedFile {
        String name = arguments.get(6, String.class);
        for (ElementType type : ElementType.values()) {
            if (name.equals("torch." + type.torchName)) {
                return arguments.get(0, Storage.class).view(type, view(arguments));
            }
        }
        throw new DamagedFile("it has a tensor of \"" + name + "\" elements");
    }

    private static View view(Arguments arguments) throws DamagedFile {
        return new View(arguments.get(1, Long.class), arguments.longs(2), arguments.longs(3));
    }

    private static Object parameter(Arguments arguments) throws DamagedFile {
        Object tensor = arguments.get(0, Object.class);
        if (tensor instanceof TensorInfo || tensor instanceof Tensor) {
            return tensor;
        }
        throw new DamagedFile("its pickle calls a function with wrong arguments");
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

    /** The value of a 16-bit floating-point number: ±2^(e−15)·(1 + m/1024), and for e = 0 ±2^(−14)·m/1024. */
    private static double half(short bits) {
        int exponent = bits >> 10 & 31;
        double mantissa = (bits & 1023) / 1024.0;
        double value = exponent == 31
                ? mantissa == 0 ? Double.POSITIVE_INFINITY : Double.NaN
                : exponent == 0 ? Math.scalb(mantissa, -14) : Math.scalb(1 + mantissa, exponent - 15);
        return bits < 0 ? -value : value;
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
                case "f2/2" -> half(bytes.getShort());
                case "i4/4" -> (long) bytes.getInt();
                case "i2/2" -> (long) bytes.getShort();
                case "i1/1" -> (long) bytes.get();
                case "u4/4" -> bytes.getInt() & 0xFFFF_FFFFL;
                case "u2/2" -> bytes.getShort() & 0xFFFFL;
                case "u1/1" -> bytes.get() & 0xFFL;
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
