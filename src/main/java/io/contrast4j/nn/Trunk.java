package io.contrast4j.nn;

import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;

/** Named layers in a row, with branches that leave it on the way. Any of their outputs can be asked for in one pass. */
final class Trunk {
    private record Layer(String name, UnaryOperator<Tensor> run, boolean branch) {}

    private final List<Layer> layers = new ArrayList<>();

    /** The first layer, {@code input}: N×C×H×W images as they are, which must have so many channels. */
    Trunk input(int channels) {
        return input(channels, images -> {});
    }

    /** {@link #input(int)} with a further check. */
    Trunk input(int channels, Consumer<Tensor> check) {
        return then("input", images -> {
            if (images.dim() != 4 || images.size(1) != channels) {
                throw new IllegalArgumentException("the network takes N×" + channels + "×H×W pictures, not "
                        + Arrays.stream(Tensors.shape(images))
                                .mapToObj(Long::toString)
                                .collect(Collectors.joining("×")));
            }
            check.accept(images);
            return images;
        });
    }

    /** Appends a layer that takes the output of the one before. */
    Trunk then(String name, UnaryOperator<Tensor> layer) {
        layers.add(new Layer(name, layer, false));
        return this;
    }

    /** Lets a branch off the output of the last layer; it runs only if it is asked for, and nothing follows it. */
    Trunk branch(String name, UnaryOperator<Tensor> layer) {
        layers.add(new Layer(name, layer, true));
        return this;
    }

    /** The names in order. */
    Set<String> names() {
        Set<String> names = new LinkedHashSet<>();
        layers.forEach(layer -> names.add(layer.name()));
        return Collections.unmodifiableSet(names);
    }

    /**
     * Runs the row as far as the last output asked for.
     *
     * @throws IllegalArgumentException if a name is unknown
     */
    Map<String, Tensor> forward(Tensor images, Set<String> taps) {
        if (!names().containsAll(taps)) {
            throw new IllegalArgumentException("the network has the layers " + names() + ", not all of " + taps);
        }
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        Tensor x = images;
        for (Layer layer : layers) {
            if (outputs.size() == taps.size()) {
                break;
            }
            boolean asked = taps.contains(layer.name());
            if (layer.branch() && !asked) {
                continue;
            }
            Tensor y = layer.run().apply(x);
            if (!layer.branch()) {
                x = y;
            }
            if (asked) {
                outputs.put(layer.name(), y);
            }
        }
        return outputs;
    }
}
