package io.contrast4j.eval;

import io.contrast4j.optim.Schedule;
import io.contrast4j.optim.Sgd;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.Problems;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A linear classifier on frozen features: standardised with the training features' mean and deviation, one linear
 * layer, cross-entropy, SGD with momentum and a cosine schedule. The features are
 * computed once, so an epoch takes milliseconds.
 */
public final class LinearProbe {
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
     * @param stop asked before each epoch
     * @throws CancellationException where it says true
     */
    double accuracy(Features train, Features test, int classes, BooleanSupplier stop) {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Tensor mean = train.values().mean(0);
            Tensor deviation = train.values().std(0).clamp_min(new Scalar(1e-6));
            Tensor x = train.values().sub(mean).div(deviation);
            LinearImpl classifier = arena.own(() -> classifier(x, classes));
            fit(classifier, x, train.labels(), stop);
            try (NoGrad noGrad = NoGrad.open()) {
                Tensor scores = classifier.forward(test.values().sub(mean).div(deviation));
                return Accuracy.top(scores, test.labels(), 1);
            }
        }
    }

    /** Weights from N(0, 0.01²), bias 0, as the sources' linear evaluations start. */
    private LinearImpl classifier(Tensor x, int classes) {
        torch.manual_seed(CounterRandom.key(seed));
        LinearImpl classifier = new LinearImpl(x.size(1), classes);
        try (NoGrad noGrad = NoGrad.open()) {
            classifier.weight().normal_(0, 0.01, new GeneratorOptional());
            classifier.bias().zero_();
        }
        classifier.to(x.device(), false);
        return classifier;
    }

    private void fit(LinearImpl classifier, Tensor x, Tensor y, BooleanSupplier stop) {
        Schedule schedule = new Schedule.Cosine(config.learningRate(), 0, Schedule.Last.BEFORE_FLOOR, config.epochs());
        Sgd.Config rule = new Sgd.Config(config.learningRate(), config.momentum(), config.weightDecay(), false);
        int n = (int) x.size(0);
        try (Sgd optimizer = new Sgd(rule, StateDict.parameters(classifier).values())) {
            for (int epoch = 0; epoch < config.epochs(); epoch++) {
                Stopping.check(stop);
                optimizer.learningRate(schedule.at(epoch, 0, 1, optimizer.learningRate()));
                int[] order = CounterRandom.of(seed, epoch).permutation(n);
                for (int start = 0; start < n; start += config.batchSize()) {
                    int end = Math.min(n, start + config.batchSize());
                    try (Scope scope = Scope.open()) {
                        long[] rows =
                                Arrays.stream(order, start, end).asLongStream().toArray();
                        Tensor chosen = Tensors.to(Tensors.of(rows, rows.length), x.device());
                        Tensor logits = classifier.forward(x.index_select(0, chosen));
                        optimizer.zeroGrad();
                        torch.cross_entropy_loss(logits, y.index_select(0, chosen))
                                .backward();
                        optimizer.step();
                    }
                }
            }
        }
    }
}
