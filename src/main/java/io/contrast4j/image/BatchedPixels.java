package io.contrast4j.image;

import io.contrast4j.tensor.Tensors;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What the operations on batches of pictures have in common. Pixels are N×3×H×W, float32, with integers in 0…255, which float32
 * represents exactly: so that the arithmetic of Pillow can be repeated. All tensors belong to the caller's scope.
 */
final class BatchedPixels {
    private static final long[] PICTURE = {1, 2, 3};

    private BatchedPixels() {}

    /** One number for each picture, N×1×1×1. */
    static Tensor each(double[] values, Device device) {
        return Tensors.to(Tensors.of(values, values.length, 1, 1, 1), device);
    }

    /** The numbers of the pictures in a batch. */
    static Tensor rows(long[] pictures, Device device) {
        return Tensors.to(Tensors.of(pictures, pictures.length), device);
    }

    /** A table with a value for every index, to be {@linkplain Tensor#take taken} from. */
    static Tensor table(float[] values, Device device) {
        return Tensors.to(Tensors.of(values, values.length), device);
    }

    /** The brightness of each pixel, N×1×H×W; see {@link Luma}. All sums are integers below 2²⁴. */
    static Tensor luma(Tensor pixels) {
        return pixels.narrow(1, 0, 1)
                .mul(Tensors.scalar(19595))
                .add(pixels.narrow(1, 1, 1).mul(Tensors.scalar(38470)))
                .add(pixels.narrow(1, 2, 1).mul(Tensors.scalar(7471)))
                .add(Tensors.scalar(0x8000))
                .mul(Tensors.scalar(0x1p-16))
                .floor();
    }

    /** ⌊mean luma + ½⌋ of each picture, N×1×1×1. */
    static Tensor meanLuma(Tensor pixels) {
        Tensor luma = luma(pixels);
        Tensor sums = luma.sum(PICTURE, true, new ScalarTypeOptional(ScalarType.Double));
        // By a tensor, as CUDA multiplies by the inverse of a number, which may miss a half.
        Tensor count = each(new double[] {luma.size(2) * luma.size(3)}, luma.device());
        return sums.div(count).add(Tensors.scalar(0.5)).floor().to(ScalarType.Float);
    }

    /**
     * base + factor·(value − base), cut to integers in 0…255; see {@link Blend}.
     *
     * @param factors one for each picture
     */
    static Tensor blended(Tensor base, Tensor pixels, double[] factors) {
        Tensor factor = each(factors, pixels.device()).to(ScalarType.Float);
        return bytes(base.add(pixels.sub(base).mul(factor)));
    }

    /** Cut to 0…255 and to an integer. */
    static Tensor bytes(Tensor values) {
        return values.clamp_min(Tensors.scalar(0))
                .clamp_max(Tensors.scalar(255))
                .floor_();
    }
}
