package io.contrast4j.data;

import io.contrast4j.image.BatchedChanges;
import io.contrast4j.image.BatchedColors;
import io.contrast4j.image.BatchedResampling;
import io.contrast4j.image.Change;
import io.contrast4j.image.Normalization;
import io.contrast4j.image.RandomResizedCrop;
import io.contrast4j.image.Transform;
import io.contrast4j.spec.TypeName;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;

/**
 * Random views that are made on the device that trains, of whole batches at once, for hosts whose processors cannot feed their
 * GPU. The loader's threads read a picture, draw everything that is random, as {@link CropViews} would, and cut out the
 * crops; the device scales them, changes them, and converts their colours.
 *
 * <p>Pixels are byte for byte those of the CPU; the values of a colour space differ by the rounding of float32, less than
 * 2·10⁻⁵ after normalisation.
 */
public final class DeferredViews {
    private final CropViews.Config config;
    private final Normalization normalization;
    private final List<Crop> crops;

    DeferredViews(CropViews.Config config, Normalization normalization, List<CropViews.Steps> steps) {
        this.config = config;
        this.normalization = normalization;
        this.crops = steps.stream().map(Crop::of).toList();
    }

    /** What of a picture is to become a crop, and what is done to it then. */
    record Cut(Mat region, List<Optional<Change>> changes) {}

    /**
     * One crop.
     *
     * @param before the steps up to the one that cuts
     * @param changes the steps after it
     */
    private record Crop(int size, List<Transform> before, List<Transform.Drawn> changes) {
        static Crop of(CropViews.Steps steps) {
            int cutting = cutting(steps.transforms());
            List<Transform> before = new ArrayList<>();
            for (Transform.Config step : steps.transforms().subList(0, cutting + 1)) {
                before.add(
                        step instanceof RandomResizedCrop.Config crop
                                ? new RandomResizedCrop(crop, steps.size())::cut
                                : step.create(steps.size()));
            }
            List<Transform.Drawn> changes = steps
                    .transforms()
                    .subList(cutting + 1, steps.transforms().size())
                    .stream()
                    .map(Transform.Drawn.class::cast)
                    .toList();
            return new Crop(steps.size(), before, changes);
        }

        Cut cut(Mat rgb, RandomGenerator rng) {
            Mat region = rgb;
            for (Transform step : before) {
                region = step.apply(region, rng);
            }
            return new Cut(region, changes.stream().map(step -> step.draw(rng)).toList());
        }
    }

    /** The place of the first step that cuts. */
    private static int cutting(List<Transform.Config> transforms) {
        int place = 0;
        while (transforms.get(place).sizeAfter() != Transform.Size.CROPPED) {
            place++;
        }
        return place;
    }

    /** What keeps views like these from being made on a device. */
    static Optional<String> obstacle(CropViews.Config config) {
        List<Transform.Config> transforms = config.transforms();
        if (!config.space().isFused()) {
            return Optional.of("views.space = " + config.space().name().toLowerCase(Locale.ROOT));
        }
        return transforms.subList(cutting(transforms) + 1, transforms.size()).stream()
                .filter(step -> !(step instanceof Transform.Drawn))
                .findFirst()
                .map(step ->
                        step.getClass().getAnnotation(TypeName.class).value() + " in views.transforms after the crop");
    }

    /** The same views, made by the CPU. */
    public Views onCpu() {
        return config.random();
    }

    /** For each crop what is left to do. */
    List<Cut> cuts(Mat rgb, RandomGenerator rng) {
        return crops.stream().map(crop -> crop.cut(rgb, rng)).toList();
    }

    /**
     * One crop of a batch on its way to the device.
     *
     * @param regions where in the bytes the N crops are
     * @param changes for each step N changes
     */
    record Waiting(List<BatchedResampling.Region> regions, List<List<Optional<Change>>> changes) {}

    /**
     * The views of a batch.
     *
     * @param bytes of all crops, on the device that they are made on
     * @param format of the views
     * @return for each view N×C×H×W, float32; they belong to the caller's scope
     */
    List<Tensor> views(Tensor bytes, List<Waiting> waiting, MemoryFormat format) {
        List<Tensor> views = new ArrayList<>();
        for (int number = 0; number < crops.size(); number++) {
            Waiting crop = waiting.get(number);
            try (Tensor pixels = BatchedResampling.resized(bytes, crop.regions, crops.get(number).size)) {
                crop.changes.forEach(step -> BatchedChanges.apply(pixels, step));
                views.addAll(dealt(pixels, format));
            }
        }
        return views;
    }

    /** The channels of the colour space, dealt out to views. */
    private List<Tensor> dealt(Tensor pixels, MemoryFormat format) {
        List<Tensor> dealt = new ArrayList<>();
        try (Scope scope = Scope.open()) {
            Tensor planes = BatchedColors.planes(pixels, config.space(), normalization);
            for (List<Integer> group : config.groups()) {
                long[] channels = group.stream().mapToLong(Integer::longValue).toArray();
                Device device = planes.device();
                Tensor chosen = planes.index_select(1, Tensors.to(Tensors.of(channels, channels.length), device));
                dealt.add(scope.handOver(chosen.contiguous(BatchMemory.ofLibTorch(format))));
            }
        }
        return dealt;
    }
}
