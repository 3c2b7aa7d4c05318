package io.contrast4j.checkpoint;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a Python pickle of protocol 2 into plain values, and executes nothing.
 *
 * <p>A pickle is a program for a stack machine. Only the instructions that {@code torch.save} needs are known here; a
 * global name is looked up in the list of {@link PickleGlobals}, whose entries are constructors of data, and any other
 * name or instruction is refused. Every length is checked against what is left of the pickle before memory is taken, and
 * no pickle can make more than a few million values or work that grows faster than its length.
 *
 * <p>The library {@code net.razorvine:pickle} is not used because it loses the order of a dictionary's items, on which
 * the numbering of optimizer states and every written file depend, and because it bounds neither memory nor names.
 *
 * <p>Python's types become: dict {@link LinkedHashMap}, OrderedDict {@link OrderedDict}, list {@link ArrayList}, tuple
 * {@link Tuple}, str {@link String}, bytes {@code byte[]}, int {@link Long} (or {@link BigInteger} when it does not
 * fit), float {@link Double}, bool {@link Boolean}, None {@code null}, a numpy array {@link NumpyArray}.
 */
final class Unpickler {
    /** Finds what a persistent identity stands for: the storages of the file at hand. */
    interface PersistentObjects {
        Object load(List<?> identity) throws DamagedFile;
    }

    /** What a text of Python 2 that is longer than 255 bytes becomes: there text and bytes were the same type. */
    interface LongTexts {
        Object of(ByteBuffer content);
    }

    // A key that is a tuple of tuples of … would be hashed recursively, again at every look-up.
    private static final int LARGEST_KEY = 64;

    // Keys that are tuples can be made to collide in a hash table, which then takes quadratic time.
    private static final int MOST_TUPLE_KEYS = 10_000;

    // Far more than any checkpoint has; together they take some hundred megabytes.
    private static final int MOST_VALUES = 5_000_000;

    // Numpy's pickler remembers an unfinished array once, and another reference is improbable.
    private static final int MOST_REFERENCES = 8;

    private final ByteBuffer in;
    private final PersistentObjects persistent;
    private final LongTexts longTexts;
    private final Map<Integer, @Nullable Object> memo = new HashMap<>();
    private final Deque<Integer> marks = new ArrayDeque<>();
    private final List<@Nullable Object> stack = new ArrayList<>();
    private final Map<Object, List<Integer>> unfinished = new IdentityHashMap<>();
    private int values;
    private int tupleKeys;

    Unpickler(ByteBuffer pickle, PersistentObjects persistent) {
        this(
                pickle,
                persistent,
                content -> StandardCharsets.ISO_8859_1.decode(content).toString());
    }

    Unpickler(ByteBuffer pickle, PersistentObjects persistent, LongTexts longTexts) {
        this.in = pickle.order(ByteOrder.LITTLE_ENDIAN);
        this.persistent = persistent;
        this.longTexts = longTexts;
    }

    /** The value of the pickle that starts at the buffer's position, which is left behind its end. */
    @Nullable
    Object load() throws DamagedFile {
        if (unsigned() != 0x80) {
            throw new DamagedFile("its pickle is not of protocol 2");
        }
        int protocol = unsigned();
        if (protocol != 2) {
            throw new DamagedFile(
                    "its pickle is of protocol " + protocol + " and not 2",
                    "save it without the argument pickle_protocol, or fetch it again");
        }
        for (int opcode = unsigned(); opcode != '.'; opcode = unsigned()) {
            execute(opcode);
        }
        return pop();
    }

    private void execute(int opcode) throws DamagedFile {
        switch (opcode) {
            case 'N' -> push(null);
            case 0x88 -> push(true);
            case 0x89 -> push(false);
            case 'K' -> push((long) unsigned());
            case 'M' -> push((long) take(2).getShort() & 0xFFFF);
            case 'J' -> push((long) take(4).getInt());
            case 0x8a -> push(integer(take(unsigned())));
            case 'G' -> push(take(8).order(ByteOrder.BIG_ENDIAN).getDouble());
            case 'X' -> push(utf8(take(length())));
            case 'U' ->
                push(StandardCharsets.ISO_8859_1.decode(take(unsigned())).toString());
            case 'T' -> push(longTexts.of(take(length())));
            case '}' -> push(new LinkedHashMap<>());
            case ']' -> push(new ArrayList<>());
            case ')' -> push(new Tuple(List.of()));
            case '(' -> {
                count();
                marks.push(stack.size());
            }
            case 't' -> push(new Tuple(popToMark()));
            case 0x85 -> push(new Tuple(popLast(1)));
            case 0x86 -> push(new Tuple(popLast(2)));
            case 0x87 -> push(new Tuple(popLast(3)));
            case 'a' -> append(popLast(1));
            case 'e' -> append(popToMark());
            case 's' -> setItems(popLast(2));
            case 'u' -> setItems(popToMark());
            case 'q' -> remember(unsigned());
            case 'r' -> remember(length());
            case 'h' -> recall(unsigned());
            case 'j' -> recall(length());
            case 'c' -> push(PickleGlobals.find(line(), line()));
            case 'Q' -> push(persistent.load(tuple(pop()).items()));
            case 'R' -> reduce();
            case 0x81 -> newObject();
            case 'b' -> build();
            default ->
                throw new DamagedFile(
                        String.format("its pickle has the instruction 0x%02x, which no checkpoint needs", opcode));
        }
    }

