package io.contrast4j.nn;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** A network from images to features, with named layers in between. */
public interface Backbone {
    /** Name of the last tap of every backbone: the unit-norm N×D embedding. */
    String EMBEDDING = "embedding";

    /** The names of all layers that can be tapped, from the input to {@link #EMBEDDING}. */
    Set<String> taps();

    /**
     * Runs the network as far as the last layer asked for.
     *
     * @param images N×C×H×W
     * @param taps layers whose output is wanted, out of {@link #taps()}
     * @return the outputs by name
     * @throws IllegalArgumentException if a tap is unknown
     */
    Map<String, Tensor> forward(Tensor images, Set<String> taps);

    /** The N×D embedding of N×C×H×W images, rows of Euclidean length 1. */
    default Tensor embed(Tensor images) {
        return forward(images, Set.of(EMBEDDING)).get(EMBEDDING);
    }

    /** The module that owns the parameters. */
    Module module();

    /** The last layer below the head, out of the taps of a network; the embedding where there is none. */
    static String lastBelowHead(Set<String> taps) {
        return List.of(MultiExit.POOLED, "fc7", "block6").stream()
                .filter(taps::contains)
                .findFirst()
                .orElse(EMBEDDING);
    }

    /** Which backbone to build; picked by the key {@code type}. */
    sealed interface Config
            permits ResNet.Config,
                    AlexNet.Config,
                    TorchvisionResNet.Config,
                    RingResNet.Config,
                    SmallAlexNet.Config,
                    MultiExit.Config {
        /** Length D of the embedding. */
        int featureDim();

        /** The taps that the backbone will have. */
        Set<String> taps();

        /** What sides H×W pictures must have instead, as the end of "must be …"; empty if the network takes these. */
        default Optional<String> sizeProblem(int height, int width) {
            return Optional.empty();
        }

        /** Builds the network with freshly drawn weights; the caller's arena owns it. */
        Backbone build(int inChannels);
    }
}
