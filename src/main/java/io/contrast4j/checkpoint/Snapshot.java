package io.contrast4j.checkpoint;

import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A tree as it is at this moment: every tensor is copied to the memory of the CPU, so that training may go on while the
 * copy is written. Two names of the same memory stay two names of one copy. The copies are freed by {@link #close()},
 * which any thread may call.
 */
public final class Snapshot implements AutoCloseable {
    private final Map<Memory, Tensor> shared = new HashMap<>();
    private final List<Tensor> copies = new ArrayList<>();
    private final Map<?, ? extends @Nullable Object> content;

    /** Tensors without gaps that agree in all of this are the same. */
    private record Memory(long address, String type, List<Long> shape) {}

    private Snapshot(Map<?, ? extends @Nullable Object> live) {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            this.content = map(live);
        }
    }

    /** Copies a tree of maps, lists, tuples, tensors and plain values. From a GPU this waits for its work. */
    public static Snapshot of(Map<?, ? extends @Nullable Object> live) {
        return new Snapshot(live);
    }

    /** The copied tree; its tensors are valid until this is closed. */
    public Map<?, ? extends @Nullable Object> content() {
        return content;
    }

    private @Nullable Object copy(@Nullable Object value) {
        if (value instanceof Tensor tensor) {
            boolean mayBeShared = tensor.numel() > 0 && tensor.is_contiguous();
            return mayBeShared ? shared.computeIfAbsent(memory(tensor), memory -> own(tensor)) : own(tensor);
        } else if (value instanceof Map<?, ?> map) {
            return map(map);
        } else if (value instanceof List<?> list) {
            return list(list);
        } else if (value instanceof Tuple tuple) {
            return new Tuple(list(tuple.items()));
        }
        return value;
    }

    private Map<?, ? extends @Nullable Object> map(Map<?, ? extends @Nullable Object> map) {
        if (map instanceof OrderedDict ordered) {
            OrderedDict copied = new OrderedDict();
            ordered.forEach((key, value) -> copied.put(key, copy(value)));
            copied.attributes().putAll(ordered.attributes());
            return copied;
        }
        Map<Object, @Nullable Object> copied = new LinkedHashMap<>();
        map.forEach((key, value) -> copied.put(key, copy(value)));
        return copied;
    }

    private List<@Nullable Object> list(List<? extends @Nullable Object> list) {
        List<@Nullable Object> copied = new ArrayList<>();
        list.forEach(item -> copied.add(copy(item)));
        return copied;
    }

    private Tensor own(Tensor tensor) {
        Tensor copy = copy(tensor);
        copies.add(copy);
        return copy;
    }

    /** Row-major, as it is written: the thread that writes has then nothing to compute. */
    private static Tensor copy(Tensor tensor) {
        try (Scope scope = Scope.open()) {
            Tensor live = tensor.detach();
            return Scope.keep(
                    live.is_cpu()
                            ? live.clone(new MemoryFormatOptional(torch.MemoryFormat.Contiguous))
                            : live.cpu().contiguous());
        }
    }

    private static Memory memory(Tensor tensor) {
        List<Long> shape = Arrays.stream(Tensors.shape(tensor)).boxed().toList();
        String type =
                tensor.scalar_type().intern() + " on " + tensor.device().str().getString();
        return new Memory(tensor.data_ptr().address(), type, shape);
    }

    @Override
    public void close() {
        copies.forEach(Tensor::close);
        copies.clear();
        shared.clear();
    }
}
