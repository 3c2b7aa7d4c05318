package io.contrast4j.image;

import io.contrast4j.tensor.Scope;
import java.util.List;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * {@link GaussianBlur} on a batch. The sums of 24-bit weights and bytes are below 2³²; int32 wraps around, and the byte that is
 * cut out at the end is right without the sign.
 */
final class BatchedBlur {
    private static final int ROW = 3;
    private static final int COLUMN = 2;

    private BatchedBlur() {}

    /**
     * The blurred pictures.
     *
     * @param pixels N×3×H×W
     * @param sigmas one for each picture, in pixels, above 0
     */
    static Tensor blurred(Tensor pixels, double[] sigmas) {
        List<GaussianBlur.Kernel> kernels = IntStream.range(0, sigmas.length)
                .mapToObj(i -> GaussianBlur.Kernel.of(sigmas[i]))
                .toList();
        int reach = kernels.stream().mapToInt(GaussianBlur.Kernel::reach).max().orElse(0);
        Tensor[] weights = new Tensor[reach + 1];
        for (int d = 0; d <= reach; d++) {
            int distance = d;
            weights[d] = each(kernels, kernel -> weight(kernel, distance), pixels);
        }
        Tensor bytes = pixels.to(ScalarType.Int);
        for (int axis : new int[] {ROW, COLUMN}) {
            for (int pass = 0; pass < GaussianBlur.PASSES; pass++) {
                try (Tensor before = bytes) {
                    bytes = pass(before, axis, weights);
                }
            }
        }
        try (Tensor last = bytes) {
            return last.to(ScalarType.Float);
        }
    }

    private static int weight(GaussianBlur.Kernel kernel, int distance) {
        if (distance > kernel.reach()) {
            return 0;
        }
        return distance == kernel.reach() ? kernel.edge() : kernel.full();
    }

    private static Tensor each(
            List<GaussianBlur.Kernel> kernels, ToIntFunction<GaussianBlur.Kernel> weight, Tensor pixels) {
        double[] weights = kernels.stream().mapToInt(weight).asDoubleStream().toArray();
        return BatchedPixels.each(weights, pixels.device()).to(ScalarType.Int);
    }

    /** One box along an axis; beyond the border the outermost pixels are repeated. The caller closes the result. */
    private static Tensor pass(Tensor bytes, int axis, Tensor[] weights) {
        try (Scope scope = Scope.open()) {
            Tensor sum = bytes.mul(weights[0]).add_(new Scalar(1L << GaussianBlur.Kernel.BITS - 1));
            for (int distance = 1; distance < weights.length; distance++) {
                Tensor both = moved(bytes, axis, -distance).add_(moved(bytes, axis, distance));
                sum.add_(both.mul_(weights[distance]));
            }
            return Scope.keep(
                    sum.__rshift__(new Scalar((long) GaussianBlur.Kernel.BITS)).bitwise_and_(new Scalar(0xFFL)));
        }
    }

    private static Tensor moved(Tensor bytes, int axis, int distance) {
        long last = bytes.size(axis) - 1;
        long[] from = LongStream.rangeClosed(0, last)
                .map(i -> Math.max(0, Math.min(last, i + distance)))
                .toArray();
        return bytes.index_select(axis, BatchedPixels.rows(from, bytes.device()));
    }
}
