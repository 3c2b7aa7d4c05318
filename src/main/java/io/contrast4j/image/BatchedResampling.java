package io.contrast4j.image;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.List;
import java.util.function.ToLongFunction;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * {@link Resampling} of many pictures of different sizes to squares of one size, on any device, byte for byte the same: products
 * with the weights of all source positions, with bytes in between.
 *
 * <p>A weight, a multiple of 2⁻²², is the sum of a multiple of 2⁻¹¹ and a rest of 11 bits. Each has a product of its own: in
 * these no bit is lost, neither in float32 nor where a GPU multiplies in TF32.
 */
public final class BatchedResampling {
    private static final int CHANNELS = 3;
    private static final double UNIT = 1 << 22;
    private static final double HALF = 1 << 11;

    /** Pictures that are brought to one size with a black border at a time: for pictures of 500×500 pixels, 0.4 GB. */
    private static final int GROUP = 64;

    private BatchedResampling() {}

    /**
     * A picture among others.
     *
     * @param offset of its first byte
     * @param height rows
     * @param width columns, of three bytes each
     */
    public record Region(long offset, int height, int width) {}

    /**
     * The pictures, scaled.
     *
     * @param bytes one dimension, uint8
     * @param regions N
     * @param size S, side of the squares
     * @return N×3×S×S, float32, integers in 0…255; the caller closes it
     */
    public static Tensor resized(Tensor bytes, List<Region> regions, int size) {
        try (Scope scope = Scope.open()) {
            TensorVector groups = new TensorVector();
            for (int start = 0; start < regions.size(); start += GROUP) {
                List<Region> group = regions.subList(start, Math.min(regions.size(), start + GROUP));
                try (Tensor scaled = group(bytes, group, size)) {
                    groups.push_back(scaled);
                }
            }
            return Scope.keep(torch.cat(groups, 0));
        }
    }

    private static Tensor group(Tensor bytes, List<Region> regions, int size) {
        try (Scope scope = Scope.open()) {
            Device device = bytes.device();
            int count = regions.size();
            long height = regions.stream().mapToInt(Region::height).max().orElse(0);
            long width = regions.stream().mapToInt(Region::width).max().orElse(0);
            Tensor heights = each(regions, Region::height, device);
            Tensor widths = each(regions, Region::width, device);
            // What is beyond a picture has weight 0; its last pixel is as good as any.
            Tensor rows = upTo(height, device).view(1, height, 1).minimum(heights.sub(new Scalar(1L)));
            Tensor columns = upTo(width, device).view(1, 1, width).minimum(widths.sub(new Scalar(1L)));
            Tensor index = rows.mul(widths)
                    .add(columns)
                    .mul_(new Scalar((long) CHANNELS))
                    .add_(each(regions, Region::offset, device));
            TensorVector channels = new TensorVector();
            for (int channel = 0; channel < CHANNELS; channel++) {
                channels.push_back(bytes.take(index).unsqueeze(1));
                index.add_(new Scalar(1L));
            }
            Tensor pixels = torch.cat(channels, 1).to(ScalarType.Float);
            Tensor across = scaled(pixels.view(count, CHANNELS * height, width), weights(widths, width, size));
            Tensor turned = across.view(count, CHANNELS, height, size)
                    .transpose(2, 3)
                    .reshape(count, (long) CHANNELS * size, height);
            Tensor down = scaled(turned, weights(heights, height, size));
            return Scope.keep(
                    down.view(count, CHANNELS, size, size).transpose(2, 3).contiguous());
        }
    }

    /**
     * The weight of every source position in every output position, N×L×S; see {@link Taps}.
     *
     * @param lengths N×1×1, int64
     * @param longest L
     */
    private static Tensor weights(Tensor lengths, long longest, int size) {
        Device device = lengths.device();
        Tensor length = lengths.to(ScalarType.Double);
        Tensor scale = length.div(Tensors.scalar(size));
        Tensor support = scale.clamp_min(Tensors.scalar(1));
        Tensor centre = upTo(size, device)
                .to(ScalarType.Double)
                .add_(Tensors.scalar(0.5))
                .view(1, 1, size)
                .mul(scale);
        Tensor first = centre.sub(support).add_(Tensors.scalar(0.5)).trunc().clamp_min(Tensors.scalar(0));
        Tensor end = centre.add(support).add_(Tensors.scalar(0.5)).trunc().minimum(length);
        Tensor position = upTo(longest, device).to(ScalarType.Double).view(1, longest, 1);
        Tensor distance = position.sub(centre).add_(Tensors.scalar(0.5)).abs_();
        Tensor exact = distance.mul_(support.reciprocal())
                .neg_()
                .add_(Tensors.scalar(1))
                .clamp_min_(Tensors.scalar(0))
                .mul_(position.ge(first).to(ScalarType.Double))
                .mul_(position.lt(end).to(ScalarType.Double));
        return exact.mul(exact.sum(new long[] {1}, true, null).reciprocal())
                .mul_(Tensors.scalar(UNIT))
                .add_(Tensors.scalar(0.5))
                .floor_()
                .mul_(Tensors.scalar(1 / UNIT));
    }

    /**
     * ⌊½ + Σ weight·byte⌋ along the last axis.
     *
     * @param bytes N×R×L
     * @param weights N×L×S, multiples of 2⁻²²
     */
    private static Tensor scaled(Tensor bytes, Tensor weights) {
        try (Scope scope = Scope.open()) {
            Tensor scaled = weights.mul(Tensors.scalar(HALF));
            Tensor high = scaled.floor();
            Tensor low = scaled.sub(high);
            Tensor sum = bytes.bmm(high.to(ScalarType.Float)).to(ScalarType.Double);
            sum.add_(bytes.bmm(low.to(ScalarType.Float)).to(ScalarType.Double));
            return scope.handOver(sum.mul_(Tensors.scalar(1 / HALF))
                    .add_(Tensors.scalar(0.5))
                    .floor_()
                    .clamp_max_(Tensors.scalar(255)) // very many rounded weights can sum up to more than 1
                    .to(ScalarType.Float));
        }
    }

    private static Tensor each(List<Region> regions, ToLongFunction<Region> value, Device device) {
        long[] values = regions.stream().mapToLong(value).toArray();
        return Tensors.to(Tensors.of(values, values.length, 1, 1), device);
    }

    private static Tensor upTo(long end, Device device) {
        return torch.torch_arange(
                new Scalar(end), new TensorOptions(ScalarType.Long).device(new DeviceOptional(device)));
    }
}
