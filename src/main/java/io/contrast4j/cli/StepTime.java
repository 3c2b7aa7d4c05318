package io.contrast4j.cli;

import io.contrast4j.data.Views;
import io.contrast4j.method.Method;
import io.contrast4j.method.Moco;
import io.contrast4j.metrics.ResidentMemory;
import io.contrast4j.negatives.Draws;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.nn.Networks;
import io.contrast4j.optim.Optimizer;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Autocast;
import io.contrast4j.tensor.GpuMemory;
import io.contrast4j.tensor.NoGrad;
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
 * objective and its optimizer. Reading and transforming pictures is left out.
 */
final class StepTime implements AutoCloseable {
    private static final long SEED = 1;

    /** Of an epoch, as far as thresholds are concerned. */
    private static final long STEPS = 100;

    /** The first step of a size also makes buffers and chooses kernels, and is not counted unless it takes so many seconds. */
    private static final double LONG = 5;

    /** Seconds that steps of a size are repeated for, twice at least. */
    private static final double ENOUGH = 1.5;

    private static final int MOST_STEPS = 9;

    /** In seconds: where the first of small steps takes longer, one more of it must do; else the second size is chosen for it. */
    private static final double SHORT = 0.7;

    /** Rows of a memory bank where nobody says how many pictures there are. */
    private static final int ITEMS = 1 << 16;

    private static final int CLASSES = 100;

    /** Of all crops of the smallest batch that is measured, so that the first step is short. */
    private static final double PIXELS = 4.0 * 224 * 224;

    private static final int MOST_PICTURES = 64;

    private final Arena arena = new Arena();
    private final RunConfig config;
    private final Device device;
    private final Networks networks;
    private final Method method;
    private final Optimizer optimizer;
    private int steps;

    /**
     * @param items training pictures: rows of a memory bank
     * @param classes of theirs, at least 1
     */
    StepTime(RunConfig config, Device device, int items, int classes) {
        this.config = config;
        this.device = device;
        torch.manual_seed(SEED);
        Method.Setting setting = new Method.Setting(items, classes, ScalarType.Float, device);
        ResidentMemory.resetPeak();
        this.networks = arena.own(() -> config.method().networks(config.parts(), setting));
        this.method = config.method().build(networks, config.parts(), setting);
        try (Scope scope = Scope.open()) {
            this.optimizer = config.optimizer()
                    .build(StateDict.parameters(networks.module()).values());
        }
    }

    /**
     * Steps of a size.
     *
     * @param pictures in a step
     * @param seconds of a step: the median, or the only one's
     * @param memory that the process, or on a GPU its tensors, took at most since this was made, in bytes
     */
    record Measured(int pictures, double seconds, long memory) {
        double secondsPerPicture() {
            return seconds / pictures;
        }
    }

    /** Small steps of a configuration, whatever its pictures are: the first of some crops, then larger ones if it was short. */
    static Measured ofSmallSteps(RunConfig config, Device device) {
        int shards = shards(config);
        int side = config.views().size();
        int few = (int) (PIXELS / (config.views().crops() * (double) side * side));
        int most = Math.min(MOST_PICTURES, config.train().batchSize());
        int first = rounded(Math.min(few, most), shards);
        try (StepTime time = new StepTime(config, device, ITEMS, CLASSES)) {
            double seconds = time.step(first);
            if (seconds >= SHORT) {
                return new Measured(first, time.step(first), time.memory());
            }
            int more = rounded((int) Math.min(most, first * SHORT / seconds), shards);
            return time.measure(Math.max(first, more));
        }
    }

    private static int shards(RunConfig config) {
        return config.method() instanceof Moco.Config moco ? moco.shards() : 1;
    }

    /** Each shard needs two pictures for its batch statistics, and as many as the others. */
    private static int rounded(int pictures, int shards) {
        return Math.max(2, pictures / shards) * shards;
    }

    /** Steps of so many pictures, two of which at a time have the same label. */
    Measured measure(int pictures) {
        double first = step(pictures);
        if (first >= LONG) {
            return new Measured(pictures, first, memory());
        }
        List<Double> times = new ArrayList<>();
        double sum = 0;
        while (times.size() < 2 || sum < ENOUGH && times.size() < MOST_STEPS) {
            double time = step(pictures);
            times.add(time);
            sum += time;
        }
        double seconds =
                BenchReport.median(times.stream().mapToDouble(time -> time).toArray());
        return new Measured(pictures, seconds, memory());
    }

    /** Lets the networks see pictures as an evaluation does; what that takes of memory is in what is measured later. */
    void evaluate(int pictures) {
        Views views = config.evaluatedViews();
        networks.module().eval();
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            int view = Math.min(views.names().size(), networks.backbones().size()) - 1;
            int side = views.size(view);
            networks.backbones()
                    .get(view)
                    .embed(Tensors.to(torch.randn(pictures, views.channels(view), side, side), device));
        }
        networks.module().train(true);
    }

    private long memory() {
        return device.is_cuda()
                ? GpuMemory.of(device).peak()
                : ResidentMemory.peakBytes().orElseGet(ResidentMemory::bytes);
    }

    private double step(int pictures) {
        int number = steps++;
        try (Scope scope = Scope.open()) {
            Method.Input input = input(pictures);
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

    private Method.Input input(int pictures) {
        Views views = config.views().random();
        List<Tensor> noise = new ArrayList<>();
        for (int view = 0; view < views.names().size(); view++) {
            int side = views.size(view);
            noise.add(Tensors.to(torch.randn(pictures, views.channels(view), side, side), device));
        }
        Tensor indices = Tensors.of(IntStream.range(0, pictures).asLongStream().toArray(), pictures);
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
