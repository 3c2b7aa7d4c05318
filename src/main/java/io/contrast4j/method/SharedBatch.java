package io.contrast4j.method;

import io.contrast4j.dist.Alone;
import io.contrast4j.dist.Exchange;
import io.contrast4j.dist.GatheredRows;
import io.contrast4j.dist.Ranks;
import io.contrast4j.negatives.NegativeSelector;
import org.bytedeco.pytorch.Tensor;

/**
 * A batch of which each of several processes has a part, as a loss sees it.
 *
 * @param ranks the processes
 * @param lossOf what has a loss of its own
 */
public record SharedBatch(Ranks ranks, LossOf lossOf) {
    /** A batch that is all in this process. */
    public static final SharedBatch HERE = new SharedBatch(new Alone(), LossOf.RANK);

    /** What has a loss of its own; with gradients averaged over the ranks. */
    public enum LossOf {
        /** The part of each rank: the loss of the batch is their mean, as with PyTorch's DistributedDataParallel. */
        RANK,
        /**
         * The whole batch: every rank gathers the features of all, and has the loss that one process has, as with PyTorch's
         * DataParallel.
         */
        BATCH
    }

    /** As configured; by default the whole batch has a loss together where its features are contrasted with each other. */
    static SharedBatch of(Parts parts, Method.Setting setting) {
        boolean isInBatch = parts.negatives() instanceof NegativeSelector.InBatchOnly;
        boolean isGathered = setting.distributed().gatherFeatures().orElse(isInBatch);
        return new SharedBatch(setting.ranks(), isGathered ? LossOf.BATCH : LossOf.RANK);
    }

    /**
     * The features that have a loss together, with gradient.
     *
     * @param own those of this rank, crop by crop, all N pictures of each
     * @return the same, or, crop by crop, those of all ranks
     */
    Tensor features(Tensor own, int crops) {
        return lossOf == LossOf.BATCH ? GatheredRows.of(ranks, own, crops) : own;
    }

    /** The same of one crop. */
    Tensor features(Tensor own) {
        return features(own, 1);
    }

    /** What belongs to the pictures that have a loss together, such as labels, without gradient. */
    Tensor rows(Tensor own) {
        return lossOf == LossOf.BATCH ? GatheredRows.detached(ranks, own, 1) : own;
    }

    /** The mean over the whole batch of what has this mean over the pictures that have a loss together. */
    double mean(double value) {
        return lossOf == LossOf.BATCH || ranks.world().isAlone()
                ? value
                : Exchange.sum(ranks, value)[0] / ranks.world().size();
    }

    /** Pictures of the whole batch, if so many have a loss together. */
    long size(long together) {
        return lossOf == LossOf.BATCH ? together : together * ranks.world().size();
    }
}
