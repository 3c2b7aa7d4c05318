package io.contrast4j.image;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * What {@link Change#apply} does, to a batch of pictures on any device: pixel for pixel the same.
 *
 * <p>Pictures that undergo the same kind of change are changed together, each by its own amount.
 */
public final class BatchedChanges {
    private static final int WIDTH = 3;

    private BatchedChanges() {}

    /**
     * Changes pictures in place.
     *
     * @param pixels N×3×H×W, float32, integers in 0…255
     * @param changes one for each picture, if there is one
     */
    public static void apply(Tensor pixels, List<Optional<Change>> changes) {
        Map<Class<?>, List<Integer>> kinds = new LinkedHashMap<>();
        for (int picture = 0; picture < changes.size(); picture++) {
            int number = picture;
            changes.get(picture)
                    .ifPresent(change -> kinds.computeIfAbsent(change.getClass(), kind -> new ArrayList<>())
                            .add(number));
        }
        kinds.values().forEach(pictures -> {
            List<Change> own = pictures.stream()
                    .map(changes::get)
                    .map(Optional::orElseThrow)
                    .toList();
            inPlace(pixels, pictures, chosen -> changed(chosen, own));
        });
    }

    /** Changes some of the pictures; what it takes to do so is freed at once. */
    private static void inPlace(Tensor pixels, List<Integer> pictures, Function<Tensor, Tensor> change) {
        try (Scope scope = Scope.open()) {
            if (pictures.size() == pixels.size(0)) {
                pixels.copy_(change.apply(pixels));
                return;
            }
            long[] numbers = pictures.stream().mapToLong(Integer::longValue).toArray();
            Tensor rows = BatchedPixels.rows(numbers, pixels.device());
            pixels.index_copy_(0, rows, change.apply(pixels.index_select(0, rows)));
        }
    }

    private static Tensor changed(Tensor pixels, List<Change> changes) {
        Change first = changes.get(0);
        if (first instanceof Change.Mirrored) {
            return pixels.flip(WIDTH);
        }
        if (first instanceof Change.Grayed) {
            return BatchedPixels.luma(pixels).expand_as(pixels);
        }
        if (first instanceof Change.Solarized) {
            Tensor thresholds = BatchedPixels.each(
                    each(changes, Change.Solarized.class, Change.Solarized::threshold), pixels.device());
            return torch.where(pixels.ge(thresholds), pixels.neg().add(Tensors.scalar(255)), pixels);
        }
        if (first instanceof Change.Blurred) {
            return BatchedBlur.blurred(pixels, each(changes, Change.Blurred.class, Change.Blurred::sigma));
        }
        List<List<ColorJitter.Adjustment>> adjustments = changes.stream()
                .map(change -> ((Change.Adjusted) change).adjustments())
                .toList();
        return adjusted(pixels, adjustments);
    }

    private static <C> double[] each(List<Change> changes, Class<C> kind, ToDoubleFunction<C> value) {
        return changes.stream().map(kind::cast).mapToDouble(value).toArray();
    }

    /** The first adjustment of each picture, then the second of each: every picture has an order of its own. */
    private static Tensor adjusted(Tensor pixels, List<List<ColorJitter.Adjustment>> adjustments) {
        Tensor result = pixels.clone();
        int longest = adjustments.stream().mapToInt(List::size).max().orElse(0);
        for (int place = 0; place < longest; place++) {
            for (ColorJitter.Operation operation : ColorJitter.Operation.values()) {
                List<Integer> pictures = new ArrayList<>();
                List<Double> amounts = new ArrayList<>();
                for (int picture = 0; picture < adjustments.size(); picture++) {
                    List<ColorJitter.Adjustment> own = adjustments.get(picture);
                    if (place < own.size() && own.get(place).operation() == operation) {
                        pictures.add(picture);
                        amounts.add(own.get(place).amount());
                    }
                }
                if (!pictures.isEmpty()) {
                    double[] amount =
                            amounts.stream().mapToDouble(Double::doubleValue).toArray();
                    inPlace(result, pictures, chosen -> adjusted(chosen, operation, amount));
                }
            }
        }
        return result;
    }

    private static Tensor adjusted(Tensor pixels, ColorJitter.Operation operation, double[] amounts) {
        return switch (operation) {
            case BRIGHTNESS ->
                BatchedPixels.bytes(
                        pixels.mul(BatchedPixels.each(amounts, pixels.device()).to(torch.ScalarType.Float)));
            case CONTRAST -> BatchedPixels.blended(BatchedPixels.meanLuma(pixels), pixels, amounts);
            case SATURATION -> BatchedPixels.blended(BatchedPixels.luma(pixels), pixels, amounts);
            case HUE -> {
                int[] steps = new int[amounts.length];
                for (int picture = 0; picture < steps.length; picture++) {
                    steps[picture] = ColorJitter.hueSteps(amounts[picture]);
                }
                yield BatchedHue.shifted(pixels, steps);
            }
        };
    }
}
