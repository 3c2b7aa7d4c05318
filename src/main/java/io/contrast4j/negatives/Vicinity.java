package io.contrast4j.negatives;

import io.contrast4j.objective.Scores;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.RowProducts;
import io.contrast4j.tensor.Tensors;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The rows of a store as N anchors see them: ordered by their similarity with each anchor, the most similar first.
 *
 * @param table N×n, the similarities, with gradient
 * @param order the same without gradient, in which rows that are excluded come last
 * @param size number of rows of which thresholds are shares
 */
record Vicinity(Tensor table, Tensor order, long size) {
    /**
     * Which rows there are to be seen.
     *
     * @param subset number of rows that are looked at, drawn anew for each step; empty for all
     * @param withoutOwn whether the anchor's own row of the store is left out
     */
    record View(Optional<Integer> subset, boolean withoutOwn) {
        /** Number of rows, of n in the store, of which thresholds are shares. */
        long size(long n) {
            return Math.min(n, subset.map(Integer::longValue).orElse(n)) - (withoutOwn ? 1 : 0);
        }
    }

    /**
     * The ranks between two thresholds.
     *
     * @param outer w_u
     * @param inner w_l
     * @param mode of what the inner one is a share
     */
    record Window(double outer, double inner, InnerMode mode) {
        /** n_u = ⌊w_u·n⌋ */
        long to(long n) {
            return (long) (outer * n);
        }

        /** n_l = ⌊w_l·n_u⌋ or ⌊w_l·n⌋ */
        long from(long n) {
            return (long) (inner * (mode == InnerMode.DYNAMIC ? to(n) : n));
        }

        boolean isEmpty(long n) {
            return to(n) <= from(n);
        }

        /** @throws UserError if none of so many rows of the store is between the thresholds */
        void require(long n) {
            if (isEmpty(n)) {
                throw new UserError(
                        UserError.USAGE,
                        "With negatives.outer = " + outer + ", its smallest,"
                                + (inner > 0 ? " and negatives.inner = " + inner : "")
                                + " there are no negatives: of the "
                                + n + " rows of the store " + to(n) + " are within the outer threshold and " + from(n)
                                + " within the inner one; use a larger share.");
            }
        }
    }

    static void check(
            Threshold.Config outer, double inner, InnerMode mode, Optional<Integer> count, Optional<Integer> subset) {
        Problems problems = new Problems().between("inner", inner, 0, 1);
        problems.require(
                mode == InnerMode.DYNAMIC || inner < outer.least(),
                "inner",
                inner,
                "below the outer threshold, which gets as small as " + outer.least()
                        + ", unless negatives.inner-mode is dynamic");
        count.ifPresent(k -> problems.atLeast("count", k, 1));
        subset.ifPresent(m -> problems.atLeast("subset", m, 1));
        problems.raise();
    }

    static Set<Scores.Trait> traits(Optional<Scores.Combination> neighbours) {
        return neighbours.isPresent()
                ? Set.of(Scores.Trait.CHOSEN_NEGATIVES, Scores.Trait.NEIGHBOURS)
                : Set.of(Scores.Trait.CHOSEN_NEGATIVES);
    }

    /**
     * Of a store whose number of rows is configured, some must lie within the thresholds; without any, a loss of 0 would
     * look like success.
     */
    static void checkWindow(Window window, View view, NegativeStore.Config store, Problems problems) {
        if (store instanceof FeatureQueue.Config queue) {
            checkWindow(window, view.size(queue.size()), "rows", problems);
        }
    }

    /** Of {@code n} of what the thresholds are shares, some must lie within them. */
    static void checkWindow(Window window, long n, String what, Problems problems) {
        problems.require(
                !window.isEmpty(n),
                "negatives.outer",
                window.outer(),
                "a larger share at its smallest: of " + n + " " + what + " none is within the thresholds");
    }

