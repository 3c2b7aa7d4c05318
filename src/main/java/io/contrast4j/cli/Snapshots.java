package io.contrast4j.cli;

import io.contrast4j.data.BatchPicture;
import io.contrast4j.data.CropViews;
import io.contrast4j.image.Png;
import io.contrast4j.metrics.EventFile;
import io.contrast4j.metrics.Histogram;
import io.contrast4j.metrics.MeterPage;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import io.contrast4j.train.Observer;
import java.util.List;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** What TensorBoard shows of the inside of a training: the views of the first batch, and histograms where they are asked for. */
final class Snapshots {
    private final MeterPage.TensorBoard config;
    private final CropViews.Config views;
    private final Module module;

    Snapshots(MeterPage.TensorBoard config, CropViews.Config views, Module module) {
        this.config = config;
        this.views = views;
        this.module = module;
    }

    /** Adds what is due at a step, at its moment between backward pass and optimizer. */
    void write(EventFile events, Observer.Inside inside) {
        long step = inside.number();
        if (step == 1 && config.images() > 0) {
            Png picture = BatchPicture.of(views, inside.input().views(), config.images());
            events.image("views/first_batch", picture.width(), picture.height(), picture.bytes(), step);
        }
        if (config.histograms() > 0 && step % config.histograms() == 0) {
            histograms(events, inside);
        }
    }

    private void histograms(EventFile events, Observer.Inside inside) {
        long step = inside.number();
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            StateDict.parameters(module).forEach((name, parameter) -> {
                histogram(events, "weights/" + name, parameter, step);
                Tensor gradient = parameter.grad();
                if (gradient.defined()) {
                    histogram(events, "gradients/" + name, gradient, step);
                }
            });
            List<Tensor> features = inside.output().features();
            for (int view = 0; view < features.size(); view++) {
                histogram(events, "features/" + view, features.get(view), step);
            }
        }
    }

    private static void histogram(EventFile events, String tag, Tensor values, long step) {
        events.histogram(tag, Histogram.of(Tensors.floats(values)), step);
    }
}
