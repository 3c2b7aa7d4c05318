package io.contrast4j.nn;

import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Node;
import org.bytedeco.pytorch.SymIntArrayRef;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * What a network consists of and what it costs: its layers with the shapes that come out of them, parameters and
 * multiply-adds.
 *
 * <p>Nothing is assumed about the network: zeros are really sent through it, and the graph that LibTorch records for the
 * backward pass is read. Each operation in it knows its output's shape and the parameters that went in, so what is counted
 * is what runs.
 *
 * @param stages the tapped layers in their order
 * @param buffers elements of tensors that are not trained, such as running statistics
 * @param activationBytes of one picture in a training step in float32: the outputs that are kept for the backward pass,
 *     which are those of convolutions, linear layers, norms and pooling, as activations and sums work in place
 */
public record Anatomy(List<Stage> stages, long buffers, long activationBytes) {
    /** Two: an operation that took one picture for no batch would be seen. */
    private static final int BATCH = 2;

    /**
     * What runs between a tapped layer and the one before it.
     *
     * @param tap the tapped layer
     * @param output its shape for one picture
     */
    public record Stage(String tap, List<Long> output, List<Layer> layers) {
        public Stage {
            output = List.copyOf(output);
            layers = List.copyOf(layers);
        }

        public long parameters() {
            return layers.stream().mapToLong(Layer::parameters).sum();
        }

        public long multiplyAdds() {
            return layers.stream().mapToLong(Layer::multiplyAdds).sum();
        }
    }

    /**
     * A module with parameters.
     *
     * @param output its shape for one picture
     * @param multiplyAdds for one picture; of convolutions and linear layers, as the published figures are: a norm is a
     *     scale and a shift, and has none
     */
    public record Layer(String name, List<Long> output, long parameters, long multiplyAdds) {
        public Layer {
            output = List.copyOf(output);
        }
    }

    public Anatomy {
        stages = List.copyOf(stages);
    }

    /** Builds the network for pictures of this shape, and lets it go again. */
    public static Anatomy of(Backbone.Config config, int channels, int height, int width) {
        try (Arena arena = new Arena()) {
            return of(arena.own(() -> config.build(channels)), channels, height, width);
        }
    }

    /** Runs a network, whose parameters must be float32 and on the CPU; it is in evaluation mode afterwards. */
    public static Anatomy of(Backbone network, int channels, int height, int width) {
        try (Scope scope = Scope.open()) {
            network.module().eval();
            Dissection dissection = new Dissection(StateDict.parameters(network.module()));
            // All at once: the layers of one forward pass share a graph.
            Map<String, Tensor> outputs =
                    network.forward(torch.torch_zeros(BATCH, channels, height, width), network.taps());
            List<Stage> stages = new ArrayList<>();
            outputs.forEach((tap, output) ->
                    stages.add(new Stage(tap, perPicture(Tensors.shape(output)), dissection.upTo(output))));
            long all = StateDict.of(network.module()).values().stream()
                    .mapToLong(Tensor::numel)
                    .sum();
            long trained = dissection.parameters.values().stream()
                    .mapToLong(Tensor::numel)
                    .sum();
            return new Anatomy(
                    stages, all - trained, dissection.bytes / BATCH + (long) Float.BYTES * channels * height * width);
        }
    }

    public long parameters() {
        return stages.stream().mapToLong(Stage::parameters).sum();
    }

    public long multiplyAdds() {
        return stages.stream().mapToLong(Stage::multiplyAdds).sum();
    }

    private static List<Long> perPicture(long[] shape) {
        return Arrays.stream(shape).skip(1).boxed().toList();
    }

    /** Walks the graph backwards from one tapped output after the other, and sees each operation once. */
    private static final class Dissection {
        private final Map<String, Tensor> parameters;
        /** The graph's leaf of each parameter, by address. The leaf lives as long as the handle is held here. */
        private final Map<Long, Map.Entry<String, Node>> leaves = new HashMap<>();

        private final Set<Long> seen = new HashSet<>();
        private long bytes;

        Dissection(Map<String, Tensor> parameters) {
            this.parameters = parameters;
            parameters.forEach((name, parameter) -> {
                Node leaf = parameter.view_as(parameter).grad_fn().next_edge(0).function();
                leaves.put(leaf.address(), Map.entry(name, leaf));
            });
        }

        /** The modules whose operations lie between what was seen before and this output, in the order they ran. */
        List<Layer> upTo(Tensor output) {
            List<Node> found = new ArrayList<>();
            Deque<Node> waiting = new ArrayDeque<>();
            enter(output.grad_fn(), waiting);
            while (!waiting.isEmpty()) {
                Node node = waiting.pop();
                found.add(node);
                for (int i = 0; i < node.num_outputs(); i++) {
                    enter(node.next_edge(i).function(), waiting);
                }
            }
            // Operations are numbered as they run.
            found.sort((a, b) -> Long.compare(a.sequence_nr(), b.sequence_nr()));
            Map<String, Layer> layers = new LinkedHashMap<>();
            found.forEach(node -> count(node, layers));
            return List.copyOf(layers.values());
        }

        private void enter(Node node, Deque<Node> waiting) {
            if (node != null && !node.isNull() && !leaves.containsKey(node.address()) && seen.add(node.address())) {
                waiting.push(node);
            }
        }

        private void count(Node node, Map<String, Layer> layers) {
            String operation = node.name().getString();
            List<String> own = new ArrayList<>();
            if (node.num_outputs() > 1) {
                for (int i = 0; i < node.num_outputs(); i++) {
                    parameter(node.next_edge(i).function()).ifPresent(own::add);
                }
            }
            if (own.isEmpty() && !operation.contains("Pool")) {
                return;
            }
            long[] shape = outputShape(node);
            long elements = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
            // Max-pooling keeps the place of each maximum, too.
            bytes += elements * (operation.contains("MaxPool") ? Float.BYTES + Long.BYTES : Float.BYTES);
            if (own.isEmpty()) {
                return;
            }
            String module = own.get(0).substring(0, Math.max(0, own.get(0).lastIndexOf('.')));
            long size =
                    own.stream().mapToLong(name -> parameters.get(name).numel()).sum();
            Layer before = layers.get(module);
            long multiplyAdds = multiplyAdds(own, elements) + (before == null ? 0 : before.multiplyAdds());
            layers.put(module, new Layer(module, perPicture(shape), size, multiplyAdds));
        }

        /** Each element of the output is one row of the weight times as many inputs. A norm's weight has no rows. */
        private long multiplyAdds(List<String> own, long elements) {
            return own.stream()
                    .map(parameters::get)
                    .filter(parameter -> parameter.dim() >= 2)
                    .mapToLong(weight -> elements / BATCH * (weight.numel() / weight.size(0)))
                    .sum();
        }

        /** The parameter that an operation gets here, directly or transposed. */
        private Optional<String> parameter(Node node) {
            Node at = node;
            while (at != null && !at.isNull()) {
                Map.Entry<String, Node> leaf = leaves.get(at.address());
                if (leaf != null) {
                    return Optional.of(leaf.getKey());
                }
                if (at.num_outputs() != 1) {
                    return Optional.empty();
                }
                at = at.next_edge(0).function();
            }
            return Optional.empty();
        }

        private static long[] outputShape(Node node) {
            SymIntArrayRef shape = node.input_metadata(0).shape_as_dim_vector();
            long[] lengths = new long[(int) shape.size()];
            for (int axis = 0; axis < lengths.length; axis++) {
                lengths[axis] = shape.at(axis).expect_int();
            }
            return lengths;
        }
    }
}
