package io.contrast4j.image;

import io.contrast4j.tensor.Tensors;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** {@link HueShift} on a batch: the same tables, so that the results are the same. */
final class BatchedHue {
    private static final int CHANNELS = 3;

    private static final DeviceTable SATURATION = new DeviceTable(unsigned(HueShift.SATURATION));
    private static final DeviceTable HUE = new DeviceTable(unsigned(HueShift.HUE));

    /** The weights of R for every hue, then those of G, then those of B. */
    private static final DeviceTable WEIGHTS = new DeviceTable(weights());

    private BatchedHue() {}

    private static float[] unsigned(byte[] table) {
        float[] values = new float[table.length];
        for (int i = 0; i < table.length; i++) {
            values[i] = table[i] & 0xFF;
        }
        return values;
    }

    private static float[] weights() {
        float[] weights = new float[CHANNELS * HueShift.HUES];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = HueShift.weights(i % HueShift.HUES) >>> 7 * (i / HueShift.HUES) & 0x7F;
        }
        return weights;
    }

    /**
     * The pictures with their hues turned.
     *
     * @param pixels N×3×H×W
     * @param steps for each picture, in 1/255 of the circle
     */
    static Tensor shifted(Tensor pixels, int[] steps) {
        Device device = pixels.device();
        Tensor red = pixels.narrow(1, 0, 1);
        Tensor green = pixels.narrow(1, 1, 1);
        Tensor blue = pixels.narrow(1, 2, 1);
        Tensor value = red.maximum(green).maximum(blue);
        Tensor least = red.minimum(green).minimum(blue);
        Tensor spread = value.sub(least);
        Tensor middle = red.add(green).add(blue).sub(value).sub(least);
        Tensor order = flag(red, green, 4).add(flag(green, blue, 2)).add(flag(red, blue, 1));
        // All indices are integers below 2²⁴, which float32 represents.
        Tensor saturation = taken(SATURATION, value.mul(Tensors.scalar(256)).add(spread), device);
        Tensor code = order.mul(Tensors.scalar(1 << 16))
                .add(spread.mul(Tensors.scalar(256)))
                .add(middle)
                .sub(least);
        double[] turns = IntStream.of(steps).asDoubleStream().toArray();
        Tensor hue = taken(HUE, code, device)
                .add(BatchedPixels.each(turns, device).to(ScalarType.Float))
                .remainder(Tensors.scalar(HueShift.HUES));
        Tensor colour = value.mul(saturation);
        Tensor whole = value.mul(Tensors.scalar(HueShift.WHOLE)).add(Tensors.scalar(HueShift.WHOLE / 2));
        TensorVector channels = new TensorVector();
        for (int channel = 0; channel < CHANNELS; channel++) {
            Tensor weight = taken(WEIGHTS, hue.add(Tensors.scalar(channel * HueShift.HUES)), device);
            // No quotient comes nearer to an integer from below than 1/21675, four times what float32 is off by.
            channels.push_back(whole.sub(colour.mul(weight))
                    .div(Tensors.scalar(HueShift.WHOLE))
                    .floor());
        }
        return torch.cat(channels, 1);
    }

    private static Tensor flag(Tensor left, Tensor right, int bit) {
        return left.lt(right).to(ScalarType.Float).mul(Tensors.scalar(bit));
    }

    private static Tensor taken(DeviceTable table, Tensor index, Device device) {
        return table.on(device).take(index.to(ScalarType.Long));
    }
}
