package io.contrast4j.method;

import io.contrast4j.data.Chance;
import io.contrast4j.data.UnMix;
import io.contrast4j.dist.GatheredRows;
import io.contrast4j.dist.Ranks;
import io.contrast4j.negatives.Anchor;
import io.contrast4j.negatives.Measure;
import io.contrast4j.negatives.NegativeSelector;
import io.contrast4j.negatives.NegativeStore;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.MomentumEncoder;
import io.contrast4j.nn.Networks;
import io.contrast4j.nn.Shards;
import io.contrast4j.objective.Objective;
import io.contrast4j.objective.Scores;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Autocast;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.RunningStatistics;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Momentum contrast (He, Fan, Wu, Xie, Girshick, "Momentum Contrast for Unsupervised Visual Representation Learning",
 * 2020; v2: Chen, Fan, Girshick, He, 2020): the query q of one crop is contrasted with the key k of another crop, which a
 * slowly following encoder makes, and with keys of earlier batches. v2 is a matter of settings: an mlp head, stronger
 * views, a cosine schedule. Further, local crops are queries too; the loss is the mean over the queries.
 *
 * <p>Keys never have gradients. With more than one shard, or replica, the key encoder sees the batch in random order (shuffle-BN), so
 * that a query's batch statistics do not give its key away.
 */
public final class Moco implements Method {
    /** Name of the key encoder's tensors in the state. */
    public static final String KEY_ENCODER = "key-encoder";

    private static final String QUERY = "q";
    private static final String FOLLOWED = "followed";

    private final SharedBatch batch;
    private final Ranks ranks;
    private final Config config;
    private final Backbone online;
    private final MomentumEncoder momentum;
    private final NegativeStore store;
    private final NegativeSelector selector;
    private final Objective objective;
    private final Shards shards;
    private final RunningStatistics keyStatistics;

    /** Whether the key encoder has followed the optimizer's last step already, for a step that did not come about. */
    private boolean followed;

    /** Whether a batch of the step under way has been seen. */
    private boolean underWay;

    /** When the key encoder follows. */
    public enum Update {
        /** Before the keys of a step, after the optimizer's step before it: MoCo's and align-uniform's. */
        BEFORE_KEYS,
        /** After the optimizer's step: that of the MoCo by CMC's authors. */
        AFTER_STEP
    }

    /**
     * @param momentum m of the key encoder, 0 to 1
     * @param buffers what becomes of the key encoder's batch statistics
     * @param update when the key encoder follows
     * @param shards equal parts of a batch with batch statistics and losses of their own, as on so many devices; batches are
     *     multiples of it. In several processes 1, where each is a shard, or a multiple of their number
     * @param symmetric whether each crop is query and key in turn; the two losses are added
     * @param unMix mixtures of the batch with itself as further queries; empty for none
     */
    @TypeName("moco")
    public record Config(
            double momentum,
            MomentumEncoder.Buffers buffers,
            Update update,
            int shards,
            boolean symmetric,
            Optional<UnMix> unMix)
            implements Method.Config {
        public Config {
            new Problems()
                    .between("momentum", momentum, 0, 1)
                    .atLeast("shards", shards, 1)
                    .require(
                            !(symmetric && unMix.isPresent()),
                            "symmetric",
                            symmetric,
                            "false where there is a method.un-mix")
                    .raise();
        }

        @Override
        public void check(Parts parts, Problems problems) {
            parts.requireCrops("moco", 2, problems);
            parts.requireStore("moco", parts.batchSize() / shards, problems);
            problems.require(
                    parts.batchSize() % shards == 0,
                    "method.shards",
                    shards,
                    "a divisor of train.batch-size = " + parts.batchSize()
                            + ", as all shards have equal parts of a batch");
            parts.checkObjective(Set.of(), problems);
        }

        @Override
        public Networks networks(Parts parts, Setting setting) {
            return parts.oneNetwork(setting);
        }

        @Override
        public Moco build(Networks networks, Parts parts, Setting setting) {
            shardsHere(shards, setting.ranks().world().size()); // before anything is made that would have to be closed
            Backbone online = networks.backbones().get(0);
            SharedBatch batch = SharedBatch.of(parts, setting);
            return new Moco(
                    this,
                    online,
                    new MomentumEncoder(
                            new MomentumEncoder.Config(momentum, buffers),
                            online,
                            () -> parts.oneNetwork(setting).backbones().get(0)),
                    parts.newStore(setting),
                    parts.negatives().build(),
                    parts.newObjective(batch),
                    batch);
        }
    }

