package io.contrast4j.nn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/**
 * One backbone per view, with no shared weights: f_1, …, f_M of CMC. Two views are registered as {@code l_to_ab} and
 * {@code ab_to_l}, the names of the published checkpoints whatever the colour space; more views as {@code view0},
 * {@code view1}, ….
 */
public final class ViewEncoders extends Module implements Encoder {
    private final List<Backbone> backbones = new ArrayList<>();

    /**
     * @param config the backbone of every view
     * @param channels the number of channels of each view, at least two views
     */
    public ViewEncoders(Backbone.Config config, List<Integer> channels) {
        if (channels.size() < 2) {
            throw new IllegalArgumentException("contrasting views takes two or more, not " + channels.size());
        }
        for (int view = 0; view < channels.size(); view++) {
            Backbone backbone = config.build(channels.get(view));
            register_module(name(view, channels.size()), backbone.module());
            backbones.add(backbone);
        }
    }

    private static String name(int view, int views) {
        return views == 2 ? List.of("l_to_ab", "ab_to_l").get(view) : "view" + view;
    }

    /** The backbone of one view, counted from 0. */
    public Backbone backbone(int view) {
        return backbones.get(view);
    }

    /** The backbones of all views, in their order. */
    public List<Backbone> backbones() {
        return List.copyOf(backbones);
    }

    @Override
    public List<Tensor> embed(List<Tensor> views) {
        List<Tensor> features = new ArrayList<>();
        for (int view = 0; view < backbones.size(); view++) {
            features.add(backbones.get(view).embed(views.get(view)));
        }
        return features;
    }
}
