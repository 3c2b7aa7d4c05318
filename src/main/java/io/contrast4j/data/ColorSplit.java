package io.contrast4j.data;

import io.contrast4j.image.CenterCrop;
import io.contrast4j.image.ColorSpace;
import io.contrast4j.image.Compose;
import io.contrast4j.image.HorizontalFlip;
import io.contrast4j.image.Normalization;
import io.contrast4j.image.RandomResizedCrop;
import io.contrast4j.image.Resize;
import io.contrast4j.image.Transform;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import java.util.List;
import java.util.random.RandomGenerator;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * The two views of CMC (Tian, Krishnan and Isola, "Contrastive multiview coding", ECCV 2020): the luminance of a crop,
 * and the two colour channels of the same crop. View 0 has one channel (L of Lab, Y of YCbCr), view 1 has two (a and b,
 * Cb and Cr), normalised as in {@link ColorSpace#normalization()}.
 */
public final class ColorSplit implements Views {
    private final ColorSpace space;
    private final Normalization normalization;
    private final Transform crop;
    private final int size;

    /**
     * @param space one that has a normalisation
     * @param crop makes every picture size×size
     * @param size in pixels
     */
    public ColorSplit(ColorSpace space, Transform crop, int size) {
        this.space = space;
        this.normalization = space.normalization().orElseThrow();
        this.crop = crop;
        this.size = size;
    }

    /**
     * @param space lab or ycbcr
     * @param crop the random crop, whose size is that of the views
     * @param flip probability of mirroring a random crop, 0…1
     * @param resize what the shorter side of a picture is scaled to before its middle is evaluated, in pixels; at least
     *     the size of the crop
     */
    @TypeName("color-split")
    public record Config(ColorSpace space, RandomResizedCrop.Config crop, double flip, int resize)
            implements Views.Config {
        public Config {
            new Problems()
                    .require(space.normalization().isPresent(), "space", space, "lab or ycbcr")
                    .between("flip", flip, 0, 1)
                    .require(resize >= crop.size(), "resize", resize, "at least crop.size, " + crop.size())
                    .raise();
        }

        @Override
        public List<String> names() {
            return ColorSplit.names(space);
        }

        @Override
        public Views random() {
            return new ColorSplit(
                    space, new Compose(new RandomResizedCrop(crop), new HorizontalFlip(flip)), crop.size());
        }

        @Override
        public Views central() {
            return new ColorSplit(space, new Compose(new Resize(resize), new CenterCrop(crop.size())), crop.size());
        }
    }

    @Override
    public List<String> names() {
        return names(space);
    }

    private static List<String> names(ColorSpace space) {
        return space == ColorSpace.LAB ? List.of("l", "ab") : List.of("y", "cbcr");
    }

    @Override
    public int channels(int view) {
        return view == 0 ? 1 : 2;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public List<Mat> render(Mat rgb, RandomGenerator rng) {
        Mat planes = space.planes(crop.apply(rgb, rng), normalization);
        return List.of(planes.rowRange(0, size), planes.rowRange(size, 3 * size));
    }
}
