package io.contrast4j.eval;

import io.contrast4j.data.Batching;
import io.contrast4j.data.EpochOrder;
import io.contrast4j.nn.Classifier;
import io.contrast4j.optim.Schedule;
import io.contrast4j.optim.Sgd;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.Problems;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A linear classifier on frozen features: standardised with the training features' mean and deviation, one linear
 * layer, cross-entropy, SGD with momentum and a cosine schedule. The features are
 * computed once, so an epoch takes milliseconds.
 */
public final class LinearProbe {
    private static final String VECTORS = "vectors";

    private final Config config;
    private final long seed;

    /**
     * @param learningRate of the first epoch, above 0
     * @param momentum of SGD, 0 to 1
     * @param weightDecay of SGD, 0 or more
     * @param epochs passes over the training features
     * @param batchSize features in a step
     */
    public record Config(double learningRate, double momentum, double weightDecay, int epochs, int batchSize) {
        public Config {
            new Problems()
                    .above("learningRate", learningRate, 0)
                    .between("momentum", momentum, 0, 1)
                    .atLeast("weightDecay", weightDecay, 0)
                    .atLeast("epochs", epochs, 1)
                    .atLeast("batchSize", batchSize, 1)
                    .raise();
        }
    }

    /** @param seed of the initial weights and of the order of the features */
    public LinearProbe(Config config, long seed) {
        this.config = config;
        this.seed = seed;
    }

    /** Trains on the one and returns the top-1 accuracy on the other, in percent. */
    public double accuracy(Features train, Features test, int classes) {
        return accuracy(train, test, classes, () -> false);
    }

    /**
     * The same, for a training that may have to stop.
     *
     * @param stop asked before each batch
     * @throws CancellationException where it says true
     */
    double accuracy(Features train, Features test, int classes, BooleanSupplier stop) {
        try (Scope scope = Scope.open();
                Standardization same = Standardization.of(Map.of(VECTORS, train.values()))) {
            Map<String, Tensor> known = Map.of(VECTORS, train.values().clone());
            same.apply(known);
            Map<String, Tensor> asked = Map.of(VECTORS, test.values().clone());
            same.apply(asked);
            try (FusedProbes classifier = untrained(known.get(VECTORS), classes)) {
                fit(classifier, known, train.labels(), stop);
                return Accuracy.top(classifier.logits(asked.get(VECTORS)).select(1, 0), test.labels(), 1);
            }
        }
    }

    /** Weights from N(0, 0.01²), bias 0, as the sources' linear evaluations start. */
    private FusedProbes untrained(Tensor x, int classes) {
        torch.manual_seed(CounterRandom.key(seed));
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Classifier.Probe start = arena.own(() -> Classifier.LINEAR.probe(
                    Math.toIntExact(x.size(1)), classes, Classifier.Norm.NONE, Classifier.Start.NORMAL));
            start.to(x.device(), false);
            Map<String, Tensor> tensors = StateDict.of(start);
            Sgd.Config rule = new Sgd.Config(config.learningRate(), config.momentum(), config.weightDecay(), false);
            return new FusedProbes(rule, tensors.get("fc.weight"), tensors.get("fc.bias"), 1);
        }
    }

    private void fit(FusedProbes classifier, Map<String, Tensor> x, Tensor y, BooleanSupplier stop) {
        Schedule schedule = new Schedule.Cosine(config.learningRate(), 0, Schedule.Last.BEFORE_FLOOR, config.epochs());
        EpochOrder order = new EpochOrder.Shuffled(Math.toIntExact(y.numel()), seed);
        FeatureSource features = new CachedFeatures(x, y, order, new Batching(config.batchSize(), Batching.Last.KEEP));
        for (int epoch = 0; epoch < config.epochs(); epoch++) {
            double[] rate = {schedule.at(epoch, 0, 1, config.learningRate())};
            features.pass(epoch, stop, (batch, rows, labels) -> classifier.step(rows.get(VECTORS), labels, rate, 0));
        }
    }
}
