package io.contrast4j.embed;

import io.contrast4j.data.Views;
import io.contrast4j.model.TrainedModel;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.List;
import java.util.Set;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.pytorch.Tensor;

/** One output of a model for some views of a picture, side by side. */
final class Encoding implements AutoCloseable {
    private final TrainedModel model;
    private final Views views;
    private final List<Integer> chosen;
    private final String output;

    /**
     * @param model closed with this
     * @param output one of its outputs
     * @param chosen numbers of its views
     */
    Encoding(TrainedModel model, String output, List<Integer> chosen) {
        this.model = model;
        this.views = model.views();
        this.chosen = List.copyOf(chosen);
        this.output = output;
    }

    /** How pictures become its input, once they are loaded. */
    Views views() {
        return views;
    }

    /** A picture as its run's data set would have loaded it. */
    Mat loaded(Mat picture) {
        return model.loaded(picture);
    }

    /** The views that are used, in the order in which their vectors stand side by side. */
    List<String> viewNames() {
        return chosen.stream().map(views.names()::get).toList();
    }

    /** What can be computed. */
    Set<String> outputs() {
        return model.outputs();
    }

    /** The names of the classes that it gives logits of, where its file says them. */
    List<String> classes() {
        return model.classes(output);
    }

    /** Whether it gives a classifier's logits. */
    boolean isClassification() {
        return model.classifications().contains(output);
    }

    /** What is computed. */
    String output() {
        return output;
    }

    /**
     * Runs the network.
     *
     * @param images N×C×H×W on the CPU for each view
     * @return N rows, one after the other; the vectors of several views stand side by side, maps are flattened
     */
    float[] forward(List<Tensor> images) {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            return Tensors.floats(model.rows(images, chosen, output));
        }
    }

    @Override
    public void close() {
        model.close();
    }
}
