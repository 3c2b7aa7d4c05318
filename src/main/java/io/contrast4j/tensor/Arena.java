package io.contrast4j.tensor;

import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;

/**
 * Owns every native object created while one of its blocks runs, until it is closed. Modules are built in an arena:
 * built in a step's {@link Scope} they would die with the step.
 */
public final class Arena implements AutoCloseable {
    private final java.util.ArrayDeque<PointerScope> owned = new java.util.ArrayDeque<>();

    /** Runs the block; whatever native objects it creates live until {@link #close()}, also when it throws. */
    public <T> T own(Supplier<T> block) {
        PointerScope scope = new PointerScope();
        owned.push(scope);
        try {
            return block.get();
        } finally {
            // An extended scope keeps its pointers at the first close and only leaves the thread's stack.
            scope.extend().close();
        }
    }

    /**
     * Closes this arena when the innermost scope of the calling thread closes: for blocks that another thread has run, so that
     * what they created lives as long as if this thread had created it.
     */
    public void closeWithScope() {
        if (PointerScope.getInnerScope() == null) {
            throw new IllegalStateException("an arena that closes with a scope needs an open one");
        }
        new Ending(this);
    }

    /** Frees what the blocks created, the last block first. */
    @Override
    public void close() {
        while (!owned.isEmpty()) {
            owned.pop().close();
        }
    }

    /** A pointer to nothing: like any other it belongs to the innermost scope, and freeing it closes an arena. */
    private static final class Ending extends Pointer {
        Ending(Arena arena) {
            deallocator((Deallocator) arena::close);
        }
    }
}
