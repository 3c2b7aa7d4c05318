package io.contrast4j.data;

import io.contrast4j.image.CenterCrop;
import io.contrast4j.image.ColorSpace;
import io.contrast4j.image.Compose;
import io.contrast4j.image.Normalization;
import io.contrast4j.image.RandomResizedCrop;
import io.contrast4j.image.Resize;
import io.contrast4j.image.Transform;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Independent random crops of a picture, each converted to a colour space whose channels are dealt out to views.
 *
 * <p>One crop in Lab with the groups L and ab gives the two views of CMC (Tian, Krishnan and Isola, "Contrastive multiview
 * coding", ECCV 2020); one crop with three groups its M-view form; two crops in RGB with one group the query and the key
 * of MoCo and the two views of SimCLR; further small crops are the multi-crop of SwAV (Caron et al., 2020).
 *
 * <p>A view is named by its channels: {@code l} and {@code ab}. Where there are several crops, their number is added:
 * {@code rgb1}, {@code rgb2}.
 */
public final class CropViews implements Views {
    private final List<Crop> crops;
    private final Config config;
    private final Normalization normalization;

    private CropViews(List<Crop> crops, Config config) {
        this.crops = crops;
        this.config = config;
        this.normalization = config.normalization.orElseGet(config.space::normalization);
    }

    /** What makes a random crop of a size. */
    record Steps(int size, List<Transform.Config> transforms) {}

    /** Makes crops of one size; several where crops without randomness are all the same. */
    private record Crop(int copies, int size, Transform transform) {}

    /**
     * @param crops independent random crops of a picture
     * @param size their side in pixels
     * @param transforms what makes a crop out of a picture, in this order
     * @param space colour space of the views
     * @param groups for each view of a crop the channels it has, counted from 0
     * @param normalization mean and deviation of each channel of the space; without it {@link ColorSpace#normalization()}
     * @param local further crops
     * @param evaluation the crop without randomness that encoders are evaluated on
     */
    public record Config(
            int crops,
            int size,
            List<Transform.Config> transforms,
            ColorSpace space,
            List<List<Integer>> groups,
            Optional<Normalization> normalization,
            Optional<Local> local,
            Central evaluation) {
        private static final int LARGEST = 4096;
        private static final String CROPPED = "a list with a crop after which nothing changes the size; a center-crop"
                + " needs a resize to a side of at least the size before it";

        public Config {
            transforms = List.copyOf(transforms);
            groups = groups.stream().map(List::copyOf).toList();
            new Problems()
                    .between("crops", crops, 1, 64)
                    .between("size", size, 1, LARGEST)
                    .require(isCropped(transforms, size), "transforms", named(transforms), CROPPED)
                    .require(
                            !groups.isEmpty()
                                    && groups.stream()
                                            .allMatch(g -> !g.isEmpty()
                                                    && g.stream().allMatch(c -> c >= 0 && c < ColorSpace.CHANNELS)),
                            "groups",
                            groups,
                            "lists of channels 0, 1 and 2, one for each view")
                    .require(
                            normalization.isEmpty()
                                    || normalization.get().mean().size() == ColorSpace.CHANNELS,
                            "normalization",
                            normalization.map(n -> "for " + n.mean().size()).orElse(""),
                            "for three channels")
                    .require(
                            local.isEmpty() || transforms.stream().anyMatch(RandomResizedCrop.Config.class::isInstance),
                            "local",
                            "without a random-resized-crop in views.transforms",
                            "null, as there is no crop whose area it could set")
                    .raise();
        }

        /**
         * Small crops (multi-crop), made by the same transforms.
         *
         * @param crops how many
         * @param size their side in pixels
         * @param minArea least area of a random resized crop, as a share of the picture, above 0
         * @param maxArea largest area of a random resized crop, as a share of the picture, at most 1
         */
        public record Local(int crops, int size, double minArea, double maxArea) {
            public Local {
                new Problems()
                        .between("crops", crops, 1, 64)
                        .between("size", size, 1, LARGEST)
                        .require(minArea > 0 && minArea <= 1, "minArea", minArea, "above 0 and at most 1")
                        .between("maxArea", maxArea, Math.min(minArea, 1), 1)
                        .raise();
            }

            private Transform.Config smaller(Transform.Config transform) {
                return transform instanceof RandomResizedCrop.Config crop
                        ? new RandomResizedCrop.Config(minArea, maxArea, crop.minAspect(), crop.maxAspect())
                        : transform;
            }
        }

        /**
         * The middle of a picture.
         *
         * @param resize what its shorter side is scaled to first, in pixels; without it {@code 8/7·size}, as 256 for 224
         * @param size side of the middle in pixels
         */
        public record Central(Optional<Integer> resize, int size) {
            public Central {
                new Problems()
                        .between("size", size, 1, LARGEST)
                        .require(
                                resize.isEmpty() || resize.get() >= size && resize.get() <= 2 * LARGEST,
                                "resize",
                                resize.map(String::valueOf).orElse(""),
                                "at least size, " + size + ", and at most " + 2 * LARGEST)
                        .raise();
            }

            private Transform transform() {
                return new Compose(new Resize(resize.orElse((int) Math.rint(size * 8 / 7.0))), new CenterCrop(size));
            }
        }

        /** The names of the views of all crops but the local ones, in their order. */
        public List<String> names() {
            return names(crops, crops == 1 && local.isEmpty());
        }

        /** The names of the views of so many crops. */
        public List<String> names(int crops) {
            return names(crops, crops == 1);
        }

        private List<String> names(int crops, boolean isOnlyCrop) {
            return IntStream.rangeClosed(1, crops)
                    .boxed()
                    .flatMap(crop -> groups.stream().map(group -> name(group) + (isOnlyCrop ? "" : crop)))
                    .toList();
        }

        private String name(List<Integer> group) {
            return group.stream().map(space.channels()::get).collect(Collectors.joining());
        }

        /** Views of random crops, to train on. */
        public Views random() {
            return new CropViews(
                    steps().stream()
                            .map(s -> new Crop(1, s.size, transform(s.transforms, s.size)))
                            .toList(),
                    this);
        }

        /** The same views, made on the device that trains; there must be no {@linkplain #obstacle obstacle}. */
        public DeferredViews deferred() {
            return new DeferredViews(this, normalization.orElseGet(space::normalization), steps());
        }

        /** What keeps views like these from being made on a device: a key and its value. */
        public Optional<String> obstacle() {
            return DeferredViews.obstacle(this);
        }

        /** What makes each of the random crops. */
        private List<Steps> steps() {
            List<Steps> steps = new ArrayList<>(Collections.nCopies(crops, new Steps(size, transforms)));
            local.ifPresent(small -> {
                List<Transform.Config> smaller =
                        transforms.stream().map(small::smaller).toList();
                steps.addAll(Collections.nCopies(small.crops, new Steps(small.size, smaller)));
            });
            return steps;
        }

        /**
         * Views of the middle of a picture without any randomness, to evaluate on.
         *
         * @param crops how often: once for each crop that has encoders of its own
         */
        public Views central(int crops) {
            return new CropViews(List.of(new Crop(crops, evaluation.size, evaluation.transform())), this);
        }

        private static boolean isCropped(List<Transform.Config> transforms, int size) {
            boolean isCropped = false;
            int side = 0;
            for (Transform.Config transform : transforms) {
                switch (transform.sizeAfter()) {
                    case KEPT -> {}
                    case CROPPED -> {
                        isCropped = !(transform instanceof CenterCrop.Config) || side >= size;
                        side = size;
                    }
                    case CHANGED -> {
                        isCropped = false;
                        side = transform instanceof Resize.Config resize ? resize.side() : 0;
                    }
                }
            }
            return isCropped;
        }

        private static List<String> named(List<Transform.Config> transforms) {
            return transforms.stream()
                    .map(transform ->
                            transform.getClass().getAnnotation(TypeName.class).value())
                    .toList();
        }

        private static Transform transform(List<Transform.Config> transforms, int size) {
            return new Compose(transforms.stream().map(t -> t.create(size)).toList());
        }
    }

    @Override
    public List<String> names() {
        int count = crops.stream().mapToInt(Crop::copies).sum();
        return config.names(count, config.crops == 1 && config.local.isEmpty());
    }

    @Override
    public int channels(int view) {
        return config.groups.get(view % config.groups.size()).size();
    }

    @Override
    public int size(int view) {
        int crop = view / config.groups.size();
        return crops.stream()
                .flatMap(c -> Stream.generate(c::size).limit(c.copies))
                .skip(crop)
                .findFirst()
                .orElseThrow();
    }

    @Override
    public void render(Mat rgb, RandomGenerator rng, List<Mat> targets) {
        int done = 0;
        for (Crop crop : crops) {
            Mat pixels = crop.transform.apply(rgb, rng);
            if (pixels.rows() != crop.size || pixels.cols() != crop.size) {
                throw new IllegalStateException("the transforms gave " + pixels.rows() + "×" + pixels.cols()
                        + " pixels where a crop has a side of " + crop.size);
            }
            int views = config.groups.size();
            List<Mat> first = targets.subList(done, done + views);
            deal(pixels, first);
            done += views;
            for (int copy = 1; copy < crop.copies; copy++) {
                for (Mat view : first) {
                    view.copyTo(targets.get(done++));
                }
            }
        }
    }

    /** Converts the pixels of a crop and writes every channel to the views that have it. */
    private void deal(Mat pixels, List<Mat> views) {
        int size = pixels.rows();
        List<List<Mat>> places = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (int view = 0; view < views.size(); view++) {
            List<Integer> group = config.groups.get(view);
            for (int i = 0; i < group.size(); i++) {
                places.get(group.get(i)).add(views.get(view).rowRange(i * size, (i + 1) * size));
            }
        }
        for (List<Mat> channel : places) {
            if (channel.isEmpty()) { // in no view, but computed with the others
                channel.add(new Mat(size, size, opencv_core.CV_32FC1));
            }
        }
        config.space.planes(
                pixels, normalization, places.stream().map(p -> p.get(0)).toList());
        places.forEach(channel -> channel.stream().skip(1).forEach(channel.get(0)::copyTo));
    }
}
