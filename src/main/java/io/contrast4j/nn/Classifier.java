package io.contrast4j.nn;

import io.contrast4j.tensor.NoGrad;
import java.util.Optional;
import org.bytedeco.pytorch.BatchNorm1dImpl;
import org.bytedeco.pytorch.BatchNormOptions;
import org.bytedeco.pytorch.GeneratorOptional;
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
        return probe(in, classes, Norm.NONE, Start.UNIFORM);
    }

    /**
     * The same with more choice; weights come from LibTorch's default generator, and the caller's arena owns it.
     *
     * @param norm what the vectors go through first
     * @param start what the linear layers start from
     */
    public Probe probe(int in, int classes, Norm norm, Start start) {
        return new Probe(this, in, classes, norm, start);
    }

    /** What vectors go through before the classifier. */
    public enum Norm {
        NONE,
        /** A batch norm, as with the option {@code --bn} of CMC's evaluation of MoCo and InsDis. */
        BATCH
    }

    /** What the linear layers of a classifier start from. */
    public enum Start {
        /** Weights from N(0, 0.01²), biases 0: CMC, MoCo and align-uniform's {@code main_lincls}. */
        NORMAL,
        /** Weights and biases uniform on ±1/√in: PyTorch's own, with SelfCon, ring and align-uniform's STL-10. */
        UNIFORM
    }

    /** The classifier of frozen vectors: {@code bn} if there is a norm; {@code fc}, or {@code fc1} and {@code fc2}. */
    public static final class Probe extends Module {
        private static final double DEVIATION = 0.01;

        private final Classifier kind;
        private final Optional<BatchNorm1dImpl> norm;
        private final LinearImpl first;
        private final LinearImpl last;

        private Probe(Classifier kind, int in, int classes, Norm norm, Start start) {
            this.kind = kind;
            this.norm = norm == Norm.NONE
                    ? Optional.empty()
                    : Optional.of(register_module("bn", new BatchNorm1dImpl(new BatchNormOptions(in))));
            first = register_module(kind.hidden ? "fc1" : "fc", new LinearImpl(in, kind.hidden ? in : classes));
            last = kind.hidden ? register_module("fc2", new LinearImpl(in, classes)) : first;
            if (start == Start.NORMAL) {
                normal(first);
                if (kind.hidden) {
                    normal(last);
                }
            }
        }

        private static void normal(LinearImpl layer) {
            try (NoGrad noGrad = NoGrad.open()) {
                layer.weight().normal_(0, DEVIATION, new GeneratorOptional());
                layer.bias().zero_();
            }
        }

        /** N×D → N×C. */
        public Tensor forward(Tensor vectors) {
            Tensor x = first.forward(norm.map(layer -> layer.forward(vectors)).orElse(vectors));
            return kind.hidden ? last.forward(kind.dropped(x.relu_(), this)) : x;
        }
    }
}
