package io.contrast4j.nn;

import io.contrast4j.tensor.StateDict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Encodes a batch in parts, one after the other, each normalised with batch statistics of its own, as if every part was on
 * a device of its own. The running statistics follow the first part only, as they do with PyTorch's DataParallel and
 * DistributedDataParallel.
 */
public record Shards(int count) {
    /** @param count parts, at least 1; batches must be multiples of it */
    public Shards {
        if (count < 1) {
            throw new IllegalArgumentException("a batch has at least one part, not " + count);
        }
    }

    /** Whether the rows of a batch have batch statistics of several parts: here, or because the network has replicas. */
    public boolean isSplit(Backbone network) {
        return count > 1 || network instanceof ReplicatedBackbone;
    }

    /** The N×D embeddings of N×C×H×W images, in their order. */
    public Tensor embed(Backbone network, Tensor images) {
        if (count == 1) {
            return network.embed(images);
        }
        long size = images.size(0) / count;
        if (size * count != images.size(0)) {
            throw new IllegalArgumentException(images.size(0) + " pictures do not make " + count + " equal parts");
        }
        List<Tensor> parts = new ArrayList<>();
        parts.add(network.embed(images.narrow(0, 0, size)));
        Map<String, Tensor> buffers = StateDict.of(network.module());
        buffers.keySet().removeAll(StateDict.parameters(network.module()).keySet());
        Map<String, Tensor> first = new LinkedHashMap<>();
        buffers.forEach((name, buffer) -> first.put(name, buffer.clone()));
        for (int part = 1; part < count; part++) {
            parts.add(network.embed(images.narrow(0, part * size, size)));
        }
        // Past autograd, which would refuse the backward pass: batch norm keeps the running statistics it has seen,
        // though in
        // training it does not use them.
        buffers.forEach((name, buffer) -> buffer.variable_data().copy_(first.get(name)));
        return torch.cat(new TensorVector(parts.toArray(new Tensor[0])), 0);
    }
}
