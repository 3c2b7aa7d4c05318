package io.contrast4j.method;

import io.contrast4j.dist.Alone;
import io.contrast4j.dist.Distributed;
import io.contrast4j.dist.Ranks;
import io.contrast4j.negatives.Measure;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.nn.BatchNorms;
import io.contrast4j.nn.DataParallel;
import io.contrast4j.nn.Networks;
import io.contrast4j.objective.Loss;
import io.contrast4j.objective.Monitored;
import io.contrast4j.objective.Scores;
import io.contrast4j.spec.Problems;
import io.contrast4j.tensor.Stateful;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A way of learning from views. Its state is everything but the tensors of its {@link Networks}. */
public interface Method extends Stateful, Monitored, Revocable, AutoCloseable {
    /** The loss of one batch. A step has one batch, or several whose gradients are accumulated. */
    Output forward(Input input, StepContext at);

    /**
     * Lets stores and momentum encoders follow; called once after the optimizer's step.
     *
     * @param output keys and indices of all batches of the step, one after the other
     */
    void commit(Output output);

    /** What it wants to be told of the training; empty for most. */
    default Optional<Measure> follows() {
        return Optional.empty();
    }

    /** Tells what it follows: a loss after each step, an accuracy in percent after each validation. */
    default void observe(double value) {}

    @Override
    void close();

    /**
     * A batch of N pictures.
     *
     * @param views N×C×H×W for each view of each crop, the views of the first crop first; on the training device
     * @param labels int64 N on the training device; only supervised methods look at them
     * @param indices the pictures' positions in the data set, int64 N on the CPU
     */
    record Input(List<Tensor> views, Tensor labels, Tensor indices) {
        public Input {
            views = List.copyOf(views);
        }
    }

    /**
     * What a forward pass has found.
     *
     * @param scores what the objective was asked about
     * @param features unit rows N×D with gradient, one for each view
     * @param keys what each store takes in at the commit, N×D; in the order of the stores
     * @param indices positions in the data set of the keys' pictures, int64 on the CPU: those given, once for each crop that
     *     has keys
     * @param pictures the same of scores and features, whose rows are these pictures over and over
     */
    record Output(
            Loss loss, List<Scores> scores, List<Tensor> features, List<Tensor> keys, Tensor indices, Tensor pictures) {
        public Output {
            scores = List.copyOf(scores);
            features = List.copyOf(features);
            keys = List.copyOf(keys);
        }

        /** With features of the pictures that have keys. */
        public Output(Loss loss, List<Scores> scores, List<Tensor> features, List<Tensor> keys, Tensor indices) {
            this(loss, scores, features, keys, indices, indices);
        }
    }

    /**
     * Where and for what a method is built.
     *
     * @param items pictures of the training set
     * @param classes of the training set
     * @param type of features and stores
     * @param ranks the processes that share each batch
     * @param distributed how they do
     * @param parallel the devices of this process, over which its networks are spread; the first one is {@code device}
     */
    record Setting(
            long items,
            int classes,
            ScalarType type,
            Device device,
            Ranks ranks,
            Distributed distributed,
            DataParallel parallel) {
        /** On one device of each process. */
        public Setting(long items, int classes, ScalarType type, Device device, Ranks ranks, Distributed distributed) {
            this(items, classes, type, device, ranks, distributed, DataParallel.none(device));
        }

        /** In one process. */
        public Setting(long items, int classes, ScalarType type, Device device) {
            this(items, classes, type, device, new Alone(), Distributed.byEnvironment());
        }

        /** Networks whose batch norms have their statistics from where it is configured. */
        <T> T build(Supplier<T> networks) {
            return distributed.syncBatchNorm() ? BatchNorms.across(ranks, networks) : networks.get();
        }
    }

    /** Which method; picked by the key {@code type}. */
    sealed interface Config
            permits Cmc.Config,
                    InsDis.Config,
                    Moco.Config,
                    SelfCon.Config,
                    AlignUniformPairs.Config,
                    OneStage.Config,
                    FineTune.Config,
                    Predict.Config {
        /** Notes which parts do not go together with this method, and why. */
        void check(Parts parts, Problems problems);

        /** Number of crops that have networks of their own; 1 where all crops share them. */
        default int encodedCrops(Parts parts) {
            return 1;
        }

        /** Layers of the networks that can be evaluated. */
        default Set<String> taps(Parts parts) {
            return parts.encoder().taps();
        }

        /** Networks with fresh random weights from LibTorch's default generator; the caller's arena owns them. */
        Networks networks(Parts parts, Setting setting);

        /** The method on these networks, with random stores from LibTorch's default generator. */
        Method build(Networks networks, Parts parts, Setting setting);
    }
}
