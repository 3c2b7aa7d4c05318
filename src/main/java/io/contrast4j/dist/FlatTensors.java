package io.contrast4j.dist;

import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Many tensors sent as few: a message costs about as much as the time to send a hundred kilobytes. */
final class FlatTensors {
    private FlatTensors() {}

    /**
     * Lets an operation change tensors in place, all those of one type and device at once, in the order of their first.
     *
     * @param operation changes a tensor with one axis, and keeps nothing of it
     */
    static void change(List<Tensor> tensors, Consumer<Tensor> operation) {
        Map<String, List<Tensor>> alike = new LinkedHashMap<>();
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            for (Tensor tensor : tensors) {
                ScalarType type = tensor.scalar_type().intern();
                String kind = type + " on " + tensor.device().str().getString();
                alike.computeIfAbsent(kind, key -> new ArrayList<>()).add(tensor.detach());
            }
            alike.values().forEach(group -> changeAlike(group, operation));
        }
    }

    private static void changeAlike(List<Tensor> group, Consumer<Tensor> operation) {
        if (group.size() == 1 && group.get(0).is_contiguous()) {
            operation.accept(group.get(0).view(-1));
            return;
        }
        Tensor flat = torch.cat(
                new TensorVector(
                        group.stream().map(tensor -> tensor.reshape(-1)).toArray(Tensor[]::new)),
                0);
        operation.accept(flat);
        long from = 0;
        for (Tensor tensor : group) {
            long size = tensor.numel();
            tensor.copy_(flat.narrow(0, from, size).view_as(tensor));
            from += size;
        }
    }
}
