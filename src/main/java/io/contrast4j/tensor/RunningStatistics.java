package io.contrast4j.tensor;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The buffers of a network, means and variances of its batch norms, which every forward pass in training changes, and
 * copies to go back to. The copies are made once and overwritten with one call for all buffers of a type, so that saving
 * them in every step costs next to nothing.
 */
public final class RunningStatistics implements AutoCloseable {
    private static final Operator COPY = Operator.of("aten::_foreach_copy_");

    /** Buffers of one type, as LibTorch's kernels want them, and their copies. */
    private record Group(IValue buffers, IValue copies) {}

    private final Arena arena = new Arena();
    private final List<Group> groups = new ArrayList<>();

    /** @param module on its device already; its owner closes it after this */
    public RunningStatistics(Module module) {
        arena.own(() -> {
            Map<String, Tensor> buffers = StateDict.of(module);
            buffers.keySet().removeAll(StateDict.parameters(module).keySet());
            Map<ScalarType, List<Tensor>> types = new LinkedHashMap<>();
            buffers.values()
                    .forEach(
                            buffer -> types.computeIfAbsent(buffer.scalar_type().intern(), type -> new ArrayList<>())
                                    .add(buffer));
            types.values()
                    .forEach(some -> groups.add(new Group(
                            Operator.tensors(some),
                            Operator.tensors(some.stream().map(Tensor::clone).toList()))));
            return null;
        });
    }

    /** Remembers the buffers as they are. */
    public void save() {
        groups.forEach(group -> copy(group.copies(), group.buffers()));
    }

    /** Makes the buffers what they were at the last {@link #save}, or at first. No backward pass may come after it. */
    public void restore() {
        groups.forEach(group -> copy(group.buffers(), group.copies()));
    }

    private static void copy(IValue to, IValue from) {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            COPY.run(to, from, new IValue(false));
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
