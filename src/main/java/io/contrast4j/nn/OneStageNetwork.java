package io.contrast4j.nn;

import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/**
 * A multi-exit network with classifiers, as SelfCon trains it in one stage: {@code encoder}, {@code logit_fc.0}, … for
 * the exits, {@code l_fc} for the final vector, and, where features are contrasted too, {@code feat_fc.0}, … and {@code
 * f_fc} to unit-norm features. {@code f_fc} is a fixed random projection: it has no gradient, the encoder below has.
 */
public final class OneStageNetwork extends Module implements Backbone {
    private static final String LOGITS = "logits";
    private static final String FEATURES = "features";

    /** What comes of one vector. */
    private record Branch(String source, UnaryOperator<Tensor> head) {}

    private final MultiExit encoder;
    private final Map<String, Branch> branches = new LinkedHashMap<>();
    private final Set<String> taps;

    /**
     * What the network makes of N pictures; lists are in the order of the exits, features are empty where none are
     * contrasted.
     *
     * @param exitLogits N×C for each exit
     * @param logits N×C of the final vector
     * @param exitFeatures N×D of unit rows for each exit
     * @param features N×D of unit rows of the final vector, at most one
     */
    public record Outputs(List<Tensor> exitLogits, Tensor logits, List<Tensor> exitFeatures, List<Tensor> features) {}

    /**
     * @param classifier the kind of the classifiers
     * @param classes number C of classes
     * @param featureDim length D of the features that are contrasted, 128 in the published runs; 0 for none
     */
    public OneStageNetwork(MultiExit encoder, Classifier classifier, int classes, int featureDim) {
        this.encoder = encoder;
        register_module("encoder", encoder.module());
        Module logitFc = new Module();
        for (int i = 0; i < encoder.exits().size(); i++) {
            ProjectionHead.Projection head = classifier.head(encoder.features(), classes, this);
            logitFc.register_module(Integer.toString(i), head.module());
            String exit = MultiExit.exit(encoder.exits().get(i));
            branches.put(exit + "-" + LOGITS, new Branch(exit, head.forward()));
        }
        register_module("logit_fc", logitFc);
        ProjectionHead.Projection head = classifier.head(encoder.features(), classes, this);
        register_module("l_fc", head.module());
        branches.put(LOGITS, new Branch(MultiExit.POOLED, head.forward()));
        if (featureDim > 0) {
            Module featFc = new Module();
            for (int i = 0; i < encoder.exits().size(); i++) {
                LinearImpl projection =
                        featFc.register_module(Integer.toString(i), new LinearImpl(encoder.features(), featureDim));
                String exit = MultiExit.exit(encoder.exits().get(i));
                branches.put(exit + "-" + FEATURES, new Branch(exit, x -> Tensors.unitRows(projection.forward(x))));
            }
            register_module("feat_fc", featFc);
            LinearImpl fixed = register_module("f_fc", new LinearImpl(encoder.features(), featureDim));
            StateDict.parameters(fixed).values().forEach(parameter -> parameter.set_requires_grad(false));
            branches.put(FEATURES, new Branch(MultiExit.POOLED, x -> Tensors.unitRows(fixed.forward(x))));
        }
        Set<String> names = new LinkedHashSet<>(encoder.taps());
        names.addAll(branches.keySet());
        taps = Collections.unmodifiableSet(names);
    }

    /** The network below the classifiers. */
    public MultiExit encoder() {
        return encoder;
    }

    /**
     * Those of the network below the classifiers, {@code exit<i>-logits} for each exit and {@code logits}, N×C, and where
     * features are contrasted {@code exit<i>-features} and {@code features}, N×D.
     */
    @Override
    public Set<String> taps() {
        return taps;
    }

    @Override
    public Map<String, Tensor> forward(Tensor images, Set<String> taps) {
        Set<String> needed = new LinkedHashSet<>();
        for (String tap : taps) {
            needed.add(branches.containsKey(tap) ? branches.get(tap).source() : tap);
        }
        Map<String, Tensor> below = encoder.forward(images, needed);
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        for (String tap : this.taps) {
            if (taps.contains(tap)) {
                Branch branch = branches.get(tap);
                outputs.put(tap, branch == null ? below.get(tap) : branch.head().apply(below.get(branch.source())));
            }
        }
        return outputs;
    }

    @Override
    public Module module() {
        return this;
    }

    /** @param images N×C×H×W */
    public Outputs classify(Tensor images) {
        return classify(this, images);
    }

    /**
     * {@link #classify(Tensor)} by a network with the same taps.
     *
     * @param same this network, or it {@linkplain DataParallel over several devices}
     */
    public Outputs classify(Backbone same, Tensor images) {
        Map<String, Tensor> all = same.forward(images, branches.keySet());
        List<Tensor> exitLogits = new ArrayList<>();
        List<Tensor> exitFeatures = new ArrayList<>();
        for (int stage : encoder.exits()) {
            exitLogits.add(all.get(MultiExit.exit(stage) + "-" + LOGITS));
            if (all.containsKey(FEATURES)) {
                exitFeatures.add(all.get(MultiExit.exit(stage) + "-" + FEATURES));
            }
        }
        List<Tensor> features = all.containsKey(FEATURES) ? List.of(all.get(FEATURES)) : List.of();
        return new Outputs(exitLogits, all.get(LOGITS), exitFeatures, features);
    }
}
