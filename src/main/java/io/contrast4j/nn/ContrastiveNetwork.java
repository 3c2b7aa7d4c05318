package io.contrast4j.nn;

import io.contrast4j.tensor.Tensors;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/**
 * A multi-exit network with the heads of contrastive training, as SelfCon pretrains it: {@code encoder}, {@code head}
 * for the final vector, and for each exit a head of its own, {@code sub_heads.0}, {@code .1}, … in their order.
 *
 * <p>Taps: those of the encoder, {@code exit<i>-embedding} for each exit and {@code embedding}, N×D of unit rows. The
 * published code leaves the exits' heads out of its parameters where heads are linear, so that they are never trained;
 * here they are parameters always.
 */
public final class ContrastiveNetwork extends Module implements Backbone {
    private record Branch(String source, UnaryOperator<Tensor> head) {}

    private final MultiExit encoder;
    private final Map<String, Branch> branches = new LinkedHashMap<>();
    private final Set<String> taps;

    /** @param featureDim length D of the embeddings */
    public ContrastiveNetwork(MultiExit encoder, ProjectionHead head, int featureDim) {
        this.encoder = encoder;
        register_module("encoder", encoder.module());
        ProjectionHead.Projection last = head.build(encoder.features(), featureDim);
        register_module("head", last.module());
        Module subHeads = new Module();
        for (int i = 0; i < encoder.exits().size(); i++) {
            ProjectionHead.Projection projection = head.build(encoder.features(), featureDim);
            subHeads.register_module(Integer.toString(i), projection.module());
            int stage = encoder.exits().get(i);
            branches.put(MultiExit.exitEmbedding(stage), new Branch(MultiExit.exit(stage), projection.forward()));
        }
        register_module("sub_heads", subHeads);
        branches.put(EMBEDDING, new Branch(MultiExit.POOLED, last.forward()));
        Set<String> names = new LinkedHashSet<>(encoder.taps());
        names.addAll(branches.keySet());
        taps = Collections.unmodifiableSet(names);
    }

    /** The network below the heads. */
    public MultiExit encoder() {
        return encoder;
    }

    /** The unit-norm embeddings of N×C×H×W images, each N×D: the exits' in depth order, then the final one. */
    public List<Tensor> embedExits(Tensor images) {
        return MultiExit.embeddings(this, images);
    }

    @Override
    public Set<String> taps() {
        return taps;
    }

    @Override
    public Map<String, Tensor> forward(Tensor images, Set<String> taps) {
        if (!this.taps.containsAll(taps)) {
            throw new IllegalArgumentException("the network has the layers " + this.taps + ", not all of " + taps);
        }
        Set<String> needed = new LinkedHashSet<>();
        for (String tap : taps) {
            needed.add(branches.containsKey(tap) ? branches.get(tap).source() : tap);
        }
        Map<String, Tensor> below = encoder.forward(images, needed);
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        for (String tap : this.taps) {
            if (taps.contains(tap)) {
                Branch branch = branches.get(tap);
                outputs.put(
                        tap,
                        branch == null
                                ? below.get(tap)
                                : Tensors.unitRows(branch.head().apply(below.get(branch.source()))));
            }
        }
        return outputs;
    }

    @Override
    public Module module() {
        return this;
    }
}
