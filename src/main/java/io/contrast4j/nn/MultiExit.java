package io.contrast4j.nn;

import io.contrast4j.spec.Problems;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/**
 * A network with sub-networks that leave it on the way (Bae et al., "Self-Contrastive Learning: Single-viewed Supervised
 * Contrastive Framework using Sub-network", 2023): besides the final vector {@value #POOLED} it has one at each exit,
 * of the same length. Positions are those of the stages, counted from 1: exit 2 sits after the second stage, and its
 * vector is the tap {@code exit2}. {@link ContrastiveNetwork} and {@link OneStageNetwork} put heads on it.
 */
public interface MultiExit {
    /** Name of the tap of the final vector, N×D. */
    String POOLED = "pooled";

    /** What the names of the exits' taps begin with. */
    String EXIT = "exit";

    /** What follows the name of an exit in that of its embedding. */
    String EMBEDDING_SUFFIX = "-" + Backbone.EMBEDDING;

    /** The stages after which there is an exit, counted from 1, ascending. */
    List<Integer> exits();

    /** Length D of the vectors. */
    int features();

    /** The names of all layers that can be tapped, exits among them, from the input to {@value #POOLED}. */
    Set<String> taps();

    /** As {@link Backbone#forward}. An exit runs only if it is asked for. */
    Map<String, Tensor> forward(Tensor images, Set<String> taps);

    /** The module that owns the parameters. */
    Module module();

    /** Name of the tap of an exit's vector, N×D. */
    static String exit(int stage) {
        return EXIT + stage;
    }

    /** Name of the tap of an exit's unit-norm embedding. */
    static String exitEmbedding(int stage) {
        return exit(stage) + EMBEDDING_SUFFIX;
    }

    /**
     * The unit-norm embeddings of N×C×H×W images by a network with heads, each N×D: the exits' in depth order, then the final
     * one, which is the only one of a network without exits.
     */
    static List<Tensor> embeddings(Backbone network, Tensor images) {
        Set<String> heads = new LinkedHashSet<>(network.taps());
        heads.removeIf(tap -> !tap.equals(Backbone.EMBEDDING) && !tap.endsWith(EMBEDDING_SUFFIX));
        return List.copyOf(network.forward(images, heads).values());
    }

    /**
     * The taps of a network: its layers, each followed by its exit if it has one.
     *
     * @param before layers before the stages
     * @param stage what stages are named before their number
     * @param stages number of stages
     * @param exits stages with an exit
     */
    static Set<String> taps(List<String> before, String stage, int stages, List<Integer> exits) {
        Set<String> taps = new LinkedHashSet<>(before);
        for (int number = 1; number <= stages; number++) {
            taps.add(stage + number);
            if (exits.contains(number)) {
                taps.add(exit(number));
            }
        }
        taps.add(POOLED);
        return taps;
    }

    /** Which multi-exit network to build, with the heads of contrastive training. */
    sealed interface Config extends Backbone.Config
            permits SelfConResNet.Config, SelfConVgg.Config, SelfConWideResNet.Config, SelfConEfficientNet.Config {
        /** The head of the final vector, and of each exit one of its own: {@code linear} or {@code mlp}. */
        ProjectionHead head();

        /** The taps of the network without heads. */
        Set<String> encoderTaps();

        /** Builds the network without heads; the caller's arena owns it. */
        MultiExit encoder(int inChannels);

        @Override
        default Set<String> taps() {
            Set<String> taps = new LinkedHashSet<>(encoderTaps());
            encoderTaps().stream().filter(tap -> tap.startsWith(EXIT)).forEach(tap -> taps.add(tap + EMBEDDING_SUFFIX));
            taps.add(Backbone.EMBEDDING);
            return Collections.unmodifiableSet(taps);
        }

        @Override
        default ContrastiveNetwork build(int inChannels) {
            return new ContrastiveNetwork(encoder(inChannels), head(), featureDim());
        }

        /** What all families demand: exits in order after stages 1 to {@code last}, a head, a length. */
        static Problems check(List<Integer> exits, int last, ProjectionHead head, int featureDim) {
            boolean ascending = true;
            for (int i = 0; i < exits.size(); i++) {
                int least = i == 0 ? 1 : exits.get(i - 1) + 1;
                ascending &= exits.get(i) >= least && exits.get(i) <= last;
            }
            return new Problems()
                    .require(ascending, "exits", exits, "different numbers of stages from 1 to " + last + ", ascending")
                    .require(head != ProjectionHead.NONE, "head", "none", "linear or mlp")
                    .atLeast("featureDim", featureDim, 1);
        }
    }
}
