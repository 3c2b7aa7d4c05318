package io.contrast4j.nn;

import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A network that is trained on with labels: {@code encoder}, and {@code l_fc}, a linear classifier of the last layer below its
 * head, N×D, of which maps are averaged over their positions first. Its weights start uniform on ±1/√D.
 */
public final class FineTunedNetwork extends Module implements Backbone {
    /** Name of the tap of the logits, N×C. */
    public static final String LOGITS = "logits";

    /** What the names of the classifier's tensors begin with. */
    public static final String CLASSIFIER = "l_fc.";

    private static final int LARGEST = 4096;

    private final Backbone encoder;
    private final LinearImpl classifier;
    private final String source;
    private final Set<String> taps;

    private FineTunedNetwork(Backbone encoder, String source, long features, int classes) {
        this.encoder = encoder;
        this.source = source;
        register_module("encoder", encoder.module());
        this.classifier = register_module("l_fc", new LinearImpl(features, classes));
        Set<String> names = new LinkedHashSet<>(encoder.taps());
        names.add(LOGITS);
        this.taps = Collections.unmodifiableSet(names);
    }

    /** Builds it with freshly drawn weights; the caller's arena owns it. */
    public static FineTunedNetwork of(Backbone.Config config, int channels, int classes) {
        Backbone encoder = config.build(channels);
        String source = Backbone.lastBelowHead(encoder.taps());
        int side = IntStream.rangeClosed(1, LARGEST)
                .filter(size -> config.sizeProblem(size, size).isEmpty())
                .findFirst()
                .orElseThrow();
        encoder.module().eval();
        long features;
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Tensor black = Tensors.zeros(ScalarType.Float, 1, channels, side, side);
            features =
                    averaged(encoder.forward(black, Set.of(source)).get(source)).size(1);
        }
        encoder.module().train(true);
        return new FineTunedNetwork(encoder, source, features, classes);
    }

    private static Tensor averaged(Tensor layer) {
        return layer.dim() == 2
                ? layer
                : torch.adaptive_avg_pool2d(layer, new long[] {1, 1}).flatten(1, -1);
    }

    /** The layer that is classified. */
    public String source() {
        return source;
    }

    /** Those of the encoder, and {@value #LOGITS}. */
    @Override
    public Set<String> taps() {
        return taps;
    }

    @Override
    public Map<String, Tensor> forward(Tensor images, Set<String> taps) {
        Set<String> below = new LinkedHashSet<>(taps);
        boolean isClassified = below.remove(LOGITS);
        if (isClassified) {
            below.add(source);
        }
        Map<String, Tensor> outputs = new LinkedHashMap<>(encoder.forward(images, below));
        if (isClassified) {
            outputs.put(LOGITS, classifier.forward(averaged(outputs.get(source))));
        }
        outputs.keySet().retainAll(taps);
        return outputs;
    }

    @Override
    public Module module() {
        return this;
    }
}
