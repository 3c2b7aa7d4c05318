package io.contrast4j.train;

import io.contrast4j.dist.Exchange;
import io.contrast4j.dist.Ranks;
import io.contrast4j.method.Method;
import io.contrast4j.objective.Loss;
import io.contrast4j.tensor.Scope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * What the batches of one step leave behind for its end, when everything else of them has been freed: losses, and the
 * keys that stores take in, without their graphs.
 */
final class Window implements AutoCloseable {
    private record Part(Loss loss, List<Tensor> keys, Tensor indices, int samples) {}

    private final List<Part> parts = new ArrayList<>();
    private final List<Tensor> kept = new ArrayList<>();

    /** Takes in a batch of n samples, those of all ranks together, after its backward pass. */
    void add(Method.Output output, int n) {
        Map<String, Tensor> losses = new LinkedHashMap<>();
        output.loss().parts().forEach((name, value) -> losses.put(name, keep(value.detach())));
        parts.add(new Part(
                new Loss(keep(output.loss().total().detach()), losses),
                output.keys().stream().map(key -> keep(key.detach())).toList(),
                // The loader uses the memory of the batch again.
                keep(output.indices().clone()),
                n));
    }

    private Tensor keep(Tensor tensor) {
        kept.add(Scope.keep(tensor));
        return tensor;
    }

    /**
     * The whole step as if it had been one batch: means of the losses, the keys and indices of all batches one after the
     * other. Neither scores nor features are left. New tensors belong to the caller's scope.
     */
    Method.Output output() {
        List<Tensor> keys = new ArrayList<>();
        for (int store = 0; store < parts.get(0).keys().size(); store++) {
            int number = store;
            keys.add(joined(parts.stream().map(part -> part.keys().get(number)).toList()));
        }
        return new Method.Output(
                loss(),
                List.of(),
                List.of(),
                keys,
                joined(parts.stream().map(Part::indices).toList()));
    }

    private Loss loss() {
        Map<String, Tensor> means = new LinkedHashMap<>();
        for (String name : parts.get(0).loss().parts().keySet()) {
            means.put(
                    name,
                    mean(parts.stream()
                            .map(part -> part.loss().parts().get(name))
                            .filter(Objects::nonNull)
                            .toList()));
        }
        return new Loss(mean(parts.stream().map(part -> part.loss().total()).toList()), means);
    }

    private static Tensor joined(List<Tensor> tensors) {
        return tensors.size() == 1 ? tensors.get(0) : torch.cat(vector(tensors), 0);
    }

    private static Tensor mean(List<Tensor> tensors) {
        return tensors.size() == 1
                ? tensors.get(0)
                : torch.stack(vector(tensors)).mean();
    }

    private static TensorVector vector(List<Tensor> tensors) {
        return new TensorVector(tensors.toArray(new Tensor[0]));
    }

    /** Makes the losses the means over all ranks. */
    void average(Ranks ranks) {
        Exchange.mean(
                ranks,
                parts.stream()
                        .flatMap(part -> EpochMeter.values(part.loss()).values().stream())
                        .toList());
    }

    /** Adds every batch to the means of the epoch. */
    void meter(EpochMeter meter) {
        parts.forEach(part -> meter.add(part.loss(), part.samples()));
    }

    @Override
    public void close() {
        kept.forEach(Tensor::close);
    }
}
