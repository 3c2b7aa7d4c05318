package io.contrast4j.nn;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.StateDict;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The linear classifier that a frozen layer is judged by (Zhang et al., "Colorful image colorization", 2016; CMC, 2019):
 * the layer's maps are pooled to S×S, so that every layer has some 9000 features, flattened, and mapped to one logit for
 * each class. The weight starts from N(0, 0.01²), the bias at 0.
 *
 * <p>The published heads assume the channels of bottlenecks in every layer and crash on others; here they are those of
 * the layer.
 */
public final class LinearHead extends Module {
    private static final String PARENT = "classifier.";
    private static final double DEVIATION = 0.01;

    private final Plan plan;
    private final LinearImpl linear;

    /** How maps are made smaller before they are flattened. */
    public enum Pooling {
        NONE,
        MAX,
        AVERAGE
    }

    /** How the published files of a network spell the linear layer. */
    public enum Spelling {
        /** CMC's AlexNet. */
        ALEXNET("LinearClassifier"),
        /** CMC's ResNets. The mistake is in their files. */
        RESNET("LiniearClassifier");

        private final String key;

        Spelling(String key) {
            this.key = key;
        }
    }

    /**
     * What stands between a layer and its classifier.
     *
     * @param side S of the pooled S×S maps; without pooling it is not used, and 0
     */
    public record Plan(Spelling spelling, Pooling pooling, int side) {
        private static final Map<String, Integer> ALEXNET = Map.of("block1", 10, "block2", 6, "block3", 5, "block4", 5);
        private static final Map<String, Integer> RESNET = Map.of("stem", 8, "layer1", 6, "layer2", 4, "layer3", 3);

        public Plan {
            boolean none = pooling == Pooling.NONE;
            new Problems()
                    .require(none == (side == 0) && side >= 0, "side", side, none ? "0 without pooling" : "at least 1")
                    .raise();
        }

        /** No pooling. */
        public static Plan flat(Spelling spelling) {
            return new Plan(spelling, Pooling.NONE, 0);
        }

        /** What CMC's evaluation puts on a layer of this encoder; layers that it does not know are taken as they are. */
        public static Plan of(Backbone.Config encoder, String tap) {
            boolean alexNet = encoder instanceof AlexNet.Config;
            int side = (alexNet ? ALEXNET : RESNET).getOrDefault(tap, 0);
            Spelling spelling = alexNet ? Spelling.ALEXNET : Spelling.RESNET;
            return side == 0 ? flat(spelling) : new Plan(spelling, alexNet ? Pooling.MAX : Pooling.AVERAGE, side);
        }

        /**
         * The length of the vector that a layer's output becomes.
         *
         * @param shape of the output for one picture: C×H×W, or C
         */
        public long inFeatures(long... shape) {
            return pooling == Pooling.NONE ? Arrays.stream(shape).reduce(1, (a, b) -> a * b) : shape[0] * side * side;
        }

        /**
         * The vectors that a layer's output becomes.
         *
         * @param features N×C×H×W, or N×C where nothing is pooled
         * @return N×{@link #inFeatures}
         */
        public Tensor vectors(Tensor features) {
            long[] sides = {side, side};
            Tensor pooled = switch (pooling) {
                case NONE -> features;
                case MAX -> torch.adaptive_max_pool2d(features, sides).get0();
                case AVERAGE -> torch.adaptive_avg_pool2d(features, sides);
            };
            return torch.flatten(pooled, 1, -1);
        }

        /** What the published files call the weight of the classifier: {@code classifier.LiniearClassifier.weight}. */
        public String weightKey() {
            return PARENT + spelling.key + ".weight";
        }

        /**
         * Makes the classifier, with weights from LibTorch's default generator; the caller's arena owns it.
         *
         * @param shape of the layer's output for one picture, all views side by side: C×H×W, or C
         */
        public LinearHead build(int classes, long... shape) {
            return new LinearHead(this, inFeatures(shape), classes);
        }
    }

    private LinearHead(Plan plan, long inFeatures, int classes) {
        this.plan = plan;
        Module classifier = new Module();
        this.linear = classifier.register_module(plan.spelling().key, new LinearImpl(inFeatures, classes));
        register_module("classifier", classifier);
        try (NoGrad noGrad = NoGrad.open()) {
            linear.weight().normal_(0, DEVIATION, new GeneratorOptional());
            linear.bias().zero_();
        }
    }

    /**
     * @param features N×C×H×W, or N×C where nothing is pooled
     * @return N×classes, the logits
     */
    public Tensor forward(Tensor features) {
        return linear.forward(plan.vectors(features));
    }

    /**
     * Takes in published weights, in either spelling.
     *
     * @param values {@code classifier.LinearClassifier.weight} and {@code .bias}, or {@code classifier.Liniear…}
     * @param source what they are from, for the message: a file
     * @throws UserError if a tensor is missing, unexpected or of another shape
     */
    public void load(Map<String, Tensor> values, String source) {
        Map<String, Tensor> renamed = new LinkedHashMap<>();
        // One of both spellings in a file stays unknown, which is an error.
        values.forEach((name, value) -> renamed.put(values.containsKey(own(name)) ? name : own(name), value));
        StateDict.load(this, renamed, source);
    }

    private String own(String name) {
        for (Spelling spelling : Spelling.values()) {
            String prefix = PARENT + spelling.key + ".";
            if (name.startsWith(prefix)) {
                return PARENT + plan.spelling().key + "." + name.substring(prefix.length());
            }
        }
        return name;
    }
}
