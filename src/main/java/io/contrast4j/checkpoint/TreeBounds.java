package io.contrast4j.checkpoint;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Checks that what was read is a tree one can walk through: nothing contains itself, nothing is nested too deeply, and
 * values that occur in several places do not multiply beyond all bounds (a list of ten lists of ten lists of …).
 */
final class TreeBounds {
    private static final int DEEPEST = 500;
    private static final long MOST_NODES = 5_000_000;

    /** What has been walked through; {@link #OPEN} stands for what is being walked through. */
    private final IdentityHashMap<Object, Extent> known = new IdentityHashMap<>();

    private TreeBounds() {}

    /** @param depth of the deepest value below it */
    private record Extent(long nodes, int depth) {}

    private static final Extent OPEN = new Extent(0, 0);

    /** A container that is being walked through. */
    private static final class Level {
        final Object container;
        final Iterator<? extends @Nullable Object> parts;
        long nodes = 1;
        int depth = 1;

        Level(Object container, Collection<? extends @Nullable Object> parts) {
            this.container = container;
            this.parts = parts.iterator();
        }

        void add(Extent part) throws DamagedFile {
            nodes += part.nodes;
            depth = Math.max(depth, part.depth + 1);
            if (nodes > MOST_NODES) {
                throw new DamagedFile("its values repeat each other without end");
            }
            if (depth > DEEPEST) {
                throw new DamagedFile("its values are nested more than " + DEEPEST + " deep");
            }
        }
    }

    /** @throws DamagedFile if it is not such a tree */
    static void check(@Nullable Object root) throws DamagedFile {
        new TreeBounds().walk(root);
    }

    /** Without recursion, which a hostile file would use to overflow the stack. */
    private void walk(@Nullable Object root) throws DamagedFile {
        Deque<Level> path = new ArrayDeque<>();
        open(root, path);
        while (!path.isEmpty()) {
            Level level = path.getLast();
            if (!level.parts.hasNext()) {
                path.removeLast();
                Extent extent = new Extent(level.nodes, level.depth);
                known.put(level.container, extent);
                if (!path.isEmpty()) {
                    path.getLast().add(extent);
                }
                continue;
            }
            Object part = level.parts.next();
            Extent extent = part == null ? null : known.get(part);
            if (extent == OPEN) {
                throw new DamagedFile("it holds a value that contains itself");
            }
            if (extent != null) {
                level.add(extent);
            } else if (!open(part, path)) {
                level.add(new Extent(1, 1));
            }
            if (path.size() > DEEPEST) {
                throw new DamagedFile("its values are nested more than " + DEEPEST + " deep");
            }
        }
    }

    private boolean open(@Nullable Object value, Deque<Level> path) {
        Collection<? extends @Nullable Object> parts;
        if (value instanceof OrderedDict dict) {
            parts = both(dict, List.of(dict.attributes()));
        } else if (value instanceof Map<?, ?> map) {
            parts = both(map, List.of());
        } else if (value instanceof Collection<?> collection) {
            parts = collection;
        } else if (value instanceof Tuple tuple) {
            parts = tuple.items();
        } else if (value instanceof Namespace namespace) {
            parts = namespace.attributes().values();
        } else if (value instanceof PythonObject object) {
            List<@Nullable Object> all = new ArrayList<>(object.elements());
            all.addAll(both(object.items(), List.of(object.arguments())));
            all.add(object.state());
            parts = all;
        } else {
            return false;
        }
        known.put(value, OPEN);
        path.addLast(new Level(value, parts));
        return true;
    }

    private static List<@Nullable Object> both(
            Map<? extends @Nullable Object, ? extends @Nullable Object> map, List<?> more) {
        List<@Nullable Object> all = new ArrayList<>(2 * map.size() + more.size());
        all.addAll(map.keySet());
        all.addAll(map.values());
        all.addAll(more);
        return all;
    }
}
