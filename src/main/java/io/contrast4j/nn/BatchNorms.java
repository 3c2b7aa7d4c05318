package io.contrast4j.nn;

import io.contrast4j.dist.Alone;
import io.contrast4j.dist.Ranks;
import java.util.function.Supplier;
import org.bytedeco.pytorch.BatchNorm1dImpl;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.BatchNormOptions;
import org.bytedeco.pytorch.Tensor;

/**
 * The batch norms of networks: LibTorch's, or, for networks that are built within {@link #across}, those that normalise with
 * mean and variance over the pictures of all ranks. Names, parameters and files are the same.
 */
public final class BatchNorms {
    /** Networks are built deep down in constructors that have nothing else to do with ranks. */
    private static final ThreadLocal<Ranks> SHARING = ThreadLocal.withInitial(Alone::new);

    private BatchNorms() {}

    /**
     * Builds networks on this thread whose batch norms exchange their statistics. In training, all ranks must run them equally
     * often and in the same order; in evaluation nothing is exchanged.
     *
     * @param ranks must be open as long as the networks are trained
     */
    public static <T> T across(Ranks ranks, Supplier<T> networks) {
        Ranks before = SHARING.get();
        SHARING.set(ranks);
        try {
            return networks.get();
        } finally {
            SHARING.set(before);
        }
    }

    /** Over the channels of N×C×H×W maps. */
    static BatchNorm2dImpl ofMaps(BatchNormOptions options) {
        Ranks ranks = SHARING.get();
        return ranks.world().isAlone() ? new BatchNorm2dImpl(options) : new OfMaps(options, ranks);
    }

    /** Over the columns of N×C rows. */
    static BatchNorm1dImpl ofRows(BatchNormOptions options) {
        Ranks ranks = SHARING.get();
        return ranks.world().isAlone() ? new BatchNorm1dImpl(options) : new OfRows(options, ranks);
    }

    private static final class OfMaps extends BatchNorm2dImpl {
        private final SharedNorm norm;

        OfMaps(BatchNormOptions options, Ranks ranks) {
            super(options);
            this.norm = SharedNorm.of(options, ranks);
        }

        @Override
        public Tensor forward(Tensor x) {
            return is_training()
                    ? norm.of(
                            x,
                            weight(),
                            bias(),
                            new SharedNorm.Running(running_mean(), running_var(), num_batches_tracked()))
                    : super.forward(x);
        }
    }

    private static final class OfRows extends BatchNorm1dImpl {
        private final SharedNorm norm;

        OfRows(BatchNormOptions options, Ranks ranks) {
            super(options);
            this.norm = SharedNorm.of(options, ranks);
        }

        @Override
        public Tensor forward(Tensor x) {
            return is_training()
                    ? norm.of(
                            x,
                            weight(),
                            bias(),
                            new SharedNorm.Running(running_mean(), running_var(), num_batches_tracked()))
                    : super.forward(x);
        }
    }
}
