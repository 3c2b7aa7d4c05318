package io.contrast4j.tensor;

import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;

/**
 * Frees every native object created on this thread between {@link #open()} and {@link #close()}, except those that
 * were {@linkplain #keep kept}. Scopes nest; they belong to the thread that opened them.
 */
public final class Scope implements AutoCloseable {
    private final @Nullable PointerScope outer = PointerScope.getInnerScope();
    private final PointerScope scope = new PointerScope();

    private Scope() {}

    /** Opens a scope on the calling thread. */
    public static Scope open() {
        return new Scope();
    }

    /**
     * Lets a pointer outlive the scope it was created in. The caller becomes its owner and closes it with {@link
     * Pointer#close()}.
     */
    public static <P extends Pointer> P keep(P pointer) {
        pointer.retainReference();
        return pointer;
    }

    /**
     * Lets a pointer that was created in this scope belong to the one that this was opened in.
     *
     * @throws IllegalStateException if there is none
     */
    public <P extends Pointer> P handOver(P pointer) {
        if (outer == null) {
            throw new IllegalStateException("there is no scope around this one");
        }
        outer.attach(pointer);
        return pointer;
    }

    @Override
    public void close() {
        scope.close();
    }
}
