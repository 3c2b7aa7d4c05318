package io.contrast4j.golden;

import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A module's tensors as the lists of published keys write them. */
final class GoldenKeys {
    private GoldenKeys() {}

    /** Name, shape, type and kind of each tensor, in order. */
    record Key(String name, List<Long> shape, boolean integer, boolean parameter) {}

    static List<Key> of(Module module) {
        Map<String, Tensor> parameters = StateDict.parameters(module);
        return StateDict.of(module).entrySet().stream()
                .map(entry -> new Key(
                        entry.getKey(),
                        shape(Tensors.shape(entry.getValue())),
                        entry.getValue().scalar_type().intern() == ScalarType.Long,
                        parameters.containsKey(entry.getKey())))
                .toList();
    }

    static List<Long> shape(long... shape) {
        return Arrays.stream(shape).boxed().toList();
    }
}
