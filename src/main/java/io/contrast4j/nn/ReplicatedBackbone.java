package io.contrast4j.nn;

import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import io.contrast4j.tensor.ThreadModes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A network over several devices. Each pass scatters the batch by rows, {@code torch.chunk}, gives each replica copies of the
 * network's parameters, runs the replicas on threads of their own, and gathers the rows of their outputs in their order on the
 * first device. All copies are recorded, so the backward pass adds the gradients of the replicas up in the network's own
 * parameters:
 *
 * <p>dL/dθ = Σ<sub>r</sub> dL/dθ<sub>r</sub>, in the order of the replicas, whichever is ready first.
 *
 * <p>Batch norms see the statistics of their replica's part. The running statistics follow the first replica: it has the
 * network's own buffers, the others have copies that are thrown away.
 */
final class ReplicatedBackbone implements Backbone {
    private final Backbone network;
    private final List<Replica> replicas;
    private final DataParallel parallel;
    private final Map<String, Tensor> parameters;
    private final Map<String, Tensor> buffers;

    /**
     * @param network on the first device
     * @param replicas of the network's architecture, one for each device
     */
    ReplicatedBackbone(Backbone network, List<Replica> replicas, DataParallel parallel) {
        this.network = network;
        this.replicas = List.copyOf(replicas);
        this.parallel = parallel;
        this.parameters = StateDict.parameters(network.module());
        this.buffers = StateDict.of(network.module());
        buffers.keySet().removeAll(parameters.keySet());
    }

    @Override
    public Set<String> taps() {
        return network.taps();
    }

    @Override
    public Map<String, Tensor> forward(Tensor images, Set<String> taps) {
        Device first = parallel.devices().get(0);
        TensorVector parts = images.chunk(replicas.size(), 0);
        int count = (int) parts.size();
        List<Tensor> inputs = new ArrayList<>();
        for (int replica = 0; replica < count; replica++) {
            inputs.add(Tensors.to(parts.get(replica), parallel.devices().get(replica)));
        }
        ThreadModes modes = ThreadModes.of(first);
        boolean training = network.module().is_training();
        // Layers draw in training only: an evaluation leaves the generator as it is.
        List<Generator> generators = training ? generators(count) : List.of();
        try {
            give(count, training);
            List<Map<String, Tensor>> outputs = parallel.run(count, replica -> {
                Supplier<Map<String, Tensor>> pass = () -> replicas.get(replica).forward(inputs.get(replica), taps);
                return modes.run(first, training ? () -> LayerDraws.from(generators.get(replica), pass) : pass);
            });
            return gathered(outputs, first);
        } finally {
            replicas.forEach(Replica::takeBack);
        }
    }

    private void give(int count, boolean training) {
        for (int replica = 0; replica < count; replica++) {
            replicas.get(replica).train(training);
        }
        parameters.forEach((name, parameter) -> {
            // One operation hands out all copies, so that its gradient is one sum: of what the replicas send back in
            // their
            // order. A parameter that none of them uses has none, as in one network.
            long[] shape = new long[(int) parameter.dim() + 1];
            System.arraycopy(Tensors.shape(parameter), 0, shape, 1, shape.length - 1);
            shape[0] = count;
            TensorVector copies = parameter.expand(shape).unbind(0);
            for (int replica = 0; replica < count; replica++) {
                Device device = parallel.devices().get(replica);
                replicas.get(replica).give(name, Tensors.to(copies.get(replica), device));
            }
        });
        try (NoGrad noGrad = NoGrad.open()) {
            buffers.forEach((name, buffer) -> {
                replicas.get(0).give(name, buffer);
                for (int replica = 1; replica < count; replica++) {
                    TensorOptions there = new TensorOptions(parallel.devices().get(replica));
                    replicas.get(replica).give(name, buffer.to(there, false, true, null));
                }
            });
        }
    }

    /** One for each replica, from numbers that this thread draws. */
    private List<Generator> generators(int count) {
        long[] seeds = Tensors.longs(Tensors.empty(ScalarType.Long, count).random_(new GeneratorOptional()));
        List<Generator> generators = new ArrayList<>();
        for (int replica = 0; replica < count; replica++) {
            Generator generator = torch.globalContext()
                    .defaultGenerator(parallel.devices().get(replica))
                    .clone();
            generator.set_current_seed(seeds[replica]);
            generators.add(generator);
        }
        return generators;
    }

    private static Map<String, Tensor> gathered(List<Map<String, Tensor>> outputs, Device first) {
        Map<String, Tensor> all = new LinkedHashMap<>();
        for (String tap : outputs.get(0).keySet()) {
            Tensor[] rows = outputs.stream()
                    .map(output -> Tensors.to(output.get(tap), first))
                    .toArray(Tensor[]::new);
            all.put(tap, torch.cat(new TensorVector(rows), 0));
        }
        return all;
    }

    /** That of the network: replicas are trained with it, and nothing of them is saved. */
    @Override
    public Module module() {
        return network.module();
    }
}
