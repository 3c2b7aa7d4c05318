package io.contrast4j.nn;

import java.util.List;
import org.bytedeco.pytorch.Module;

/**
 * What a method trains, and what is evaluated of it.
 *
 * @param module owner of all parameters that the optimizer moves
 * @param backbones for each view of a picture the network that sees it
 */
public record Networks(Module module, List<Backbone> backbones) {
    public Networks {
        backbones = List.copyOf(backbones);
    }
}
