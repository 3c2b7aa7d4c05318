package io.contrast4j.method;

import io.contrast4j.dist.Distributed;
import io.contrast4j.negatives.MemoryBank;
import io.contrast4j.negatives.NegativeSelector;
import io.contrast4j.negatives.NegativeStore;
import io.contrast4j.negatives.ShardedBank;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.Networks;
import io.contrast4j.objective.Objective;
import io.contrast4j.objective.Scores;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.OutOfMemory;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What a method is composed of, as configured.
 *
 * @param crops independent crops of a picture, all of one size
 * @param localCrops further, small crops
 * @param views names of the views of all crops of full size, those of the first crop first
 * @param channels number of channels of each view of a crop
 * @param batchSize pictures of a step
 * @param encoder the network of a view
 * @param store where features of earlier steps are kept
 * @param negatives which of them are contrasted with
 * @param objective what is minimised
 */
public record Parts(
        int crops,
        int localCrops,
        List<String> views,
        List<Integer> channels,
        int batchSize,
        Backbone.Config encoder,
        NegativeStore.Config store,
        NegativeSelector.Config negatives,
        Objective.Config objective) {
    public Parts {
        views = List.copyOf(views);
        channels = List.copyOf(channels);
    }

    /** Demands so many crops, each of one view. */
    void requireCrops(String method, int needed, Problems problems) {
        problems.require(crops == needed, "views.crops", crops, needed + " for method.type = " + method)
                .require(
                        channels.size() == 1,
                        "views.groups",
                        views.subList(0, channels.size()),
                        "one group of channels for method.type = " + method + ", which has one encoder");
    }

    void requireNoLocalCrops(String method, Problems problems) {
        problems.require(
                localCrops == 0,
                "views.local.crops",
                localCrops,
                "none (views.local = null) for method.type = " + method);
    }

    void requireMemoryBank(String method, Problems problems) {
        requireType(store instanceof MemoryBank.Config, "store.type", store, problems, "memory-bank", method);
    }

    /** Demands a store and a choice of its rows for a whole batch. */
    void requireStore(String method, Problems problems) {
        requireStore(method, batchSize, problems);
    }

    /**
     * Demands a store and a choice of its rows.
     *
     * @param anchors pictures whose negatives are picked at a time
     */
    void requireStore(String method, int anchors, Problems problems) {
        String stores = "memory-bank or queue";
        requireType(!(store instanceof NegativeStore.None), "store.type", store, problems, stores, method);
        boolean isSelected = !(negatives instanceof NegativeSelector.InBatchOnly);
        requireType(isSelected, "negatives.type", negatives, problems, "uniform, all, ball or ring", method);
        if (isSelected) {
            negatives.check(store, anchors, problems);
        }
    }

    /** Demands that features of a batch are contrasted with each other only. */
    void requireInBatch(String method, Problems problems) {
        boolean isInBatch = negatives instanceof NegativeSelector.InBatchOnly;
        requireType(isInBatch, "negatives.type", negatives, problems, "in-batch", method);
    }

    void requireNoStore(String method, Problems problems) {
        requireType(store instanceof NegativeStore.None, "store.type", store, problems, "none", method);
    }

    /** Demands that the method's own loss is all there is. */
    void requireNoObjective(String method, Problems problems) {
        requireType(objective instanceof Objective.None, "objective.type", objective, problems, "none", method);
    }

    /**
     * Demands an objective that takes what method and selector produce.
     *
     * @param traits of the method's own
     */
    void checkObjective(Set<Scores.Trait> traits, Problems problems) {
        boolean isSome = !(objective instanceof Objective.None);
        problems.require(isSome, "objective.type", "none", "nce, infonce or align-uniform for this method");
        Set<Scores.Trait> all = EnumSet.noneOf(Scores.Trait.class);
        all.addAll(traits);
        all.addAll(negatives.traits());
        objective.check(all, problems);
    }

    void requireType(boolean isFit, String key, Object part, Problems problems, String types, String method) {
        String type = part.getClass().getAnnotation(TypeName.class).value();
        problems.require(isFit, key, type, types + " for method.type = " + method);
    }

    /** One network for all views, on the device, and over all devices. */
    Networks oneNetwork(Method.Setting setting) {
        Backbone backbone = setting.build(() -> encoder.build(channels.get(0)));
        backbone.module().to(setting.device(), false);
        return new Networks(
                backbone.module(), List.of(setting.parallel().over(backbone, () -> encoder.build(channels.get(0)))));
    }

    /**
     * Demands what can only be told once the training set is known.
     *
     * @param items number of its pictures
     * @throws UserError if the negatives' thresholds leave no rows of the store
     */
    public void requireItems(long items) {
        if (!(store instanceof NegativeStore.None)) {
            negatives.requireRows(store.rows(items));
        }
    }

    /** @throws UserError if there is no memory for it */
    NegativeStore newStore(Method.Setting setting) {
        long rows = store.rows(setting.items());
        double gib = rows * encoder.featureDim() * (double) Float.BYTES / (1L << 30);
        return OutOfMemory.told(
                String.format(
                        Locale.ROOT,
                        "the features of earlier steps: %d rows of %d numbers, %.2f GiB%s",
                        rows,
                        encoder.featureDim(),
                        gib,
                        channels.size() > 1 ? " for each of " + channels.size() + " views" : ""),
                "set a smaller encoder.feature-dim, or store.type=queue, or share them among processes"
                        + " (distributed.bank=sharded)",
                () -> store(setting));
    }

    private NegativeStore store(Method.Setting setting) {
        if (store instanceof MemoryBank.Config bank
                && setting.distributed().bank() == Distributed.Bank.SHARDED
                && !setting.ranks().world().isAlone()) {
            return new ShardedBank(
                    bank, setting.items(), encoder.featureDim(), setting.type(), setting.device(), setting.ranks());
        }
        return store.build(setting.items(), encoder.featureDim(), setting.type(), setting.device());
    }

    /** @param batch whose loss it is */
    Objective newObjective(SharedBatch batch) {
        return objective.build(batch::mean);
    }
}
