package io.contrast4j.method;

import io.contrast4j.negatives.Anchor;
import io.contrast4j.negatives.Measure;
import io.contrast4j.negatives.NegativeSelector;
import io.contrast4j.negatives.NegativeStore;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.Encoder;
import io.contrast4j.nn.Networks;
import io.contrast4j.nn.ViewEncoders;
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
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/**
 * Contrastive multiview coding (Tian, Krishnan, Isola, "Contrastive Multiview Coding", 2019).
 *
 * <p>Every view has an encoder and a store of its own features. The pairing is crossed: L(i, j) contrasts the feature of
 * view i with the store of view j, and that of view j with the store of view i. The loss is the sum over the {@link Graph}
 * of the M views, which for two views is the published form. A pair is named after its anchors' view, and with more than
 * two views after both, as {@code l-ab}.
 */
public final class Cmc implements Method {
    private final Config config;
    private final List<String> views;
    private final Encoder encoder;
    private final List<NegativeStore> stores;
    private final NegativeSelector selector;
    private final Objective objective;
    private final SharedBatch batch;

    /** Which views are contrasted with each other. */
    public enum Graph {
        /** All of them: Σ L(i, j) over all 1 ≤ i &lt; j ≤ M. */
        FULL,
        /** One of them with each other one: Σ L(c, j) over all j ≠ c, with the core view c. */
        CORE
    }

    /**
     * @param graph which views are contrasted with each other
     * @param coreView name of the core view; empty for the first view, and for a full graph
     */
    @TypeName("cmc")
    public record Config(Graph graph, Optional<String> coreView) implements Method.Config {
        public Config {
            new Problems()
                    .require(
                            graph == Graph.CORE || coreView.isEmpty(),
                            "core-view",
                            coreView.orElse(""),
                            "null where method.graph = full, as no view is the core there")
                    .raise();
        }

        /** The full graph. */
        public Config() {
            this(Graph.FULL, Optional.empty());
        }

        @Override
        public void check(Parts parts, Problems problems) {
            coreView.ifPresent(view -> problems.require(
                    parts.views().contains(view), "method.core-view", view, "one of the views " + parts.views()));
            problems.require(
                    parts.views().size() >= 2,
                    "views.groups",
                    parts.views(),
                    "two or more groups of channels, or views.crops more than 1, for method.type = cmc, which"
                            + " contrasts views");
            parts.requireNoLocalCrops("cmc", problems);
            parts.requireStore("cmc", problems);
            parts.checkObjective(Set.of(), problems);
        }

        @Override
        public int encodedCrops(Parts parts) {
            return parts.crops();
        }

        @Override
        public Networks networks(Parts parts, Setting setting) {
            ViewEncoders encoders = setting.build(() -> encoders(parts));
            encoders.to(setting.device(), false);
            return new Networks(encoders, backbones(encoders, parts, setting));
        }

        @Override
        public Cmc build(Networks networks, Parts parts, Setting setting) {
            List<NegativeStore> stores = new ArrayList<>();
            for (int view = 0; view < parts.views().size(); view++) {
                stores.add(parts.newStore(setting));
            }
            Encoder encoder = images -> IntStream.range(0, images.size())
                    .mapToObj(view -> networks.backbones().get(view).embed(images.get(view)))
                    .toList();
            SharedBatch batch = SharedBatch.of(parts, setting);
            return new Cmc(
                    this, parts.views(), encoder, stores, parts.negatives().build(), parts.newObjective(batch), batch);
        }

        /** Whether the feature of one view meets the store of another one. */
        private boolean contrasts(String anchors, String contrast, List<String> views) {
            String core = coreView.orElse(views.get(0));
            return !anchors.equals(contrast) && (graph == Graph.FULL || core.equals(anchors) || core.equals(contrast));
        }
    }

