package io.contrast4j.method;

import io.contrast4j.negatives.NegativeSelector;
import io.contrast4j.negatives.NegativeStore;
import io.contrast4j.nn.Backbone;
import io.contrast4j.objective.Objective;
import java.util.List;

/**
 * What a method is composed of, as configured.
 *
 * @param crops independent crops of a picture, all of one size
 * @param localCrops further, small crops
 * @param views names of the views of all crops of full size, those of the first crop first
 * @param channels number of channels of each view of a crop
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
        Backbone.Config encoder,
        NegativeStore.Config store,
        NegativeSelector.Config negatives,
        Objective.Config objective) {
    public Parts {
        views = List.copyOf(views);
        channels = List.copyOf(channels);
    }
}
