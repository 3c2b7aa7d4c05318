package io.contrast4j.data;

import io.contrast4j.image.PictureGrid;
import io.contrast4j.image.Png;
import io.contrast4j.tensor.Scope;
import java.util.List;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The views of a batch, as the networks get them, as a picture: a row for each sample, a column for each view. */
public final class BatchPicture {
    private static final int SIDE = 112;

    private BatchPicture() {}

    /**
     * Draws it.
     *
     * @param config that the views were made by
     * @param views N×C×H×W each, on any device
     * @param samples how many are shown, at most N
     */
    public static Png of(CropViews.Config config, List<Tensor> views, int samples) {
        try (Scope scope = Scope.open()) {
            ShownView shown = new ShownView(config);
            List<String> names = config.random().names();
            PictureGrid grid = new PictureGrid(views.size(), SIDE);
            for (int sample = 0; sample < Math.min(samples, views.get(0).size(0)); sample++) {
                for (int view = 0; view < views.size(); view++) {
                    // The planes of a sample are copied to lie one after the other in any order of memory.
                    Tensor planes = views.get(view)
                            .select(0, sample)
                            .detach()
                            .cpu()
                            .to(ScalarType.Float)
                            .contiguous();
                    int rows = (int) (planes.size(0) * planes.size(1));
                    Mat below = new Mat(rows, (int) planes.size(2), opencv_core.CV_32FC1, planes.data_ptr());
                    grid.add(shown.rgb(below, view), names.get(view));
                }
            }
            return grid.png();
        }
    }
}
