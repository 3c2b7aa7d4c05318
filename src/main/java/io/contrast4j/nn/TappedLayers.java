package io.contrast4j.nn;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/** Named layers, each fed with the output of the one before, that run as far as the last output asked for. */
final class TappedLayers {
    private final Map<String, UnaryOperator<Tensor>> layers = new LinkedHashMap<>();

    void add(String name, UnaryOperator<Tensor> layer) {
        layers.put(name, layer);
    }

    /**
     * @param taps the layers whose output is wanted
     * @return the outputs by name, in the order of the layers
     * @throws IllegalArgumentException if a tap is unknown
     */
    Map<String, Tensor> forward(Tensor images, Set<String> taps) {
        if (!layers.keySet().containsAll(taps)) {
            throw new IllegalArgumentException(
                    "the network has the layers " + layers.keySet() + ", not all of " + taps);
        }
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        Tensor x = images;
        for (Map.Entry<String, UnaryOperator<Tensor>> layer : layers.entrySet()) {
            if (outputs.size() == taps.size()) {
                break;
            }
            x = layer.getValue().apply(x);
            if (taps.contains(layer.getKey())) {
                outputs.put(layer.getKey(), x);
            }
        }
        return outputs;
    }
}