    /** In one process. */
    public Moco(
            Config config,
            Backbone online,
            MomentumEncoder momentum,
            NegativeStore store,
            NegativeSelector selector,
            Objective objective) {
        this(config, online, momentum, store, selector, objective, SharedBatch.HERE);
    }

    /** One of several processes, each of which has a loss of its own. */
    public Moco(
            Config config,
            Backbone online,
            MomentumEncoder momentum,
            NegativeStore store,
            NegativeSelector selector,
            Objective objective,
            Ranks ranks) {
        this(config, online, momentum, store, selector, objective, new SharedBatch(ranks, SharedBatch.LossOf.RANK));
    }

    /**
     * @param online makes the queries; owned by the caller
     * @param momentum makes the keys, owned by this method
     * @param store of keys, owned by this method
     * @param batch what processes share; of several, each is a shard, or has its part of more shards
     * @throws UserError if the shards cannot be dealt out to the processes
     */
    public Moco(
            Config config,
            Backbone online,
            MomentumEncoder momentum,
            NegativeStore store,
            NegativeSelector selector,
            Objective objective,
            SharedBatch batch) {
        this.batch = batch;
        this.ranks = batch.ranks();
        this.config = config;
        this.online = online;
        this.momentum = momentum;
        this.store = store;
        this.selector = selector;
        this.objective = objective;
        this.shards = new Shards(shardsHere(config.shards(), ranks.world().size()));
        this.keyStatistics = new RunningStatistics(momentum.network().module());
    }

    private static int shardsHere(int shards, int processes) {
        if (shards > 1 && shards % processes != 0) {
            throw new UserError(
                    UserError.USAGE,
                    "method.shards = " + shards + " cannot be dealt out to " + processes
                            + " processes; use 1, where each process is a shard, or a multiple of " + processes + ".");
        }
        return Math.max(1, shards / processes);
    }

    @Override
    public Output forward(Input input, StepContext at) {
        begin();
        List<Tensor> crops = input.views();
        List<Query> queries = new ArrayList<>();
        Tensor key = key(crops.get(1), at);
        queries.add(new Query(QUERY, query(crops.get(0)), key, 1));
        for (int local = 2; local < crops.size(); local++) {
            queries.add(new Query(QUERY + local, query(crops.get(local)), key, 1));
        }
        List<Tensor> keys = new ArrayList<>(List.of(key));
        if (config.symmetric()) {
            Tensor other = key(crops.get(0), at);
            keys.add(other);
            queries.add(new Query("swapped", query(crops.get(1)), other, 1));
        }
        config.unMix().ifPresent(unMix -> {
            Tensor images = crops.get(0);
            UnMix.Mixed mixed = unMix.mix(
                    images,
                    part(ranks.gather(images).flip(0), images.size(0)),
                    Chance.of(at.draws().mixing()));
            Tensor features = query(mixed.images());
            queries.add(new Query("mixed", features, key, mixed.share()));
            // The reverse of the mixed batch is the mixture of the reversed one: no further pass through the encoder.
            Tensor reversed = GatheredRows.of(ranks, features).flip(0);
            queries.add(new Query("reversed", part(reversed, images.size(0)), key, 1 - mixed.share()));
        });
        return Autocast.without(
                key.device(), () -> contrast(together(queries), allTogether(keys), input.indices(), at));
    }

    private List<Query> together(List<Query> own) {
        return own.stream()
                .map(query -> new Query(
                        query.name(), batch.features(query.features()), batch.rows(query.keys()), query.weight()))
                .toList();
    }

    private List<Tensor> allTogether(List<Tensor> own) {
        return own.stream().map(batch::rows).toList();
    }

    /** The rows of this rank, out of those of all. */
    private Tensor part(Tensor all, long rows) {
        return all.narrow(0, ranks.world().rank() * rows, rows);
    }

    /** Before the first batch of a step. The key encoder follows a step of the optimizer once. */
    private void begin() {
        if (underWay) {
            return;
        }
        underWay = true;
        if (config.update() == Update.BEFORE_KEYS && !followed) {
            momentum.update();
            followed = true;
        }
        keyStatistics.save();
    }

    /**
     * Queries of one crop.
     *
     * @param features N×D with gradient
     * @param keys N×D, the positive of each
     * @param weight factor of the loss
     */
    public record Query(String name, Tensor features, Tensor keys, double weight) {}