    /** In one process. */
    public Cmc(
            Config config,
            List<String> views,
            Encoder encoder,
            List<NegativeStore> stores,
            NegativeSelector selector,
            Objective objective) {
        this(config, views, encoder, stores, selector, objective, SharedBatch.HERE);
    }

    /**
     * @param views names of the views, such as {@code l} and {@code ab}
     * @param encoder from the views' images to their features, owned by the caller
     * @param stores one for each view, owned by this method; in either graph each is contrasted with
     * @param batch what processes share
     */
    public Cmc(
            Config config,
            List<String> views,
            Encoder encoder,
            List<NegativeStore> stores,
            NegativeSelector selector,
            Objective objective,
            SharedBatch batch) {
        this.batch = batch;
        this.config = config;
        this.views = List.copyOf(views);
        this.encoder = encoder;
        this.stores = List.copyOf(stores);
        this.selector = selector;
        this.objective = objective;
    }

    @Override
    public Output forward(Input input, StepContext at) {
        List<Tensor> features =
                encoder.embed(input.views()).stream().map(batch::features).toList();
        return Autocast.without(features.get(0).device(), () -> contrast(features, input.indices(), at));
    }

    /** The loss of features that are already there: N×D for each view, indices as in {@link Input}. */
    public Output contrast(List<Tensor> features, Tensor indices, StepContext at) {
        List<Scores> scores = new ArrayList<>();
        for (int i = 0; i < features.size(); i++) {
            for (int j = 0; j < features.size(); j++) {
                if (config.contrasts(views.get(i), views.get(j), views)) {
                    NegativeStore store = stores.get(j);
                    // Where rows belong to no items, the positive is the other view's feature of this step.
                    Optional<Tensor> other = store.rowsOf(indices).isPresent()
                            ? Optional.empty()
                            : Optional.of(features.get(j).detach());
                    Anchor anchor =
                            new Anchor(pair(views, i, j), features.get(i), other, indices, batch.size(indices.size(0)));
                    scores.add(selector.select(anchor, store, at)
                            .within(List.of(Tensors.gram(features.get(i)), Tensors.gram(features.get(j)))));
                }
            }
        }
        return new Output(objective.of(scores), scores, features, features, indices);
    }

    /** An encoder for each view of each crop. */
    static ViewEncoders encoders(Parts parts) {
        return new ViewEncoders(parts.encoder(), channels(parts));
    }

    /** Each over all devices. */
    static List<Backbone> backbones(ViewEncoders encoders, Parts parts, Setting setting) {
        List<Integer> channels = channels(parts);
        return IntStream.range(0, channels.size())
                .mapToObj(view -> setting.parallel()
                        .over(encoders.backbone(view), () -> parts.encoder().build(channels.get(view))))
                .toList();
    }

    /** The number of channels of each view of each crop. */
    static List<Integer> channels(Parts parts) {
        List<Integer> channels = new ArrayList<>();
        for (int crop = 0; crop < parts.crops(); crop++) {
            channels.addAll(parts.channels());
        }
        return channels;
    }

    /** Name of a directed pair of views. */
    static String pair(List<String> views, int anchors, int contrast) {
        return views.size() == 2 ? views.get(anchors) : views.get(anchors) + "-" + views.get(contrast);
    }

    @Override
    public void commit(Output output) {
        for (int view = 0; view < stores.size(); view++) {
            stores.get(view).commit(output.keys().get(view), output.indices());
        }
        objective.commit();
    }

    @Override
    public void revoke() {
        objective.revoke();
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
        return composition().state();
    }

    @Override
    public void restore(Map<String, ?> state, String source) {
        composition().restore(state, source);
    }

    private Composition composition() {
        Composition parts = new Composition();
        for (int view = 0; view < stores.size(); view++) {
            parts.with(views.get(view), stores.get(view));
        }
        return parts.with("negatives", selector).with("objective", objective);
    }

    @Override
    public void close() {
        stores.forEach(NegativeStore::close);
    }
}
