package io.contrast4j.data;

import io.contrast4j.image.Box;
import io.contrast4j.image.Decoder;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Square crops of seven photographs that come with this library: a data set that is always there. The class of a crop
 * is its photograph.
 *
 * <p>A vertical line splits every photograph, so that no pixel is in a training crop and in a test crop: of W columns
 * the left W − ⌊testFraction·W⌋ are for training and the others for testing. Within its part each crop has a place of
 * its own, drawn once for all from (picture, part, number): the same in every run.
 */
public final class PhotoCrops implements Dataset {
    private static final List<String> PHOTOS =
            List.of("astronaut", "chelsea", "coffee", "hubble_deep_field", "ihc", "retina", "rocket");
    private static final long PLACES_SEED = 20140701;
    private static final int CHANNELS = 3;

    private final List<Photo> photos;
    private final Part part;
    private final Config config;

    private PhotoCrops(Part part, Config config) {
        this.photos = PHOTOS.stream().map(Photo::open).toList();
        this.part = part;
        this.config = config;
        for (Photo photo : photos) {
            Box room = room(photo);
            int largest = Math.min(room.height(), room.width());
            if (config.size > largest) {
                throw new UserError(
                        UserError.USAGE,
                        "A crop of data.size = " + config.size + " pixels does not fit the " + part.name + " part of "
                                + photo.name + "; with data.test-fraction = " + config.testFraction
                                + " it must be at most "
                                + largest + ".");
            }
        }
    }

    /**
     * @param size side of a crop in pixels; views are cut out of it, so that it should be larger than they are
     * @param trainPerPicture training crops of each photograph
     * @param testPerPicture test crops of each photograph
     * @param testFraction share of a photograph's width that is for testing, above 0 and below 1
     */
    @TypeName("photo-crops")
    public record Config(int size, int trainPerPicture, int testPerPicture, double testFraction)
            implements Dataset.Config {
        public Config {
            new Problems()
                    .atLeast("size", size, 1)
                    .atLeast("trainPerPicture", trainPerPicture, 1)
                    .atLeast("testPerPicture", testPerPicture, 1)
                    .require(testFraction > 0 && testFraction < 1, "testFraction", testFraction, "above 0 and below 1")
                    .raise();
        }

        @Override
        public Dataset openTrain() {
            return new PhotoCrops(Part.TRAIN, this);
        }

        @Override
        public Dataset openTest() {
            return new PhotoCrops(Part.TEST, this);
        }
    }

    private enum Part {
        TRAIN("training"),
        TEST("test");

        private final String name;

        Part(String name) {
            this.name = name;
        }
    }

    /** The photographs, whole: H×W, 8-bit, RGB order. They belong to the caller's scope. */
    public static List<Mat> photographs() {
        return PHOTOS.stream()
                .map(Photo::open)
                .map(photo -> photo.cut(new Box(0, 0, photo.height, photo.width)))
                .toList();
    }

    @Override
    public int size() {
        return perPicture() * photos.size();
    }

    private int perPicture() {
        return part == Part.TRAIN ? config.trainPerPicture : config.testPerPicture;
    }

    @Override
    public List<String> classes() {
        return PHOTOS;
    }

    @Override
    public int label(int index) {
        return Objects.checkIndex(index, size()) / perPicture();
    }

    @Override
    public Sample read(int index) {
        return new Sample(photos.get(label(index)).cut(place(index)), label(index), index);
    }

    @Override
    public String describe(int index) {
        Box place = place(index);
        return PHOTOS.get(label(index)) + ", " + part.name + " crop " + index % perPicture() + " (row " + place.top()
                + ", column " + place.left() + ")";
    }

    private Box place(int index) {
        int label = label(index);
        Box room = room(photos.get(label));
        CounterRandom rng = CounterRandom.of(PLACES_SEED, label, part.ordinal(), index % perPicture());
        int top = room.top() + rng.nextInt(room.height() - config.size + 1);
        int left = room.left() + rng.nextInt(room.width() - config.size + 1);
        return new Box(top, left, config.size, config.size);
    }

    /** Where the crops of this part may be. */
    private Box room(Photo photo) {
        int testWidth = (int) (config.testFraction * photo.width);
        int trainWidth = photo.width - testWidth;
        return part == Part.TRAIN
                ? new Box(0, 0, photo.height, trainWidth)
                : new Box(0, trainWidth, photo.height, testWidth);
    }

    /**
     * A decoded photograph.
     *
     * @param rgb height×width×3 bytes on the Java heap, so that it needs no closing
     */
    private record Photo(String name, int height, int width, byte[] rgb) {
        static Photo open(String name) {
            String resource = "photos/" + name + ".jpg";
            try (InputStream in = Objects.requireNonNull(PhotoCrops.class.getResourceAsStream(resource), resource);
                    Scope scope = Scope.open()) {
                Mat decoded = Decoder.decode(in.readAllBytes(), resource);
                byte[] rgb = new byte[decoded.rows() * decoded.cols() * CHANNELS];
                decoded.data().get(rgb);
                return new Photo(name, decoded.rows(), decoded.cols(), rgb);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        Mat cut(Box box) {
            Mat crop = new Mat(box.height(), box.width(), opencv_core.CV_8UC3);
            int rowBytes = box.width() * CHANNELS;
            for (int row = 0; row < box.height(); row++) {
                crop.ptr(row).put(rgb, ((box.top() + row) * width + box.left()) * CHANNELS, rowBytes);
            }
            return crop;
        }
    }
}
