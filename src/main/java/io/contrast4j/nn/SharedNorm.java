package io.contrast4j.nn;

import io.contrast4j.dist.Ranks;
import io.contrast4j.tensor.CustomGradient;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.BatchNormOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Batch normalisation (Ioffe and Szegedy, 2015) with the mean μ and the variance σ² of each channel over the n values of all
 * ranks, as PyTorch's SyncBatchNorm: y = w·x̂ + b, x̂ = (x − μ)/√(σ² + ε).
 *
 * <p>Each rank sends the number, the mean and the sum of squared deviations of its own values, 2·C + 1 numbers, and adds up
 * what it gets as Chan, Golub and LeVeque (1979) do, which loses nothing where a mean is large beside the deviation. The
 * backward pass sends two sums for each channel: dL/dx = (g − Σg/n − x̂·Σ(g·x̂)/n)/√(σ² + ε) with g = dL/dx̂ and sums over all
 * ranks, as the values of each have a part in the statistics of all.
 *
 * @param epsilon ε
 * @param momentum share of a batch in the running statistics
 */
record SharedNorm(Ranks ranks, double epsilon, double momentum) {
    /**
     * The running statistics of a layer, which follow: running ← (1 − momentum)·running + momentum·batch, the variance being
     * that with n − 1.
     *
     * @param batches their number, int64
     */
    record Running(Tensor mean, Tensor variance, Tensor batches) {}

    static SharedNorm of(BatchNormOptions options, Ranks ranks) {
        return new SharedNorm(ranks, options.eps().get(), options.momentum().get());
    }

    /**
     * @param x N×C or N×C×H×W, of as many pictures as there are; what is in 16 bits is computed in float32
     * @param weight w, C
     * @param bias b, C
     */
    Tensor of(Tensor x, Tensor weight, Tensor bias, Running running) {
        Tensor values = Tensors.wide(x);
        Statistics statistics = statistics(values, running);
        // The backward pass needs what the forward pass has made.
        Tensor[] normalised = new Tensor[1];
        Tensor unit = CustomGradient.of(
                values,
                () -> normalised[0] = values.sub(statistics.mean()).mul(statistics.scale()),
                gradient -> gradient(gradient, normalised[0], statistics));
        long[] shape = channels(values);
        Tensor y = unit.mul(weight.view(shape)).add(bias.view(shape));
        return y.to(x.scalar_type().intern());
    }

    /**
     * Both of the shape of a channel's numbers, 1×C×1×1.
     *
     * @param count values of a channel; a tensor, as a number would have to be waited for on a GPU
     */
    private record Statistics(Tensor mean, Tensor scale, Tensor count) {}

    private Statistics statistics(Tensor values, Running running) {
        try (NoGrad noGrad = NoGrad.open()) {
            long[] axes = axes(values);
            long channels = values.size(1);
            double own = (double) values.numel() / channels;
            Tensor mean = values.mean(axes, true, null);
            Tensor squares = values.sub(mean).square().sum(axes, true, null);
            Tensor number = values.new_full(new long[] {1}, Tensors.scalar(own));
            Tensor all = ranks.gather(torch.cat(new TensorVector(mean.view(-1), squares.view(-1), number), 0)
                    .view(1, -1));
            Tensor counts = all.narrow(1, 2 * channels, 1);
            Tensor count = counts.sum();
            Tensor means = all.narrow(1, 0, channels);
            Tensor common = means.mul(counts).sum(0).div(count);
            Tensor deviations = all.narrow(1, channels, channels)
                    .add(means.sub(common).square().mul(counts))
                    .sum(0);
            follow(running, common, deviations.div(count.sub(Tensors.scalar(1)).clamp_min(Tensors.scalar(1))));
            long[] shape = channels(values);
            Tensor scale = deviations.div(count).add(Tensors.scalar(epsilon)).rsqrt();
            return new Statistics(common.view(shape), scale.view(shape), count);
        }
    }

    private void follow(Running running, Tensor mean, Tensor variance) {
        running.batches().add_(new Scalar(1L));
        running.mean().mul_(Tensors.scalar(1 - momentum)).add_(mean, Tensors.scalar(momentum));
        running.variance().mul_(Tensors.scalar(1 - momentum)).add_(variance, Tensors.scalar(momentum));
    }

    private Tensor gradient(Tensor gradient, Tensor normalised, Statistics statistics) {
        long[] axes = axes(gradient);
        long[] shape = channels(gradient);
        Tensor sums = torch.stack(new TensorVector(
                gradient.sum(axes, false, null), gradient.mul(normalised).sum(axes, false, null)));
        ranks.sum(List.of(sums));
        sums.div_(statistics.count());
        Tensor mean = sums.select(0, 0).view(shape);
        Tensor slope = sums.select(0, 1).view(shape);
        return gradient.sub(mean).sub(normalised.mul(slope)).mul(statistics.scale());
    }

    /** All but that of the channels. */
    private static long[] axes(Tensor values) {
        return IntStream.range(0, (int) values.dim())
                .filter(axis -> axis != 1)
                .mapToLong(axis -> axis)
                .toArray();
    }

    private static long[] channels(Tensor values) {
        long[] shape = new long[(int) values.dim()];
        Arrays.fill(shape, 1);
        shape[1] = values.size(1);
        return shape;
    }
}
