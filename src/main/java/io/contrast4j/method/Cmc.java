package io.contrast4j.method;

import io.contrast4j.negatives.Anchor;
import io.contrast4j.negatives.NegativeSelector;
import io.contrast4j.negatives.NegativeStore;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.nn.Encoder;
import io.contrast4j.objective.Objective;
import io.contrast4j.objective.Scores;
import io.contrast4j.spec.TypeName;
import io.contrast4j.spec.UserError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Contrastive multiview coding (Tian, Krishnan, Isola, "Contrastive Multiview Coding", 2019).
 *
 * <p>Every view has an encoder and a store of its own features. The pairing is crossed: the feature of view i is
 * contrasted with the store of view j, for all ordered pairs i ≠ j (the full graph; for two views it is the published
 * form), and the objective is summed over the pairs. A pair is named after its anchors' view, and with more than two
 * views after both, as {@code l-ab}.
 */
public final class Cmc implements Method {
    private final List<String> views;
    private final Encoder encoder;
    private final List<NegativeStore> stores;
    private final NegativeSelector selector;
    private final Objective objective;

    /** CMC has no settings beyond those of its parts. */
    @TypeName("cmc")
    public record Config() implements Method.Config {}

    /**
     * @param views names of the views, such as {@code l} and {@code ab}
     * @param encoder from the views' images to their features, owned by the caller
     * @param stores one for each view, owned by this method
     */
    public Cmc(
            List<String> views,
            Encoder encoder,
            List<NegativeStore> stores,
            NegativeSelector selector,
            Objective objective) {
        this.views = List.copyOf(views);
        this.encoder = encoder;
        this.stores = List.copyOf(stores);
        this.selector = selector;
        this.objective = objective;
    }

    @Override
    public Output forward(List<Tensor> images, Tensor indices, StepContext at) {
        return contrast(encoder.embed(images), indices, at);
    }

    /** The loss of features that are already there: N×D for each view, indices as in {@link #forward}. */
    public Output contrast(List<Tensor> features, Tensor indices, StepContext at) {
        List<Scores> scores = new ArrayList<>();
        for (int i = 0; i < features.size(); i++) {
            for (int j = 0; j < features.size(); j++) {
                if (i != j) {
                    scores.add(selector.select(new Anchor(pair(i, j), features.get(i), indices), stores.get(j), at));
                }
            }
        }
        return new Output(objective.of(scores), features, indices);
    }

    private String pair(int anchors, int contrast) {
        return views.size() == 2 ? views.get(anchors) : views.get(anchors) + "-" + views.get(contrast);
    }

    @Override
    public void commit(Output output) {
        for (int view = 0; view < stores.size(); view++) {
            stores.get(view).commit(output.features().get(view), output.indices());
        }
    }

    @Override
    public Map<String, Object> state() {
        Map<String, Object> state = new LinkedHashMap<>();
        for (int view = 0; view < stores.size(); view++) {
            state.put(views.get(view), stores.get(view).state());
        }
        state.put("objective", objective.state());
        return state;
    }

    @Override
    public void restore(Map<String, ?> state, String source) {
        for (int view = 0; view < stores.size(); view++) {
            stores.get(view).restore(part(state, views.get(view), source), source);
        }
        objective.restore(part(state, "objective", source), source);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, ?> part(Map<String, ?> state, String name, String source) {
        if (!(state.get(name) instanceof Map<?, ?> part)) {
            throw new UserError(
                    UserError.FAILED, source + " has no \"" + name + "\"; use the method it was trained with.");
        }
        return (Map<String, ?>) part;
    }

    @Override
    public void close() {
        stores.forEach(NegativeStore::close);
    }
}
