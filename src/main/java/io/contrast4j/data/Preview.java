package io.contrast4j.data;

import io.contrast4j.image.PictureGrid;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Scope;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * A PNG of what the networks will see: a row for each sample, with the picture, every view of it in one epoch of the
 * training, and the views it is evaluated by.
 */
public final class Preview {
    private static final int SIDE = 160;

    private final ShownView shown;

    private Preview(CropViews.Config config) {
        this.shown = new ShownView(config);
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
                List<Mat> rendered = Views.blank(random);
                Sample sample = renderer.render(index, epoch, (rgb, rng, mixing) -> {
                            random.render(rgb, rng, rendered);
                            mixing.accept(rendered);
                        })
                        .orElseThrow();
                Mat picture = sample.rgb();
                int label = sample.label();
                grid.add(picture, label < 0 ? "no class" : data.classes().get(label));
                preview.add(grid, random.names(), rendered, "");
                List<Mat> middle = Views.rendered(central, picture, CounterRandom.of(seed));
                preview.add(grid, evaluated, middle, "evaluated: ");
            }
            grid.write(file);
        }
    }

    private void add(PictureGrid grid, List<String> names, List<Mat> views, String prefix) {
        for (int view = 0; view < views.size(); view++) {
            grid.add(shown.rgb(views.get(view), view), prefix + names.get(view));
        }
    }
}
