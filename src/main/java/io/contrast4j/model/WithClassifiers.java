package io.contrast4j.model;

import io.contrast4j.nn.Backbone;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** A network whose outputs are also those of classifiers that see it alone. */
record WithClassifiers(Backbone network, Map<String, TrainedClassifier> classifiers) implements Backbone {
    @Override
    public Set<String> taps() {
        Set<String> taps = new LinkedHashSet<>(network.taps());
        taps.addAll(classifiers.keySet());
        return taps;
    }

    @Override
    public Map<String, Tensor> forward(Tensor images, Set<String> taps) {
        Set<String> needed = new LinkedHashSet<>(taps);
        classifiers.forEach((name, classifier) -> {
            if (needed.remove(name)) {
                needed.add(classifier.form().output());
            }
        });
        Map<String, Tensor> below = network.forward(images, needed);
        Map<String, Tensor> outputs = new LinkedHashMap<>(below);
        outputs.keySet().retainAll(taps);
        classifiers.forEach((name, classifier) -> {
            if (taps.contains(name)) {
                outputs.put(
                        name,
                        classifier.logits(List.of(below.get(classifier.form().output()))));
            }
        });
        return outputs;
    }

    @Override
    public Module module() {
        return network.module();
    }
}
