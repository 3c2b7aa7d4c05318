package io.contrast4j.model;

import io.contrast4j.data.CropViews;
import io.contrast4j.nn.Backbone;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What a file says about a network, and the network's tensors.
 *
 * @param about what the file is, to be printed
 * @param network how pictures become its input, and what it is
 * @param tap the layer that its run is evaluated on, if it says so
 * @param views the views that its run is evaluated on; none for all
 * @param loadSide shorter side that its run's data set scales pictures to when it reads them; none where it leaves them
 * @param isClassifier whether the layer {@code head} gives a classifier's logits rather than a projection
 * @param tensors by the names in the network; they belong to the scope of who reads
 * @param classifiers of its outputs, by the names of their logits
 * @param settings the network's sections of a configuration, as a tree
 */
public record Description(
        String about,
        Network network,
        Optional<String> tap,
        List<String> views,
        Optional<Integer> loadSide,
        boolean isClassifier,
        Map<String, Tensor> tensors,
        Map<String, SavedClassifier> classifiers,
        Map<String, ? extends @Nullable Object> settings) {
    public Description {
        views = List.copyOf(views);
        tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
        classifiers = Collections.unmodifiableMap(new LinkedHashMap<>(classifiers));
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    }

    /** Without the tensors, which may be freed. */
    Description withoutTensors() {
        return new Description(about, network, tap, views, loadSide, isClassifier, Map.of(), Map.of(), settings);
    }

    /** The sections of a configuration that an encoder alone needs. */
    public record Network(CropViews.Config views, Backbone.Config encoder) {}
}