    static void checkOwn(boolean withoutOwn, NegativeStore.Config store, Problems problems) {
        problems.require(
                !withoutOwn || store instanceof MemoryBank.Config,
                "negatives.exclude-own",
                withoutOwn,
                "false for a store without a row for each picture");
    }

    static Vicinity of(View view, Anchor anchor, NegativeStore store, StepContext at) {
        Tensor features = anchor.features();
        Rows stored = store.rows();
        long n = stored.count();
        long seen = Math.min(n, view.subset().orElse((int) Math.min(n, Integer.MAX_VALUE)));
        Tensor rows = null;
        if (seen < n) {
            rows = Tensors.to(subset(at.draws(), seen, n), features.device());
        }
        Tensor table = rows == null ? stored.products(features) : RowProducts.of(features, stored.some(rows));
        if (!view.withoutOwn()) {
            return new Vicinity(table, table.detach(), seen);
        }
        Tensor own = Tensors.to(anchor.indices(), features.device()).view(-1, 1);
        Tensor last = table.detach().amin(new long[] {1}, true).sub(Tensors.scalar(1));
        Tensor order = rows == null
                ? table.detach().scatter(1, own, last)
                : torch.where(rows.view(1, -1).eq(own), last, table.detach());
        return new Vicinity(table, order, seen - 1);
    }

    /** One row of each of m equal stretches of n rows, so that none is drawn twice; int64 m, ascending. */
    private static Tensor subset(Draws draws, long m, long n) {
        long[] drawn = Tensors.longs(draws.rows(m, n));
        for (int j = 0; j < m; j++) {
            long start = j * n / m;
            long end = (j + 1) * n / m;
            drawn[j] = start + drawn[j] % (end - start);
        }
        return Tensors.of(drawn, m);
    }

    /** The number of rows that are a share, rounded down. */
    long share(double threshold) {
        return (long) (threshold * size);
    }

    /** N×(to−from): the similarities of these ranks, in descending order. */
    Tensor similarities(long from, long to) {
        return table.gather(1, Ranking.columns(order, from, to));
    }

    /**
     * The negatives among these ranks.
     *
     * @param count number of draws, with replacement, each a rank counted from {@code from}; empty for all ranks
     * @return N×count or N×(to−from)
     * @throws UserError if there is no row to draw
     */
    Tensor negatives(long from, long to, Optional<Integer> count, Scores.Denominator denominator, StepContext at) {
        if (from == to && (count.isPresent() || denominator == Scores.Denominator.NEGATIVES)) {
            throw new UserError(
                    UserError.FAILED,
                    "No row of the store lies within the thresholds of negatives (" + to + " of " + size
                            + " are within the outer one, " + from
                            + " within the inner one); use a larger share, a larger batch or a larger store.");
        }
        Tensor columns = Ranking.columns(order, from, to);
        if (count.isPresent()) {
            Tensor ranks = at.draws().items(table.size(0), count.get(), to - from);
            columns = columns.gather(1, Tensors.to(ranks, columns.device()));
        }
        return table.gather(1, columns);
    }

    /** The scores of a selector: N×1 positives against these negatives, with neighbours if it takes any. */
    static Scores scores(
            Anchor anchor,
            NegativeStore store,
            Tensor negatives,
            Scores.Denominator denominator,
            Optional<Scores.Neighbours> neighbours) {
        Tensor own = anchor.positives().or(() -> store.rowsOf(anchor.indices())).orElseThrow();
        Tensor positive = anchor.features().mul(own).sum(new long[] {1}, true, null);
        Scores scores = Scores.of(anchor.pair(), positive, negatives, store.population())
                .against(denominator);
        return neighbours.map(scores::with).orElse(scores);
    }

    /** The largest of what is in the denominator, N×⌊share · number⌋. */
    static Tensor largest(Scores scores, double share) {
        Tensor terms = scores.denominator() == Scores.Denominator.ALL
                ? torch.cat(new TensorVector(scores.positive(), scores.negatives()), 1)
                : scores.negatives();
        return terms.topk((long) (share * terms.size(1)), 1, true, true).get0();
    }
}
