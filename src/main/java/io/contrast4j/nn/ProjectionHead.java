package io.contrast4j.nn;

import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** What maps pooled features (N×C) to the space of the objective (N×D). Weights start uniform on ±1/√C. */
public enum ProjectionHead {
    /** Nothing: the pooled features themselves. */
    NONE,
    /** One linear layer, C → D. */
    LINEAR,
    /** Linear C → C, ReLU, linear C → D: the head of SimCLR, MoCo v2 and SelfCon. Its parts are named "0" and "2". */
    MLP;

    /** A module to register, and how it runs. */
    record Projection(Module module, UnaryOperator<Tensor> forward) {}

    /** @throws IllegalStateException for {@link #NONE}, which is no module */
    Projection build(int in, int out) {
        return switch (this) {
            case NONE -> throw new IllegalStateException("no head to build");
            case LINEAR -> {
                LinearImpl linear = new LinearImpl(in, out);
                yield new Projection(linear, linear::forward);
            }
            case MLP -> {
                Sequence layers = new Sequence()
                        .add(new LinearImpl(in, in))
                        .add(Tensor::relu_)
                        .add(new LinearImpl(in, out));
                yield new Projection(layers, layers::forward);
            }
        };
    }
}