    /**
     * The loss of features that are already there.
     *
     * @param keys what the store takes in, of one crop or two
     * @param indices as in {@link Input}
     */
    public Output contrast(List<Query> queries, List<Tensor> keys, Tensor indices, StepContext at) {
        long crops =
                queries.stream().filter(query -> query.name().startsWith(QUERY)).count();
        List<Scores> scores = new ArrayList<>();
        for (Query query : queries) {
            double weight = query.name().startsWith(QUERY) ? query.weight() / crops : query.weight();
            scores.addAll(sharded(query, weight, indices, at));
        }
        List<Tensor> features = queries.stream().map(Query::features).toList();
        Tensor all = keys.size() == 1 ? keys.get(0) : torch.cat(new TensorVector(keys.toArray(new Tensor[0])), 0);
        Tensor ofKeys = keys.size() == 1 ? indices : torch.cat(new TensorVector(indices, indices), 0);
        return new Output(objective.of(scores), scores, features, List.of(all), ofKeys);
    }

    /** Every shard has a loss of its own, of which the mean is taken, as on so many devices. */
    private List<Scores> sharded(Query query, double weight, Tensor indices, StepContext at) {
        // Where the whole batch has one loss, shards only have batch statistics of their own.
        int parts = batch.lossOf() == SharedBatch.LossOf.BATCH ? 1 : shards.count();
        if (parts == 1) {
            Anchor anchor = new Anchor(query.name(), query.features(), Optional.of(query.keys()), indices);
            return List.of(scores(anchor, at).times(weight));
        }
        List<Scores> scores = new ArrayList<>();
        long size = query.features().size(0) / parts;
        for (int shard = 0; shard < parts; shard++) {
            long from = shard * size;
            Anchor anchor = new Anchor(
                    query.name(),
                    query.features().narrow(0, from, size),
                    Optional.of(query.keys().narrow(0, from, size)),
                    indices.narrow(0, from, size));
            scores.add(scores(anchor, at).times(weight / parts));
        }
        return scores;
    }

    private Scores scores(Anchor anchor, StepContext at) {
        Scores scores = selector.select(anchor, store, at);
        Tensor keys = anchor.positives().orElseThrow();
        return scores.within(List.of(Tensors.gram(anchor.features()), Tensors.gram(keys)));
    }

    private Tensor query(Tensor images) {
        return shards.embed(online, images);
    }

    private Tensor key(Tensor images, StepContext at) {
        try (NoGrad noGrad = NoGrad.open()) {
            if (!ranks.world().isAlone()) {
                return keyAmongRanks(images, at);
            }
            if (!shards.isSplit(momentum.network())) {
                return momentum.embed(images);
            }
            Tensor order = Tensors.to(at.draws().permutation(images.size(0)), images.device());
            Tensor shuffled = shards.embed(momentum.network(), images.index_select(0, order));
            return shuffled.index_select(0, order.argsort());
        }
    }

    /**
     * The pictures of all ranks in random order, of which each rank encodes its part; the keys are put back in order, and each
     * rank takes those of its own pictures. All ranks draw the same order.
     */
    private Tensor keyAmongRanks(Tensor images, StepContext at) {
        ranks.broadcast(momentum.buffers());
        long size = images.size(0);
        Tensor all = ranks.gather(images);
        Tensor order = Tensors.to(at.draws().permutation(all.size(0)), images.device());
        Tensor encoded = shards.embed(momentum.network(), all.index_select(0, part(order, size)));
        return ranks.gather(encoded).index_select(0, part(order.argsort(), size));
    }

    @Override
    public void commit(Output output) {
        store.commit(output.keys().get(0), output.indices());
        objective.commit();
        if (config.update() == Update.AFTER_STEP) {
            momentum.update();
        }
        followed = false;
        underWay = false;
    }

    /**
     * The key encoder's statistics, and what the objective has set, are taken back. Where the key encoder has followed the step
     * before, it does not do so again.
     */
    @Override
    public void revoke() {
        if (underWay) {
            keyStatistics.restore();
        }
        objective.revoke();
        underWay = false;
    }

    @Override
    public Optional<Measure> follows() {
        return selector.follows();
    }

    @Override
    public void observe(double value) {
        selector.observe(value);
    }

    @Override
    public Map<String, Double> monitors() {
        return composition().monitors();
    }

    @Override
    public void assemble() {
        composition().assemble();
    }

    @Override
    public Map<String, Object> state() {
        Map<String, Object> state = new LinkedHashMap<>(composition().state());
        if (followed) {
            state.put(FOLLOWED, true);
        }
        return state;
    }

    @Override
    public void restore(Map<String, ?> state, String source) {
        composition().restore(state, source);
        followed = Boolean.TRUE.equals(state.get(FOLLOWED));
        underWay = false;
    }

    private Composition composition() {
        return new Composition()
                .with("store", store)
                .with(KEY_ENCODER, momentum)
                .with("negatives", selector)
                .with("objective", objective);
    }

    @Override
    public void close() {
        keyStatistics.close();
        store.close();
        momentum.close();
    }
}