    private void reduce() throws DamagedFile {
        Tuple arguments = tuple(pop());
        Object called = pop();
        if (called instanceof PickleGlobals.Constructor constructor) {
            push(constructor.construct(new Arguments(arguments.items())));
        } else if (called instanceof PythonClass type) {
            push(new PythonObject(type, arguments));
        } else {
            throw new DamagedFile("its pickle calls something that is no function");
        }
    }

    private void newObject() throws DamagedFile {
        Tuple arguments = tuple(pop());
        Object type = pop();
        if (type instanceof PythonClass unknown) {
            push(new PythonObject(unknown, arguments));
        } else if (type == PickleGlobals.NAMESPACE && arguments.items().isEmpty()) {
            push(new Namespace(new LinkedHashMap<>()));
        } else {
            throw new DamagedFile("its pickle makes a new object of a type that no checkpoint needs");
        }
    }

    private void build() throws DamagedFile {
        Object state = pop();
        Object object = top();
        if (object instanceof Namespace namespace && state instanceof Map<?, ?> attributes) {
            setAttributes(namespace.attributes(), attributes);
        } else if (object instanceof OrderedDict dict && state instanceof Map<?, ?> attributes) {
            setAttributes(dict.attributes(), attributes);
        } else if (object instanceof PythonObject unknown) {
            unknown.state(state);
        } else if (object instanceof PickleGlobals.Unfinished begun) {
            Object finished = begun.withState(new Arguments(tuple(state).items()));
            stack.set(stack.size() - 1, finished);
            // Later references must see the completed object too.
            List<Integer> slots = unfinished.remove(begun);
            if (slots != null) {
                slots.forEach(slot -> memo.put(slot, finished));
            }
        } else {
            throw new DamagedFile("its pickle sets the state of an object that has none");
        }
    }

    private static void setAttributes(Map<String, @Nullable Object> target, Map<?, ?> attributes) throws DamagedFile {
        for (Map.Entry<?, ?> attribute : attributes.entrySet()) {
            if (!(attribute.getKey() instanceof String name)) {
                throw new DamagedFile("its pickle names an attribute with something that is no text");
            }
            target.put(name, attribute.getValue());
        }
    }

    @SuppressWarnings("unchecked")
    private void append(List<@Nullable Object> items) throws DamagedFile {
        if (top() instanceof PythonObject object) {
            object.mutableElements().addAll(items);
        } else if (top() instanceof ArrayList<?>) {
            ((List<@Nullable Object>) top()).addAll(items);
        } else {
            throw new DamagedFile("its pickle appends to something that is no list");
        }
    }

    @SuppressWarnings("unchecked")
    private void setItems(List<@Nullable Object> items) throws DamagedFile {
        Map<@Nullable Object, @Nullable Object> dict;
        if (top() instanceof PythonObject object) {
            dict = object.mutableItems();
        } else if (top() instanceof LinkedHashMap<?, ?> || top() instanceof OrderedDict) {
            dict = (Map<@Nullable Object, @Nullable Object>) top();
        } else {
            throw new DamagedFile("its pickle sets items of something that is no dictionary");
        }
        if (items.size() % 2 != 0) {
            throw new DamagedFile("its pickle sets items of something that is no dictionary");
        }
        for (int i = 0; i < items.size(); i += 2) {
            checkKey(items.get(i));
            if (items.get(i) instanceof Tuple && ++tupleKeys > MOST_TUPLE_KEYS) {
                throw new DamagedFile("its pickle has more than " + MOST_TUPLE_KEYS + " tuples as keys");
            }
            dict.put(items.get(i), items.get(i + 1));
        }
    }

