package io.contrast4j.cli;

import io.contrast4j.data.MemoryFormat;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.ChannelsLast;
import io.contrast4j.optim.Sgd;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Autocast;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Training steps of one encoder on noise, with the time of their parts. The loss is ⟨embedding, w⟩ with fixed w, which
 * costs nothing and sends a gradient to every parameter.
 */
final class ModelBench implements AutoCloseable {
    private static final long SEED = 1;
    private static final Sgd.Config SGD = new Sgd.Config(0.01, 0.9, 1e-4, false);

    private final Arena arena = new Arena();
    private final Setting setting;
    private final Device device;
    private final Backbone network;
    private final Sgd optimizer;
    private final Tensor images;
    private final Tensor weights;

    /**
     * What is measured.
     *
     * @param batch pictures in a step
     * @param type that convolutions and products are computed in
     * @param order of pictures and of the weights of convolutions in memory
     */
    record Setting(Backbone.Config encoder, PictureShape input, int batch, ScalarType type, MemoryFormat order) {}

    /**
     * The parts of a step, in milliseconds.
     *
     * @param forward the forward pass and the loss
     * @param optimizer the step, and forgetting the gradients
     */
    record Times(double forward, double backward, double optimizer) {
        /** Part by part. */
        static Times median(List<Times> steps) {
            return new Times(
                    median(steps, Times::forward), median(steps, Times::backward), median(steps, Times::optimizer));
        }

        /** Of one number of each step. */
        static double median(List<Times> steps, ToDoubleFunction<Times> of) {
            return BenchReport.median(steps.stream().mapToDouble(of).toArray());
        }

        double together() {
            return forward + backward + optimizer;
        }
    }

    ModelBench(Setting setting, Device device) {
        this.setting = setting;
        this.device = device;
        PictureShape input = setting.input();
        torch.manual_seed(SEED);
        this.network = arena.own(() -> setting.encoder().build(input.channels()));
        network.module().to(device, false);
        network.module().train(true);
        boolean channelsLast = setting.order() == MemoryFormat.CHANNELS_LAST;
        if (channelsLast) {
            ChannelsLast.weights(network.module());
        }
        this.images = arena.own(() -> {
            Tensor noise =
                    Tensors.to(torch.randn(setting.batch(), input.channels(), input.height(), input.width()), device);
            return channelsLast ? ChannelsLast.images(noise) : noise;
        });
        this.weights = arena.own(
                () -> Tensors.to(torch.randn(setting.batch(), setting.encoder().featureDim()), device));
        try (Scope scope = Scope.open()) {
            this.optimizer = new Sgd(SGD, StateDict.parameters(network.module()).values());
        }
    }

    /** One step. */
    Times step() {
        try (Scope scope = Scope.open()) {
            long start = now();
            Tensor loss;
            try (Autocast autocast = Autocast.open(device, setting.type())) {
                loss = network.embed(images).mul(weights).sum();
            }
            long forward = now();
            loss.backward();
            long backward = now();
            optimizer.step();
            optimizer.zeroGrad();
            return new Times(millis(start, forward), millis(forward, backward), millis(backward, now()));
        }
    }

    /** A GPU works beside the program: it is waited for. */
    private long now() {
        if (device.is_cuda()) {
            torch.cuda_synchronize(device.index());
        }
        return System.nanoTime();
    }

    private static double millis(long from, long to) {
        return (to - from) / 1e6;
    }

    @Override
    public void close() {
        optimizer.close();
        arena.close();
    }
}
