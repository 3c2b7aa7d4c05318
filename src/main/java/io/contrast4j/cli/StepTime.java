package io.contrast4j.cli;

import io.contrast4j.data.Views;
import io.contrast4j.method.Method;
import io.contrast4j.method.Moco;
import io.contrast4j.negatives.Draws;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.nn.Networks;
import io.contrast4j.optim.Optimizer;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Autocast;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What a training step of a configuration takes on this machine: steps of its method on noise of its size, with its networks, its
 * objective and its optimizer. Batches are small and a memory bank has {@link #ITEMS} rows, so that this needs little memory;
 * reading and transforming pictures is left out.
 */
final class StepTime implements AutoCloseable {
    private static final long SEED = 1;
    private static final int ITEMS = 1 << 16;
    private static final int CLASSES = 100;

    /** Of an epoch, as far as thresholds are concerned. */
    private static final long STEPS = 100;

    /** Pictures of a step; each shard needs two for its batch statistics. */
    private static final int PICTURES = 8;

    /** The first step also makes buffers of the optimizer and chooses kernels. */
    private static final int MEASURED = 2;

    private final Arena arena = new Arena();
    private final RunConfig config;
    private final Device device;
    private final int pictures;
    private final Networks networks;
    private final Method method;
    private final Optimizer optimizer;

    private StepTime(RunConfig config, Device device) {
        this.config = config;
        this.device = device;
        int shards = config.method() instanceof Moco.Config moco ? moco.shards() : 1;
        this.pictures = Math.max(2 * shards, Math.min(PICTURES, config.train().batchSize()));
        torch.manual_seed(SEED);
        Method.Setting setting = new Method.Setting(ITEMS, CLASSES, ScalarType.Float, device);
        this.networks = arena.own(() -> config.method().networks(config.parts(pictures), setting));
        this.method = config.method().build(networks, config.parts(pictures), setting);
        try (Scope scope = Scope.open()) {
            this.optimizer = config.optimizer()
                    .build(StateDict.parameters(networks.module()).values());
        }
    }

    /** Seconds for each picture of a batch. */
    static double secondsPerPicture(RunConfig config, Device device) {
        try (StepTime time = new StepTime(config, device)) {
            time.step(0);
            double[] seconds =
                    IntStream.rangeClosed(1, MEASURED).mapToDouble(time::step).toArray();
            return BenchReport.median(seconds) / time.pictures;
        }
    }

    private double step(int number) {
        try (Scope scope = Scope.open()) {
            Method.Input input = input();
            double start = now();
            Method.Output output;
            try (Autocast autocast =
                    Autocast.open(device, config.train().precision().type())) {
                output = method.forward(
                        input,
                        new StepContext(number, STEPS, STEPS * config.train().epochs(), Draws.keyed(SEED, number)));
            }
            output.loss().total().backward();
            optimizer.step();
            optimizer.zeroGrad();
            method.commit(output);
            return now() - start;
        }
    }

    private Method.Input input() {
        Views views = config.views().random();
        List<Tensor> noise = new ArrayList<>();
        for (int view = 0; view < views.names().size(); view++) {
            int side = views.size(view);
            noise.add(Tensors.to(torch.randn(pictures, views.channels(view), side, side), device));
        }
        Tensor indices = Tensors.of(IntStream.range(0, pictures).asLongStream().toArray(), pictures);
        // Two pictures have the same.
        Tensor labels = Tensors.of(
                IntStream.range(0, pictures).mapToLong(picture -> picture / 2).toArray(), pictures);
        return new Method.Input(noise, Tensors.to(labels, device), indices);
    }

    /** In seconds. A GPU works beside the program: it is waited for. */
    private double now() {
        if (device.is_cuda()) {
            torch.cuda_synchronize(device.index());
        }
        return System.nanoTime() / 1e9;
    }

    @Override
    public void close() {
        optimizer.close();
        method.close();
        arena.close();
    }
}
