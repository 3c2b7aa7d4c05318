package io.contrast4j.nn;

import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/**
 * The classifiers that SelfCon puts on vectors of length D for C classes. Weights start uniform on ±1/√in.
 *
 * @param hidden whether there is a hidden layer, which VGG's classifiers have: linear D → D, ReLU, dropout, linear D → C
 * @param dropout probability of the dropout, 0.5 in the published networks
 */
public record Classifier(boolean hidden, double dropout) {
    /** One linear layer. */
    public static final Classifier LINEAR = new Classifier(false, 0);

    /** VGG's. */
    public static final Classifier VGG = new Classifier(true, 0.5);

    /** As part of a network in one stage; a hidden layer has the parts "0" and "3". */
    ProjectionHead.Projection head(int in, int classes, Module training) {
        if (!hidden) {
            return ProjectionHead.LINEAR.build(in, classes);
        }
        Sequence layers = new Sequence()
                .add(new LinearImpl(in, in))
                .add(Tensor::relu_)
                .add(x -> dropped(x, training))
                .add(new LinearImpl(in, classes));
        return new ProjectionHead.Projection(layers, layers::forward);
    }

    private Tensor dropped(Tensor x, Module training) {
        return Layers.dropout(x, dropout, training.is_training());
    }

    /** As the network of its own that the evaluation of frozen vectors trains. */
    public Probe probe(int in, int classes) {
        return new Probe(this, in, classes);
    }

    /** The classifier of frozen vectors: {@code fc}, or {@code fc1} and {@code fc2} with a hidden layer. */
    public static final class Probe extends Module {
        private final Classifier kind;
        private final LinearImpl first;
        private final LinearImpl last;

        private Probe(Classifier kind, int in, int classes) {
            this.kind = kind;
            first = register_module(kind.hidden ? "fc1" : "fc", new LinearImpl(in, kind.hidden ? in : classes));
            last = kind.hidden ? register_module("fc2", new LinearImpl(in, classes)) : first;
        }

        /** N×D → N×C. */
        public Tensor forward(Tensor vectors) {
            Tensor x = first.forward(vectors);
            return kind.hidden ? last.forward(kind.dropped(x.relu_(), this)) : x;
        }
    }
}
