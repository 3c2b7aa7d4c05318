package io.contrast4j.nn;

import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
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
    private final MultiExit encoder;
    private final List<UnaryOperator<Tensor>> exitClassifiers = new ArrayList<>();
    private final UnaryOperator<Tensor> classifier;
    private final List<LinearImpl> exitProjections = new ArrayList<>();
    private final List<LinearImpl> projections = new ArrayList<>();

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
            exitClassifiers.add(head.forward());
        }
        register_module("logit_fc", logitFc);
        ProjectionHead.Projection head = classifier.head(encoder.features(), classes, this);
        register_module("l_fc", head.module());
        this.classifier = head.forward();
        if (featureDim > 0) {
            Module featFc = new Module();
            for (int i = 0; i < encoder.exits().size(); i++) {
                exitProjections.add(
                        featFc.register_module(Integer.toString(i), new LinearImpl(encoder.features(), featureDim)));
            }
            register_module("feat_fc", featFc);
            LinearImpl fixed = register_module("f_fc", new LinearImpl(encoder.features(), featureDim));
            StateDict.parameters(fixed).values().forEach(parameter -> parameter.set_requires_grad(false));
            projections.add(fixed);
        }
    }

    /** The network below the classifiers. */
    public MultiExit encoder() {
        return encoder;
    }

    /** Those of the network below the classifiers. */
    @Override
    public Set<String> taps() {
        return encoder.taps();
    }

    @Override
    public Map<String, Tensor> forward(Tensor images, Set<String> taps) {
        return encoder.forward(images, taps);
    }

    @Override
    public Module module() {
        return this;
    }

    /** @param images N×C×H×W */
    public Outputs classify(Tensor images) {
        List<String> exits = encoder.exits().stream().map(MultiExit::exit).toList();
        Set<String> taps = new LinkedHashSet<>(exits);
        taps.add(MultiExit.POOLED);
        Map<String, Tensor> vectors = encoder.forward(images, taps);
        List<Tensor> exitLogits = new ArrayList<>();
        List<Tensor> exitFeatures = new ArrayList<>();
        for (int i = 0; i < exits.size(); i++) {
            Tensor vector = vectors.get(exits.get(i));
            exitLogits.add(exitClassifiers.get(i).apply(vector));
            if (!exitProjections.isEmpty()) {
                exitFeatures.add(Tensors.unitRows(exitProjections.get(i).forward(vector)));
            }
        }
        Tensor last = vectors.get(MultiExit.POOLED);
        List<Tensor> features = projections.stream()
                .map(projection -> Tensors.unitRows(projection.forward(last)))
                .toList();
        return new Outputs(exitLogits, classifier.apply(last), exitFeatures, features);
    }
}