    /** Only what cannot change, and is hashed fast and without deep recursion, may be a key of a map or in a set. */
    static void checkKey(@Nullable Object key) throws DamagedFile {
        checkKey(key, LARGEST_KEY);
    }

    /** @return how many values it may still have */
    private static int checkKey(@Nullable Object key, int left) throws DamagedFile {
        if (left > 0 && key instanceof Tuple tuple) {
            int still = left - 1;
            for (Object item : tuple.items()) {
                still = checkKey(item, still);
            }
            return still;
        }
        boolean plain = key == null
                || key instanceof String
                || key instanceof Number
                || key instanceof Boolean
                || key instanceof PythonClass;
        if (left <= 0 || !plain) {
            throw new DamagedFile("its pickle uses a "
                    + (key == null ? "None" : key.getClass().getSimpleName())
                    + " as the key of a dictionary or in a set");
        }
        return left - 1;
    }

    private void remember(int slot) throws DamagedFile {
        count();
        Object value = top();
        memo.put(slot, value);
        if (value instanceof PickleGlobals.Unfinished) {
            List<Integer> slots = unfinished.computeIfAbsent(value, begun -> new ArrayList<>());
            slots.add(slot);
            if (slots.size() > MOST_REFERENCES) {
                throw new DamagedFile("its pickle refers to an unfinished object too often");
            }
        }
    }

    private void recall(int slot) throws DamagedFile {
        if (!memo.containsKey(slot)) {
            throw new DamagedFile("its pickle refers to the value " + slot + ", which it never defined");
        }
        push(memo.get(slot));
    }

    private static Object integer(ByteBuffer littleEndian) {
        byte[] bigEndian = new byte[littleEndian.remaining()];
        for (int i = bigEndian.length - 1; i >= 0; i--) {
            bigEndian[i] = littleEndian.get();
        }
        BigInteger value = bigEndian.length == 0 ? BigInteger.ZERO : new BigInteger(bigEndian);
        return value.bitLength() < 64 ? (Object) value.longValue() : value;
    }

    private static String utf8(ByteBuffer bytes) throws DamagedFile {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException malformed) {
            throw new DamagedFile("its pickle has a text that is not UTF-8");
        }
    }

    private String line() throws DamagedFile {
        int start = in.position();
        while (unsigned() != '\n') {
            // looking for the end of the line
        }
        return utf8(in.slice(start, in.position() - 1 - start));
    }

    private int length() throws DamagedFile {
        return take(4).getInt();
    }

    private int unsigned() throws DamagedFile {
        return take(1).get() & 0xFF;
    }

    private ByteBuffer take(int size) throws DamagedFile {
        if (size < 0 || size > in.remaining()) {
            throw new DamagedFile("its pickle ends too early");
        }
        ByteBuffer bytes = in.slice(in.position(), size).order(ByteOrder.LITTLE_ENDIAN);
        in.position(in.position() + size);
        return bytes;
    }

    private static Tuple tuple(@Nullable Object value) throws DamagedFile {
        if (value instanceof Tuple tuple) {
            return tuple;
        }
        throw new DamagedFile("its pickle has no tuple where one is needed");
    }

    private void push(@Nullable Object value) throws DamagedFile {
        count();
        stack.add(value);
    }

    private void count() throws DamagedFile {
        if (++values > MOST_VALUES) {
            throw new DamagedFile("its pickle has more than " + MOST_VALUES + " values");
        }
    }

    private @Nullable Object pop() throws DamagedFile {
        return popLast(1).get(0);
    }

    private @Nullable Object top() throws DamagedFile {
        if (stack.size() <= base()) {
            throw new DamagedFile("its pickle takes more values than it made");
        }
        return top(stack);
    }

    private static @Nullable Object top(List<@Nullable Object> stack) {
        return stack.get(stack.size() - 1);
    }

    private List<@Nullable Object> popLast(int count) throws DamagedFile {
        if (stack.size() - base() < count) {
            throw new DamagedFile("its pickle takes more values than it made");
        }
        List<@Nullable Object> last = stack.subList(stack.size() - count, stack.size());
        List<@Nullable Object> values = new ArrayList<>(last);
        last.clear();
        return values;
    }

    private List<@Nullable Object> popToMark() throws DamagedFile {
        Integer mark = marks.poll();
        if (mark == null) {
            throw new DamagedFile("its pickle ends a group that it never began");
        }
        return popLast(stack.size() - mark);
    }

    /** Values below the innermost mark are out of reach. */
    private int base() {
        Integer mark = marks.peek();
        return mark == null ? 0 : mark;
    }
}
