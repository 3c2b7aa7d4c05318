package io.contrast4j.cli;

import io.contrast4j.checkpoint.Pretrained;
import io.contrast4j.data.AugmentOn;
import io.contrast4j.data.BatchLoader;
import io.contrast4j.data.CropViews;
import io.contrast4j.data.Dataset;
import io.contrast4j.data.Mixture;
import io.contrast4j.data.Views;
import io.contrast4j.dist.Distributed;
import io.contrast4j.eval.Evaluation;
import io.contrast4j.eval.Gallery;
import io.contrast4j.eval.Labels;
import io.contrast4j.method.Method;
import io.contrast4j.method.Moco;
import io.contrast4j.method.Parts;
import io.contrast4j.metrics.MeterPage;
import io.contrast4j.negatives.NegativeSelector;
import io.contrast4j.negatives.NegativeStore;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.DataParallel;
import io.contrast4j.objective.Objective;
import io.contrast4j.optim.Optimizer;
import io.contrast4j.optim.Schedule;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.train.CheckpointPlan;
import io.contrast4j.train.Trainer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A whole run, as a HOCON file describes it. What each key means is said in {@code reference.conf}.
 *
 * @param name of the run: its folder below {@code out}
 * @param expected what the published run has come to, if this is one
 * @param seed of everything random
 * @param device auto, cpu, cuda or cuda:N
 * @param backend how LibTorch computes there
 * @param augmentOn where training pictures become views
 * @param dataParallel on how many devices at once
 * @param distributed who else trains with this process
 * @param out folder of all runs
 * @param labels which training pictures are learned from, where not all are
 * @param pretrained weights that the encoder starts from
 * @param report the pictures of its report
 * @param metrics where its meters can be read
 */
public record RunConfig(
        String name,
        Optional<Expected> expected,
        long seed,
        String device,
        AugmentOn augmentOn,
        Backend backend,
        DataParallel.Config dataParallel,
        Distributed distributed,
        Path out,
        Dataset.Config data,
        Labels labels,
        BatchLoader.Config loader,
        CropViews.Config views,
        Mixture mixture,
        Backbone.Config encoder,
        Pretrained pretrained,
        Method.Config method,
        NegativeStore.Config store,
        NegativeSelector.Config negatives,
        Objective.Config objective,
        Optimizer.Config optimizer,
        Schedule.Config schedule,
        Trainer.Config train,
        CheckpointPlan checkpoint,
        Evaluation.Config eval,
        Gallery.Config report,
        MeterPage metrics) {
    public RunConfig {
        Problems problems = new Problems();
        requireSize(problems, encoder, "views.size", views.size());
        if (views.evaluation().size() != views.size()) {
            requireSize(
                    problems,
                    encoder,
                    "views.evaluation.size",
                    views.evaluation().size());
        }
        views.local().ifPresent(local -> requireSize(problems, encoder, "views.local.size", local.size()));
        problems.require(
                        name.matches("[A-Za-z0-9][A-Za-z0-9._-]*"),
                        "name",
                        '"' + name + '"',
                        "letters, digits, '.', '_' and '-' only")
                .require(
                        device.matches("auto|cpu|cuda(:\\d{1,3})?"),
                        "device",
                        '"' + device + '"',
                        "auto, cpu, cuda or cuda:N")
                .require(
                        mixture instanceof Mixture.None
                                || views.local().isEmpty()
                                || views.local().get().size() == views.size(),
                        "mixture.type",
                        mixture.getClass().getAnnotation(TypeName.class).value(),
                        "none where views.local.size is not views.size");
        if (augmentOn == AugmentOn.DEVICE) {
            requireDeferrable(problems, views, mixture);
        }
        Parts parts = parts(views, train.batchSize(), encoder, store, negatives, objective);
        method.check(parts, problems);
        List<String> evaluated = views.names(method.encodedCrops(parts));
        problems.require(
                        train.epochs() == 0 || negatives.epochs() <= train.epochs(),
                        "negatives.outer.epochs",
                        negatives.epochs(),
                        "at most train.epochs = " + train.epochs() + ", as the threshold would never arrive at its end")
                .require(
                        method.taps(parts).contains(eval.tap()),
                        "eval.tap",
                        eval.tap(),
                        "one of the encoder's layers " + method.taps(parts))
                .require(
                        dataParallel.replicas() <= train.batchSize(),
                        "data-parallel.replicas",
                        dataParallel.replicas(),
                        "at most train.batch-size = " + train.batchSize() + ", as each has a part of every batch")
                .require(
                        dataParallel.replicas() == 1 || !(method instanceof Moco.Config moco) || moco.shards() == 1,
                        "data-parallel.replicas",
                        dataParallel.replicas(),
                        "1 where method.shards is more than 1, as both are about parts of a batch with statistics of their"
                                + " own")
                .require(
                        evaluated.containsAll(eval.views()),
                        "eval.views",
                        eval.views(),
                        "out of the views " + evaluated)
                .raise();
    }

    private static void requireDeferrable(Problems problems, CropViews.Config views, Mixture mixture) {
        Optional<String> obstacle = mixture instanceof Mixture.None
                ? views.obstacle()
                : Optional.of("mixture.type = "
                        + mixture.getClass().getAnnotation(TypeName.class).value());
        obstacle.ifPresent(found ->
                problems.require(false, "augment-on", "device", "cpu with " + found + ", which only the CPU can make"));
    }

    /** What the method is composed of. */
    Parts parts() {
        return parts(views, train.batchSize(), encoder, store, negatives, objective);
    }

    /** The same for a process that has so many pictures of each batch. */
    Parts parts(int pictures) {
        return parts(views, pictures, encoder, store, negatives, objective);
    }

    /** Views of the middle of a picture, one for each network that is evaluated. */
    Views evaluatedViews() {
        return views.central(method.encodedCrops(parts()));
    }

    private static Parts parts(
            CropViews.Config views,
            int pictures,
            Backbone.Config encoder,
            NegativeStore.Config store,
            NegativeSelector.Config negatives,
            Objective.Config objective) {
        return new Parts(
                views.crops(),
                views.local().map(CropViews.Config.Local::crops).orElse(0),
                views.names(),
                views.groups().stream().map(List::size).toList(),
                pictures,
                encoder,
                store,
                negatives,
                objective);
    }

    private static void requireSize(Problems problems, Backbone.Config encoder, String key, int size) {
        Optional<String> problem = encoder.sizeProblem(size, size);
        problems.require(problem.isEmpty(), key, size, problem.orElse(""));
    }
}
