package io.contrast4j.method;

import io.contrast4j.dist.Distributed;
import io.contrast4j.negatives.Ball;
import io.contrast4j.negatives.InnerMode;
import io.contrast4j.negatives.Threshold;
import io.contrast4j.objective.Scores;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A method whose batches several processes share.
 *
 * @param distributed how they do
 */
record SharedCase(String name, Combination combination, Distributed distributed) {
    /** In the names of cases whose ranks have batch statistics of their own. */
    static final String OWN_BATCH_NORM = "sync-batch-norm=false";

    /** In the names of cases whose ranks have parts of a bank. */
    static final String SHARDED_BANK = "bank=SHARDED";

    /** As published, but for batch norms, which see the batches of one process. */
    private static final Distributed SYNCHRONISED = distributed(Optional.empty(), Distributed.Bank.REPLICATED, true);

    private static final Distributed SHARDED = distributed(Optional.empty(), Distributed.Bank.SHARDED, true);
    private static final Distributed GATHERED = distributed(Optional.of(true), Distributed.Bank.REPLICATED, true);
    private static final Distributed OWN_STATISTICS = distributed(Optional.empty(), Distributed.Bank.REPLICATED, false);

    private static Distributed distributed(Optional<Boolean> gather, Distributed.Bank bank, boolean sync) {
        return new Distributed(
                "env://",
                Optional.empty(),
                Optional.empty(),
                false,
                Distributed.Carrier.AUTO,
                Duration.ofMinutes(2),
                true,
                25,
                gather,
                bank,
                sync);
    }

    Method.Config method() {
        return combination.method();
    }

    Parts parts() {
        return combination.parts();
    }

    Method.Input input(int step) {
        return combination.input(step);
    }

    /** @param processes of the largest world that is compared */
    static List<SharedCase> of(int processes) {
        List<SharedCase> all = new ArrayList<>();
        for (Distributed bank : List.of(SYNCHRONISED, SHARDED)) {
            add(all, bank, "cmc", "two-groups", "resnet", "memory-bank", "uniform", "nce");
            add(all, bank, "cmc", "two-crops-of-two-groups", "resnet", "memory-bank", "uniform", "infonce");
            add(all, bank, "cmc", "two-groups", "resnet", "memory-bank", "ring-without-own", "infonce");
            add(all, bank, "insdis", "one-crop", "resnet", "memory-bank", "uniform", "nce");
            add(all, bank, "insdis", "one-crop", "resnet", "memory-bank", "all", "infonce");
            add(all, bank, "insdis", "one-crop", "ring-resnet", "memory-bank", "ring", "infonce");
            add(all, bank, "insdis", "one-crop", "ring-resnet", "memory-bank", "ball-neighbours", "infonce");
            add(all, bank, "moco", "two-crops", "resnet", "memory-bank", "ring-neighbours", "infonce");
            all.add(ballOfTheBatch(bank));
        }
        add(all, SYNCHRONISED, "cmc-core", "three-groups", "resnet", "queue", "all", "infonce");
        add(all, SYNCHRONISED, "cmc", "two-groups", "resnet", "queue", "uniform", "nce");
        add(all, SYNCHRONISED, "moco", "two-crops", "torchvision-resnet", "queue", "all", "infonce");
        add(all, SYNCHRONISED, "moco", "two-crops-and-local-ones", "resnet", "queue", "ring", "infonce");
        add(all, SYNCHRONISED, "moco-symmetric", "two-crops", "resnet", "queue", "all", "nce");
        add(all, SYNCHRONISED, "moco-after-step", "two-crops", "resnet", "queue", "ball", "infonce");
        add(all, SYNCHRONISED, "moco-un-mix", "two-crops", "resnet", "queue", "all", "infonce");
        for (String method : List.of("cmc", "insdis", "moco-symmetric")) {
            String views = method.equals("cmc") ? "two-groups" : method.equals("insdis") ? "one-crop" : "two-crops";
            String store = method.startsWith("moco") ? "queue" : "memory-bank";
            add(all, GATHERED, method, views, "resnet", store, "uniform", "align-uniform-contrastive");
        }
        add(all, GATHERED, "moco-un-mix", "two-crops", "resnet", "queue", "uniform", "nce");
        add(all, SYNCHRONISED, "align-uniform", "two-crops", "resnet", "no-store", "in-batch", "align-uniform-alone");
        for (String method : Combination.METHODS.keySet()) {
            // The end alone has no weight of the exits.
            if (method.startsWith("selfcon") && !(method.contains("-end-") && method.endsWith("-0.5"))) {
                add(all, SYNCHRONISED, method, "two-crops", "selfcon-resnet", "no-store", "in-batch", "infonce");
            } else if (method.startsWith("one-stage")) {
                add(all, SYNCHRONISED, method, "one-crop", "selfcon-resnet", "no-store", "in-batch", "no-objective");
            }
        }
        add(
                all,
                SYNCHRONISED,
                "selfcon-end-same_picture-0.0",
                "two-crops",
                "selfcon-resnet",
                "queue",
                "in-batch",
                "infonce");
        add(
                all,
                SHARDED,
                "selfcon-end-same_picture-0.0",
                "two-crops",
                "selfcon-resnet",
                "memory-bank",
                "in-batch",
                "infonce");
        add(all, SYNCHRONISED, "predict", "two-groups", "resnet", "no-store", "in-batch", "no-objective");
        if (processes == 2) {
            // Of two shards each process is one, with batch statistics and a loss of its own.
            add(all, OWN_STATISTICS, "moco-shards", "two-crops", "resnet", "queue", "all", "align-uniform-contrastive");
            add(all, OWN_STATISTICS, "moco-symmetric-shards", "two-crops", "resnet", "queue", "all", "infonce");
            add(all, OWN_STATISTICS, "moco-un-mix-shards", "two-crops", "resnet", "queue", "all", "infonce");
        }
        return all;
    }

    private static void add(
            List<SharedCase> all,
            Distributed distributed,
            String method,
            String views,
            String encoder,
            String store,
            String negatives,
            String objective) {
        Combination combination = Combination.of(method, views, encoder, store, negatives, objective);
        if (!combination.problems().isEmpty()) {
            throw new AssertionError(combination + ": " + combination.problems());
        }
        all.add(new SharedCase(
                String.join(" ", combination.choices()) + " " + settings(distributed), combination, distributed));
    }

    private static String settings(Distributed distributed) {
        return "gather-features=" + distributed.gatherFeatures() + " bank=" + distributed.bank() + " sync-batch-norm="
                + distributed.syncBatchNorm();
    }

    /** The published ball, whose size is a share of the whole batch. */
    private static SharedCase ballOfTheBatch(Distributed distributed) {
        Combination like = Combination.of("insdis", "one-crop", "resnet", "memory-bank", "ball", "infonce");
        Parts parts = like.parts();
        Ball.Config ball = new Ball.Config(
                new Threshold.Constant(0.75),
                Ball.ShareOf.BATCH,
                0,
                InnerMode.DYNAMIC,
                Optional.of(4),
                Optional.empty(),
                Optional.empty(),
                Scores.Denominator.ALL,
                false);
        Parts changed = new Parts(
                parts.crops(),
                parts.localCrops(),
                parts.views(),
                parts.channels(),
                parts.batchSize(),
                parts.encoder(),
                parts.store(),
                ball,
                parts.objective());
        return new SharedCase(
                "insdis ball of the batch " + settings(distributed),
                new Combination(like.choices(), like.method(), changed),
                distributed);
    }
}
