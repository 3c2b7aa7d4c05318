package io.contrast4j.data;

import io.contrast4j.image.ColorSpace;
import io.contrast4j.image.Normalization;
import io.contrast4j.image.PictureGrid;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Scope;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.MatVector;
import org.bytedeco.opencv.opencv_core.Scalar;

/**
 * A PNG of what the networks will see: a row for each sample, with the picture, every view of it in one epoch of the
 * training, and the views it is evaluated by.
 *
 * <p>A view of all channels of RGB is shown in its colours. Of other views the channels are shown as red, green and blue,
 * one channel alone as grey; −1 is dark and 1 is bright.
 */
public final class Preview {
    private static final int SIDE = 160;
    private static final int MIDDLE = 128;

    private final CropViews.Config config;
    private final Normalization normalization;

    private Preview(CropViews.Config config) {
        this.config = config;
        this.normalization = config.normalization().orElseGet(config.space()::normalization);
    }

    /**
     * Draws the PNG.
     *
     * @param seed of the views, as that of the {@link BatchLoader} that the training reads from
     * @param epoch counted from 0
     * @param samples how many are shown: those that the epoch starts with, if they are in this order
     * @throws io.contrast4j.spec.UserError if a sample cannot be read or the file cannot be written
     */
    public static void write(
            Dataset data, CropViews.Config views, Mixture mixture, long seed, long epoch, int[] samples, Path file) {
        Preview preview = new Preview(views);
        Views random = views.random();
        Views central = views.central(1);
        List<String> evaluated = views.names(1);
        PictureGrid grid = new PictureGrid(1 + random.count() + evaluated.size(), SIDE);
        SampleReader reader = new SampleReader(data, OnCorrupt.FAIL, seed);
        SampleRenderer renderer = new SampleRenderer(reader, random, mixture, seed);
        try (Scope scope = Scope.open()) {
            for (int index : samples) {
                List<Mat> shown = Views.blank(random);
                Sample sample = renderer.render(index, epoch, () -> shown).orElseThrow();
                Mat picture = sample.rgb();
                int label = sample.label();
                grid.add(picture, label < 0 ? "no class" : data.classes().get(label));
                preview.add(grid, random.names(), shown, "");
                List<Mat> middle = Views.rendered(central, picture, CounterRandom.of(seed));
                preview.add(grid, evaluated, middle, "evaluated: ");
            }
            grid.write(file);
        }
    }

    private void add(PictureGrid grid, List<String> names, List<Mat> views, String prefix) {
        for (int view = 0; view < views.size(); view++) {
            List<Integer> group = config.groups().get(view % config.groups().size());
            grid.add(shown(views.get(view), group), prefix + names.get(view));
        }
    }

    /** A view as 8-bit RGB. */
    private Mat shown(Mat view, List<Integer> group) {
        boolean isInColour = config.space() == ColorSpace.RGB && group.equals(List.of(0, 1, 2));
        int side = view.cols();
        List<Mat> bytes = new ArrayList<>();
        for (int i = 0; i < group.size(); i++) {
            double deviation = normalization.deviation().get(group.get(i));
            double mean = normalization.mean().get(group.get(i));
            Mat channel = view.rowRange(i * side, (i + 1) * side);
            Mat plane = new Mat();
            if (isInColour) {
                channel.convertTo(plane, opencv_core.CV_8U, 255 * deviation, 255 * mean);
            } else {
                channel.convertTo(plane, opencv_core.CV_8U, 127.5, 127.5);
            }
            bytes.add(plane);
        }
        Mat[] planes = new Mat[ColorSpace.CHANNELS];
        for (int i = 0; i < planes.length; i++) {
            planes[i] = group.size() == 1
                    ? bytes.get(0)
                    : i < bytes.size() ? bytes.get(i) : new Mat(side, side, opencv_core.CV_8UC1, Scalar.all(MIDDLE));
        }
        Mat rgb = new Mat();
        opencv_core.merge(new MatVector(planes), rgb);
        return rgb;
    }
}
