package io.contrast4j.eval;

import io.contrast4j.nn.Backbone;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/**
 * Hands pictures through: what an encoder has to be better than.
 *
 * @param tap its only layer, the picture itself
 */
public record Pixels(String tap) implements Backbone {
    @Override
    public Set<String> taps() {
        return Set.of(tap);
    }

    @Override
    public Map<String, Tensor> forward(Tensor images, Set<String> taps) {
        return Map.of(tap, images);
    }

    @Override
    public Module module() {
        return new Module();
    }
}
