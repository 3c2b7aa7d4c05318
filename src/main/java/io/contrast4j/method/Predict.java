package io.contrast4j.method;

import io.contrast4j.negatives.StepContext;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.Networks;
import io.contrast4j.nn.ViewEncoders;
import io.contrast4j.objective.Loss;
import io.contrast4j.objective.PredictionError;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Each view predicted from each other one instead of contrasted with it: what CMC is compared with (Tian, Krishnan, Isola,
 * "Contrastive Multiview Coding", 2019). The networks are CMC's. A linear layer makes of view i's embedding the pixels of
 * view j, averaged over a grid of g×g cells; the loss is the sum over all ordered pairs of the mean squared error. Parts
 * are named as CMC's.
 */
public final class Predict implements Method {
    private static final String NAME = "predict";

    private final PredictiveNetworks networks;
    private final List<Backbone> backbones;
    private final List<String> views;
    private final int grid;
    private final SharedBatch batch;

    /** @param grid g: cells of a predicted view in each direction, at least 1 */
    @TypeName(NAME)
    public record Config(int grid) implements Method.Config {
        public Config {
            new Problems().atLeast("grid", grid, 1).raise();
        }

        @Override
        public void check(Parts parts, Problems problems) {
            problems.require(
                    parts.views().size() >= 2,
                    "views.groups",
                    parts.views(),
                    "two or more groups of channels, or views.crops more than 1, for method.type = predict");
            parts.requireNoLocalCrops(NAME, problems);
            parts.requireNoStore(NAME, problems);
            parts.requireInBatch(NAME, problems);
            parts.requireNoObjective(NAME, problems);
        }

        @Override
        public int encodedCrops(Parts parts) {
            return parts.crops();
        }

        @Override
        public Networks networks(Parts parts, Setting setting) {
            PredictiveNetworks networks = setting.build(() -> new PredictiveNetworks(
                    Cmc.encoders(parts), Cmc.channels(parts), parts.encoder().featureDim(), grid));
            networks.to(setting.device(), false);
            return new Networks(networks, Cmc.backbones(networks.encoders, parts, setting));
        }

        @Override
        public Predict build(Networks networks, Parts parts, Setting setting) {
            return new Predict(
                    (PredictiveNetworks) networks.module(),
                    networks.backbones(),
                    parts.views(),
                    grid,
                    SharedBatch.of(parts, setting));
        }
    }

    /** The views' encoders, and for each ordered pair (i, j) a linear layer {@code predictors.<i>-<j>}. */
    static final class PredictiveNetworks extends Module {
        private final ViewEncoders encoders;
        private final Map<String, LinearImpl> predictors = new LinkedHashMap<>();

        PredictiveNetworks(ViewEncoders encoders, List<Integer> channels, int featureDim, int grid) {
            this.encoders = register_module("encoders", encoders);
            Module all = new Module();
            for (int i = 0; i < channels.size(); i++) {
                for (int j = 0; j < channels.size(); j++) {
                    if (i != j) {
                        LinearImpl linear = new LinearImpl(featureDim, (long) channels.get(j) * grid * grid);
                        predictors.put(i + "-" + j, all.register_module(i + "-" + j, linear));
                    }
                }
            }
            register_module("predictors", all);
        }
    }

    private Predict(
            PredictiveNetworks networks, List<Backbone> backbones, List<String> views, int grid, SharedBatch batch) {
        this.batch = batch;
        this.networks = networks;
        this.backbones = backbones;
        this.views = List.copyOf(views);
        this.grid = grid;
    }

    @Override
    public Output forward(Input input, StepContext at) {
        List<Tensor> targets = input.views().stream()
                .map(view ->
                        batch.rows(torch.adaptive_avg_pool2d(view, grid, grid).flatten(1, -1)))
                .toList();
        List<Tensor> features = new ArrayList<>();
        for (int view = 0; view < backbones.size(); view++) {
            features.add(batch.features(backbones.get(view).embed(input.views().get(view))));
        }
        Map<String, Tensor> parts = new LinkedHashMap<>();
        List<Tensor> losses = new ArrayList<>();
        for (int i = 0; i < features.size(); i++) {
            for (int j = 0; j < features.size(); j++) {
                if (i != j) {
                    Tensor predicted = networks.predictors.get(i + "-" + j).forward(features.get(i));
                    Tensor loss = PredictionError.of(predicted, targets.get(j));
                    parts.put("loss." + Cmc.pair(views, i, j), loss.detach());
                    losses.add(loss);
                }
            }
        }
        Tensor total = losses.stream().reduce(Tensor::add).orElseThrow();
        return new Output(new Loss(total, parts), List.of(), features, List.of(), input.indices());
    }

    @Override
    public void commit(Output output) {}

    @Override
    public void revoke() {}

    @Override
    public Map<String, Object> state() {
        return Map.of();
    }

    @Override
    public void restore(Map<String, ?> state, String source) {}

    @Override
    public void close() {}
}
