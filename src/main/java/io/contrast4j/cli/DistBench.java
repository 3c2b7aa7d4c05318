package io.contrast4j.cli;

import io.contrast4j.dist.Exchange;
import io.contrast4j.dist.Gradients;
import io.contrast4j.dist.Ranks;
import io.contrast4j.nn.Backbone;
import io.contrast4j.optim.Sgd;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Training steps of one rank on noise, and exchanges without any. Times are in milliseconds. */
final class DistBench implements AutoCloseable {
    private static final Sgd.Config SGD = new Sgd.Config(0.01, 0.9, 1e-4, false);
    private static final int WARM_UP = 3;

    private final Arena arena = new Arena();
    private final Device device;
    private final Ranks ranks;
    private final Backbone network;
    private final Sgd optimizer;
    private final Tensor images;
    private final Tensor weights;

    DistBench(Backbone.Config encoder, PictureShape input, int batch, Device device, Ranks ranks) {
        this.device = device;
        this.ranks = ranks;
        torch.manual_seed(1);
        this.network = arena.own(() -> encoder.build(input.channels()));
        network.module().to(device, false);
        network.module().train(true);
        this.images = arena.own(
                () -> Tensors.to(torch.randn(batch, input.channels(), input.height(), input.width()), device));
        this.weights = arena.own(() -> Tensors.to(torch.randn(batch, encoder.featureDim()), device));
        try (Scope scope = Scope.open()) {
            this.optimizer = new Sgd(SGD, StateDict.parameters(network.module()).values());
        }
    }

    Module module() {
        return network.module();
    }

    /** Bytes of gradients that a step exchanges. */
    long gradientBytes() {
        try (Scope scope = Scope.open()) {
            return StateDict.parameters(network.module()).values().stream()
                    .mapToLong(Tensor::nbytes)
                    .sum();
        }
    }

    /** The median time of a step. */
    double step(Gradients gradients, int rounds) {
        IntStream.range(0, WARM_UP).forEach(i -> timed(gradients));
        return BenchReport.median(
                IntStream.range(0, rounds).mapToDouble(i -> timed(gradients)).toArray());
    }

    private double timed(Gradients gradients) {
        try (Scope scope = Scope.open()) {
            long start = now();
            gradients.begin();
            gradients.backward(network.embed(images).mul(weights).sum());
            gradients.ranks().settle();
            optimizer.step();
            optimizer.zeroGrad();
            return (now() - start) / 1e6;
        }
    }

    /** The median time in which all ranks have the sum of a float32 tensor of this many bytes. */
    double sum(long bytes, int rounds) {
        try (Scope scope = Scope.open()) {
            Tensor tensor = Tensors.to(Tensors.zeros(ScalarType.Float, Math.max(1, bytes / Float.BYTES)), device);
            double[] times = new double[rounds];
            for (int i = -WARM_UP; i < rounds; i++) {
                Exchange.barrier(ranks);
                long start = now();
                ranks.sum(List.of(tensor));
                if (i >= 0) {
                    times[i] = (now() - start) / 1e6;
                }
            }
            return BenchReport.median(times);
        }
    }

    /** A GPU works beside the program: it is waited for. */
    private long now() {
        if (device.is_cuda()) {
            torch.cuda_synchronize(device.index());
        }
        return System.nanoTime();
    }

    @Override
    public void close() {
        optimizer.close();
        arena.close();
    }
}
