package io.contrast4j.data;

import io.contrast4j.tensor.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * The memory of the batches of an epoch, used again: new memory costs a page fault for every 4 kB of it, which threads
 * wait for in turn.
 *
 * <p>What is handed out shares the memory of a tensor that is held here. It may be used again as soon as LibTorch counts
 * no other owner of that memory, whoever that was: the batch, a tensor that was cut out of it, or a gradient that will be
 * computed from it.
 */
final class TensorPool implements AutoCloseable {
    private final BatchMemory memory;
    private final int most;
    private final List<Held> held = new ArrayList<>();

    /** @param most tensors to hold; of more, the oldest are left to who uses them */
    TensorPool(BatchMemory memory, int most) {
        this.memory = memory;
        this.most = most;
    }

    private record Held(Tensor tensor, long[] shape) {
        boolean isFree() {
            try (Scope scope = Scope.open()) {
                return tensor.storage().use_count() == 1;
            }
        }
    }

    /** A tensor N×C×H×W, float32, with any content; the caller closes it. */
    synchronized Tensor take(long... shape) {
        if (memory.pinned()) {
            // LibTorch keeps pinned memory itself, and knows which of it a GPU has still to copy from.
            return memory.allocate(shape);
        }
        for (Held candidate : held) {
            if (Arrays.equals(candidate.shape, shape) && candidate.isFree()) {
                return sharing(candidate.tensor);
            }
        }
        if (held.size() == most) {
            held.remove(0).tensor.close();
        }
        Held added = new Held(memory.allocate(shape), shape);
        held.add(added);
        return sharing(added.tensor);
    }

    /** A tensor of its own, so that nothing that is said of it, such as that it needs a gradient, is held here. */
    private static Tensor sharing(Tensor tensor) {
        try (Scope scope = Scope.open()) {
            return Scope.keep(tensor.detach());
        }
    }

    /** Leaves all memory to who still uses it. */
    @Override
    public synchronized void close() {
        held.forEach(each -> each.tensor.close());
        held.clear();
    }
}
