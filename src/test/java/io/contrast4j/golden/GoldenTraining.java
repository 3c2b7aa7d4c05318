package io.contrast4j.golden;

import static io.contrast4j.golden.Precision.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.MomentumEncoder;
import io.contrast4j.optim.Sgd;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** What the golden files of several steps of training have in common. */
final class GoldenTraining {
    private GoldenTraining() {}

    /** A key encoder: parameters of the encoder it follows, running statistics filled under names of its own. */
    static MomentumEncoder follower(
            double m, Backbone online, Supplier<Backbone> factory, String prefix, Precision precision) {
        MomentumEncoder momentum =
                new MomentumEncoder(new MomentumEncoder.Config(m, MomentumEncoder.Buffers.OWN), online, () -> {
                    Backbone twin = factory.get();
                    twin.module().to(Goldens.device(), precision.type, false);
                    return twin;
                });
        try (NoGrad noGrad = NoGrad.open()) {
            buffers(momentum.network().module())
                    .forEach((name, buffer) ->
                            buffer.copy_(Fill.he(prefix).tensor(name, precision.type, Tensors.shape(buffer))));
        }
        return momentum;
    }

    static Sgd optimizer(double rate, double momentum, double weightDecay, Module module) {
        return new Sgd(
                new Sgd.Config(rate, momentum, weightDecay, false),
                StateDict.parameters(module).values());
    }

    static Map<String, Tensor> buffers(Module module) {
        Map<String, Tensor> buffers = StateDict.of(module);
        buffers.keySet().removeAll(StateDict.parameters(module).keySet());
        return buffers;
    }

    static Map<String, Tensor> gradients(Module module) {
        Map<String, Tensor> gradients = new LinkedHashMap<>();
        StateDict.parameters(module).forEach((name, parameter) -> gradients.put(name, parameter.grad()));
        return gradients;
    }

    /** The Euclidean length of every tensor, of which the file names exactly these. */
    static void checkNorms(String what, Map<String, Tensor> tensors, JsonObject expected, double relative) {
        assertThat(tensors.keySet()).as(what).containsExactlyInAnyOrderElementsOf(expected.keySet());
        tensors.forEach((name, tensor) ->
                assertClose(what + " " + name, norm(tensor), expected.get(name).getAsDouble(), relative, 0));
    }

    static double norm(Tensor tensor) {
        return Tensors.scalar(tensor.detach().to(torch.ScalarType.Double).norm());
    }

    /** max|a − b| ≤ tolerance, whatever their size. */
    static void assertWithin(String what, Tensor actual, Tensor expected, double tolerance) {
        double[] a = Tensors.doubles(actual);
        double[] b = Tensors.doubles(expected);
        assertThat(a).as(what).hasSameSizeAs(b);
        for (int i = 0; i < a.length; i++) {
            assertClose(what, a[i], b[i], 0, tolerance);
        }
    }

    static double largest(Tensor tensor) {
        return Tensors.scalar(tensor.abs().max());
    }
}
