package io.contrast4j.method;

import io.contrast4j.negatives.NegativeStore;
import io.contrast4j.negatives.Rows;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.MultiExit;
import io.contrast4j.nn.Networks;
import io.contrast4j.objective.InfoNce;
import io.contrast4j.objective.Objective;
import io.contrast4j.objective.Scores;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.tensor.Autocast;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The features of a batch contrasted with each other: SelfCon with all its variants, SupCon and SimCLR, which {@link
 * SelfConTerms} tells apart. All crops of a batch pass the network together.
 *
 * <p>With a queue, features of the end from earlier batches are further negatives.
 */
public final class SelfCon implements Method {
    private static final String NAME = "selfcon";

    private final Config config;
    private final Backbone network;
    private final Optional<NegativeStore> queue;
    private final Objective objective;
    private final SharedBatch batch;

    /**
     * @param rows whose features are contrasted
     * @param positives what makes two rows positives of each other
     * @param alpha weight of the contrast of exits alone, at least 0
     */
    @TypeName(NAME)
    public record Config(SelfConTerms.Rows rows, SelfConTerms.Positives positives, double alpha)
            implements Method.Config {
        @Override
        public void check(Parts parts, Problems problems) {
            problems.between("views.crops", parts.crops(), 1, 2);
            parts.requireCrops(NAME, parts.crops(), problems);
            parts.requireNoLocalCrops(NAME, problems);
            parts.requireInBatch(NAME, problems);
            parts.checkObjective(Set.of(Scores.Trait.SEVERAL_POSITIVES), problems);
            problems.require(
                            rows == SelfConTerms.Rows.END || hasExits(parts),
                            "method.rows",
                            "exits-and-end",
                            "end where the encoder has no exits; such as encoder.type = selfcon-resnet have some")
                    .require(
                            alpha >= 0 && (alpha == 0 || rows == SelfConTerms.Rows.EXITS_AND_END),
                            "method.alpha",
                            alpha,
                            "at least 0, and 0 where method.rows = end, as it is the weight of the exits")
                    .require(
                            parts.crops() == 2
                                    || rows == SelfConTerms.Rows.EXITS_AND_END
                                    || positives == SelfConTerms.Positives.SAME_CLASS,
                            "views.crops",
                            parts.crops(),
                            "2 where only the end of the same picture is contrasted, as one crop has no positives")
                    .require(
                            parts.store() instanceof NegativeStore.None
                                    || positives == SelfConTerms.Positives.SAME_PICTURE,
                            "method.positives",
                            "same-class",
                            "same-picture where there is a store, as pictures of a class are in it too");
        }

        private static boolean hasExits(Parts parts) {
            return parts.encoder() instanceof MultiExit.Config exits
                    && exits.encoderTaps().stream().anyMatch(tap -> tap.startsWith(MultiExit.EXIT));
        }

        @Override
        public Networks networks(Parts parts, Setting setting) {
            return parts.oneNetwork(setting);
        }

        @Override
        public SelfCon build(Networks networks, Parts parts, Setting setting) {
            Optional<NegativeStore> queue = parts.store() instanceof NegativeStore.None
                    ? Optional.empty()
                    : Optional.of(parts.newStore(setting));
            SharedBatch batch = SharedBatch.of(parts, setting);
            return new SelfCon(this, networks.backbones().get(0), queue, parts.newObjective(batch), batch);
        }
    }

    /** In one process. */
    public SelfCon(Config config, Backbone network, Optional<NegativeStore> queue, Objective objective) {
        this(config, network, queue, objective, SharedBatch.HERE);
    }

    /**
     * @param network owned by the caller; with exits if they are contrasted
     * @param queue of further negatives, owned by this method
     * @param objective {@link InfoNce} in the published runs, with base temperature 0.07
     * @param batch what processes share
     */
    public SelfCon(
            Config config, Backbone network, Optional<NegativeStore> queue, Objective objective, SharedBatch batch) {
        this.batch = batch;
        this.config = config;
        this.network = network;
        this.queue = queue;
        this.objective = objective;
    }

    @Override
    public Output forward(Input input, StepContext at) {
        Tensor images = input.views().size() == 1
                ? input.views().get(0)
                : torch.cat(new TensorVector(input.views().toArray(new Tensor[0])), 0);
        List<Tensor> own = config.rows() == SelfConTerms.Rows.EXITS_AND_END
                ? MultiExit.embeddings(network, images)
                : List.of(network.embed(images));
        List<Tensor> features = own.stream()
                .map(rows -> batch.features(rows, input.views().size()))
                .toList();
        return Autocast.without(images.device(), () -> contrast(features, input));
    }

    /** @param features those of the exits, the end's last */
    private Output contrast(List<Tensor> features, Input input) {
        List<Tensor> exits = features.subList(0, features.size() - 1);
        Tensor end = features.get(features.size() - 1);
        int crops = input.views().size();
        List<Scores> scores = new SelfConTerms(crops, config.rows(), config.positives(), config.alpha())
                .of(exits, end, input.labels());
        if (queue.isPresent()) {
            scores = scores.stream()
                    .map(term -> against(queue.get().rows(), term, exits, end))
                    .toList();
        }
        Tensor indices =
                crops == 1 ? input.indices() : torch.cat(new TensorVector(input.indices(), input.indices()), 0);
        return new Output(objective.of(scores), scores, List.of(end), List.of(end), indices);
    }

    /** The same with all rows of the queue as further negatives. */
    private static Scores against(Rows rows, Scores term, List<Tensor> exits, Tensor end) {
        List<Tensor> stack = new ArrayList<>(term.pair().equals(SelfConTerms.END) ? List.of() : exits);
        stack.add(end);
        Tensor anchors = torch.cat(new TensorVector(stack.toArray(new Tensor[0])), 0)
                .narrow(0, 0, term.negatives().size(0));
        Tensor more = rows.products(anchors);
        Tensor all = more.new_ones(more.size(0), more.size(1)).gt(Tensors.scalar(0));
        Tensor kept = torch.cat(new TensorVector(term.kept().orElseThrow(), all), 1);
        return term.negatives(torch.cat(new TensorVector(term.negatives(), more), 1))
                .keeping(kept);
    }

    @Override
    public void commit(Output output) {
        queue.ifPresent(store -> store.commit(output.keys().get(0), output.indices()));
        objective.commit();
    }

    @Override
    public void revoke() {
        objective.revoke();
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
        return composition().state();
    }

    @Override
    public void restore(Map<String, ?> state, String source) {
        composition().restore(state, source);
    }

    private Composition composition() {
        Composition parts = new Composition().with("objective", objective);
        queue.ifPresent(store -> parts.with("store", store));
        return parts;
    }

    @Override
    public void close() {
        queue.ifPresent(NegativeStore::close);
    }
}
