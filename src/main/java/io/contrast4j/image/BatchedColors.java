package io.contrast4j.image;

import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** {@link ColorSpace#planes} of a batch on any device, for the spaces that are {@linkplain ColorSpace#isFused fused}. */
public final class BatchedColors {
    private BatchedColors() {}

    /**
     * The channels of a colour space, normalised.
     *
     * @param pixels N×3×H×W, float32, integers in 0…255
     * @return N×3×H×W, float32; it belongs to the caller's scope
     */
    public static Tensor planes(Tensor pixels, ColorSpace space, Normalization normalization) {
        PlaneConversion conversion = space.fused(normalization).orElseThrow();
        Tensor values = Arrays.equals(conversion.table(), PlaneConversion.FRACTIONS)
                ? pixels.div(Tensors.scalar(255))
                : BatchedPixels.table(conversion.table(), pixels.device()).take(pixels.to(ScalarType.Long));
        Tensor mapped = mapped(conversion.first(), values);
        return conversion.slope() == 0 ? mapped : mapped(conversion.afterCurve(), curved(mapped, conversion.slope()));
    }

    /** Channel by channel and not as a product of matrices, which a GPU may compute with fewer bits. */
    private static Tensor mapped(Affine map, Tensor values) {
        TensorVector channels = new TensorVector();
        for (int row = 0; row < map.rows().length; row++) {
            Tensor sum = values.narrow(1, 0, 1)
                    .mul(Tensors.scalar(map.rows()[row][0]))
                    .add_(Tensors.scalar(map.offset()[row]));
            for (int channel = 1; channel < map.rows()[row].length; channel++) {
                sum.add_(values.narrow(1, channel, 1), Tensors.scalar(map.rows()[row][channel]));
            }
            channels.push_back(sum);
        }
        return torch.cat(channels, 1);
    }

    /** See {@link CubeRootCurve}. */
    private static Tensor curved(Tensor t, float slope) {
        Tensor dark = t.sub(Tensors.scalar(CubeRootCurve.DARK))
                .clamp_max(Tensors.scalar(0))
                .mul_(Tensors.scalar(slope));
        return t.clamp_min(Tensors.scalar(CubeRootCurve.DARK))
                .pow(Tensors.scalar(1.0 / 3))
                .add_(dark);
    }
}
