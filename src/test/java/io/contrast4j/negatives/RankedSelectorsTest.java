package io.contrast4j.negatives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.objective.InfoNce;
import io.contrast4j.objective.Loss;
import io.contrast4j.objective.Scores;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.InvalidValues;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** Balls and rings against plain sorting. */
class RankedSelectorsTest {
    private static final int DIM = 3;

    /** A bank of few different rows, so that similarities tie, and anchors. */
    private record World(int n, double[] rows, int batch, double[] features, long[] own) {
        static World random(int n, int batch, long seed) {
            CounterRandom random = CounterRandom.of(seed);
            double[] rows = random.ints((long) n * DIM, -1, 2).asDoubleStream().toArray();
            double[] features = random.doubles((long) batch * DIM, -1, 1).toArray();
            return new World(n, rows, batch, features, random.longs(batch, 0, n).toArray());
        }

        double similarity(int anchor, int row) {
            double sum = 0;
            for (int d = 0; d < DIM; d++) {
                sum += features[anchor * DIM + d] * rows[row * DIM + d];
            }
            return sum;
        }

        /** Similarities in descending order. */
        double[] sorted(int anchor, boolean withoutOwn) {
            double[] ascending = IntStream.range(0, n)
                    .filter(row -> !withoutOwn || row != own[anchor])
                    .mapToDouble(row -> similarity(anchor, row))
                    .sorted()
                    .toArray();
            return IntStream.range(0, ascending.length)
                    .mapToDouble(i -> ascending[ascending.length - 1 - i])
                    .toArray();
        }

        Scores select(NegativeSelector selector, Draws draws) {
            MemoryBank bank =
                    new MemoryBank(new MemoryBank.Config(0.5), n, DIM, ScalarType.Double, Tensors.device("cpu"));
            bank.keys().copy_(Tensors.of(rows, n, DIM));
            Anchor anchor = new Anchor(
                    "x",
                    Tensors.of(features, batch, DIM).set_requires_grad(true),
                    Optional.empty(),
                    Tensors.of(own, batch));
            return selector.select(anchor, bank, new StepContext(0, 1, 1, draws));
        }
    }

    private static Ring.Config ring(
            double outer, double inner, InnerMode mode, Optional<Integer> count, boolean withoutOwn) {
        return new Ring.Config(
                new Threshold.Constant(outer),
                inner,
                mode,
                count,
                Optional.empty(),
                Optional.of(Scores.Combination.MEAN),
                Scores.Denominator.ALL,
                withoutOwn);
    }

    private static double[] concat(double[]... parts) {
        return Arrays.stream(parts).flatMapToDouble(Arrays::stream).toArray();
    }

    @Property(tries = 300)
    void aRingIsAStretchOfTheSortedSimilarities(
            @ForAll @IntRange(min = 2, max = 40) int n,
            @ForAll @IntRange(min = 1, max = 4) int batch,
            @ForAll @DoubleRange(min = 0, max = 1) double outer,
            @ForAll @DoubleRange(min = 0, max = 1) double innerDrawn,
            @ForAll InnerMode mode,
            @ForAll boolean withoutOwn,
            @ForAll long seed) {
        double inner = mode == InnerMode.FIXED ? innerDrawn * outer * 0.999 : innerDrawn;
        if (mode == InnerMode.FIXED && !(inner < outer)) {
            return; // no such ring; refused, see below
        }
        World world = World.random(n, batch, seed);
        int size = withoutOwn ? n - 1 : n;
        int to = (int) (outer * size);
        int from = mode == InnerMode.DYNAMIC ? (int) (inner * to) : (int) (inner * size);
        try (Scope scope = Scope.open()) {
            Scores scores = world.select(
                    ring(outer, inner, mode, Optional.empty(), withoutOwn).build(), Draws.keyed(1, 0));
            assertThat(scores.count()).isEqualTo(to - from);
            double[][] members = new double[batch][];
            double[][] neighbours = new double[batch][];
            for (int i = 0; i < batch; i++) {
                double[] sorted = world.sorted(i, withoutOwn);
                members[i] = Arrays.copyOfRange(sorted, from, to);
                neighbours[i] = Arrays.copyOfRange(sorted, 0, from);
            }
            assertThat(Tensors.doubles(scores.negatives())).containsExactly(concat(members), within(1e-12));
            assertThat(Tensors.doubles(scores.neighbours().orElseThrow().similarities()))
                    .containsExactly(concat(neighbours), within(1e-12));
            assertThat(Tensors.doubles(scores.positive()))
                    .containsExactly(
                            IntStream.range(0, batch)
                                    .mapToDouble(i -> world.similarity(i, (int) world.own()[i]))
                                    .toArray(),
                            within(1e-12));
        }
    }

    @Property(tries = 200)
    void drawsAreRanksWithinTheRing(
            @ForAll @IntRange(min = 10, max = 40) int n,
            @ForAll @IntRange(min = 1, max = 4) int batch,
            @ForAll @IntRange(min = 1, max = 9) int count,
            @ForAll long seed) {
        World world = World.random(n, batch, seed);
        int to = (int) (0.5 * n);
        int from = (int) (0.4 * to);
        long[] ranks = CounterRandom.of(seed, 1)
                .longs((long) batch * count, 0, to - from)
                .toArray();
        try (Scope scope = Scope.open()) {
            Scores scores = world.select(
                    ring(0.5, 0.4, InnerMode.DYNAMIC, Optional.of(count), false).build(), (rows, columns, items) -> {
                        assertThat(items).isEqualTo(to - from);
                        return Tensors.of(ranks, rows, columns);
                    });
            double[] expected = IntStream.range(0, batch * count)
                    .mapToDouble(i -> world.sorted(i / count, false)[from + (int) ranks[i]])
                    .toArray();
            assertThat(Tensors.doubles(scores.negatives())).containsExactly(expected, within(1e-12));
        }
    }

    @Property(tries = 200)
    void aBallIsTheBeginningOfTheSortedSimilarities(
            @ForAll @IntRange(min = 1, max = 40) int n,
            @ForAll @IntRange(min = 1, max = 4) int batch,
            @ForAll @DoubleRange(min = 0, max = 1) double outer,
            @ForAll @DoubleRange(min = 0, max = 1) double inner,
            @ForAll long seed) {
        World world = World.random(n, batch, seed);
        int to = (int) (outer * n);
        Ball ball = new Ball.Config(
                        new Threshold.Constant(outer),
                        Ball.ShareOf.STORE,
                        inner,
                        InnerMode.DYNAMIC,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(Scores.Combination.LOG_SUM_EXP),
                        Scores.Denominator.ALL,
                        false)
                .build();
        try (Scope scope = Scope.open()) {
            Scores scores = world.select(ball, Draws.keyed(1, 0));
            double[][] members = new double[batch][];
            double[][] neighbours = new double[batch][];
            for (int i = 0; i < batch; i++) {
                members[i] = Arrays.copyOf(world.sorted(i, false), to);
                double own = world.similarity(i, (int) world.own()[i]);
                double[] terms = DoubleStream.concat(DoubleStream.of(own), Arrays.stream(members[i]))
                        .map(x -> -x)
                        .sorted()
                        .map(x -> -x)
                        .toArray();
                neighbours[i] = Arrays.copyOf(terms, (int) (inner * terms.length));
            }
            assertThat(Tensors.doubles(scores.negatives())).containsExactly(concat(members), within(1e-12));
            assertThat(Tensors.doubles(scores.neighbours().orElseThrow().similarities()))
                    .containsExactly(concat(neighbours), within(1e-12));
        }
    }

    @Property(tries = 100)
    void aSubsetHasDifferentRowsOfAllPartsOfTheStore(
            @ForAll @IntRange(min = 2, max = 60) int n,
            @ForAll @IntRange(min = 1, max = 60) int drawn,
            @ForAll long seed) {
        int subset = Math.min(n, drawn);
        try (Scope scope = Scope.open()) {
            // Row r scores r.
            MemoryBank bank = new MemoryBank(new MemoryBank.Config(0.5), n, 1, ScalarType.Float, Tensors.device("cpu"));
            bank.keys().copy_(torch.arange(Tensors.scalar(n)).view(-1, 1));
            Anchor anchor = new Anchor("x", torch.ones(2, 1), Optional.empty(), Tensors.of(new long[] {0, n - 1}, 2));
            Ring ring = new Ring.Config(
                            new Threshold.Constant(1),
                            0,
                            InnerMode.DYNAMIC,
                            Optional.empty(),
                            Optional.of(subset),
                            Optional.empty(),
                            Scores.Denominator.ALL,
                            false)
                    .build();
            Scores scores = ring.select(anchor, bank, new StepContext(0, 1, 1, Draws.keyed(seed, 0)));
            assertThat(scores.count()).isEqualTo(subset);
            assertThat(scores.population()).isEqualTo(n);
            double[] rows = Tensors.doubles(scores.negatives().select(0, 0));
            assertThat(Tensors.doubles(scores.negatives().select(0, 1))).isEqualTo(rows);
            for (int j = 0; j < subset; j++) {
                long stretch = subset - 1 - j; // descending
                assertThat(rows[j]).isBetween((double) (stretch * n / subset), (stretch + 1) * n / subset - 1.0);
            }
        }
    }

    @Test
    void aSubsetIsAnotherOneInEachStep() {
        Set<List<Double>> seen = new HashSet<>();
        World world = World.random(1000, 1, 5);
        try (Scope scope = Scope.open()) {
            for (int step = 0; step < 5; step++) {
                Ring.Config config = new Ring.Config(
                        new Threshold.Constant(1),
                        0,
                        InnerMode.DYNAMIC,
                        Optional.empty(),
                        Optional.of(20),
                        Optional.empty(),
                        Scores.Denominator.ALL,
                        true);
                Scores scores = world.select(config.build(), Draws.keyed(1, step));
                assertThat(scores.count()).isEqualTo(19);
                seen.add(Arrays.stream(Tensors.doubles(scores.negatives()))
                        .boxed()
                        .toList());
            }
        }
        assertThat(seen).hasSize(5);
    }

    @Test
    void anEmptyRingIsAnErrorUnlessThePositiveIsThereToCompeteWith() {
        World world = World.random(5, 2, 1);
        try (Scope scope = Scope.open()) {
            Scores scores = world.select(
                    ring(0.1, 0, InnerMode.DYNAMIC, Optional.empty(), false).build(), Draws.keyed(1, 0));
            assertThat(Tensors.shape(scores.negatives())).containsExactly(2, 0);
            assertThatThrownBy(() -> world.select(
                            ring(0.1, 0, InnerMode.DYNAMIC, Optional.of(4), false)
                                    .build(),
                            Draws.keyed(1, 0)))
                    .isInstanceOf(UserError.class)
                    .hasMessageStartingWith("No row of the store lies within the thresholds of negatives (0 of 5 are"
                            + " within the outer one, 0 within the inner one)");
        }
    }

    /** That a step's loss is no number is for the trainer to deal with. */
    @Test
    void featuresThatAreNoNumbersMakeALossThatIsNone() {
        try (Scope scope = Scope.open()) {
            NegativeStore queue = new FeatureQueue.Config(30).build(30, DIM, ScalarType.Float, Tensors.device("cpu"));
            for (float[] features : new float[][] {{1, 0, 0, Float.NaN, 0, 0}, {Float.NaN, 0, 0, 0, Float.NaN, 0}}) {
                Anchor anchor = new Anchor(
                        "x",
                        Tensors.of(features, 2, DIM),
                        Optional.of(Tensors.of(new float[2 * DIM], 2, DIM)),
                        Tensors.of(new long[] {0, 1}, 2));
                for (Optional<Integer> count : List.of(Optional.<Integer>empty(), Optional.of(4))) {
                    Scores scores = ring(0.6, 0.2, InnerMode.DYNAMIC, count, false)
                            .build()
                            .select(anchor, queue, new StepContext(0, 1, 1, Draws.keyed(1, 0)));
                    Loss loss = new InfoNce.Config(0.2).build().of(List.of(scores));
                    assertThat(Tensors.scalar(loss.total())).isNaN();
                }
            }
        }
    }

    @Test
    void thresholdsThatLeaveNoRowsOfADataSetAreRefused() {
        Ring.Config ring = ring(0.1, 0.5, InnerMode.DYNAMIC, Optional.empty(), false);
        assertThatCode(() -> ring.requireRows(10)).doesNotThrowAnyException();
        assertThatThrownBy(() -> ring.requireRows(9))
                .isInstanceOf(UserError.class)
                .hasMessage(
                        "With negatives.outer = 0.1, its smallest, and negatives.inner = 0.5 there are no negatives: of the"
                                + " 9 rows of the store 0 are within the outer threshold and 0 within the inner one; use a larger"
                                + " share.");
        Ring.Config withoutOwn = ring(0.1, 0.5, InnerMode.DYNAMIC, Optional.empty(), true);
        assertThatThrownBy(() -> withoutOwn.requireRows(10)).hasMessageContaining("of the 9 rows of the store 0 are");
        Ring.Config fixed = ring(0.3, 0.25, InnerMode.FIXED, Optional.empty(), false);
        assertThatThrownBy(() -> fixed.requireRows(8))
                .hasMessageContaining("of the 8 rows of the store 2 are within the outer threshold and 2 within");
        Threshold.Config falling = new Threshold.Linear(1, 0.2, 3);
        Ball.Config ball = ball(falling, Ball.ShareOf.STORE);
        assertThat(ball.epochs()).isEqualTo(3);
        assertThatCode(() -> ball.requireRows(5)).doesNotThrowAnyException();
        assertThatThrownBy(() -> ball.requireRows(4))
                .hasMessageStartingWith("With negatives.outer = 0.2, its smallest, there are no negatives: of the 4 ");
    }

    /** MoCo's shards pick their negatives each for itself. */
    @Test
    void aBallThatIsAShareOfTheBatchMustHaveRowsForTheSmallestPartOfIt() {
        Ball.Config ball = ball(new Threshold.Constant(0.3), Ball.ShareOf.BATCH);
        NegativeStore.Config queue = new FeatureQueue.Config(30);
        Problems none = new Problems();
        ball.check(queue, 4, none);
        assertThat(none.found()).isEmpty();
        Problems found = new Problems();
        ball.check(queue, 2, found);
        assertThatThrownBy(found::raise)
                .hasMessageContaining("negatives.outer = 0.3 must be a larger share at its smallest: of 2 pictures that"
                        + " have a loss together none is within the thresholds");
    }

    private static Ball.Config ball(Threshold.Config outer, Ball.ShareOf shareOf) {
        return new Ball.Config(
                outer,
                shareOf,
                0,
                InnerMode.DYNAMIC,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Scores.Denominator.ALL,
                false);
    }

    @Test
    void aFixedInnerThresholdMustStayBelowTheOuterOne() {
        for (Threshold.Config outer : List.of(
                new Threshold.Constant(0.1),
                new Threshold.Linear(1, 0.1, 5),
                new Threshold.Adaptive(1, 0.1, Measure.LOSS, 0.01, 10))) {
            assertThatThrownBy(() -> new Ring.Config(
                            outer,
                            0.1,
                            InnerMode.FIXED,
                            Optional.of(0),
                            Optional.of(0),
                            Optional.empty(),
                            Scores.Denominator.ALL,
                            false))
                    .isInstanceOf(InvalidValues.class)
                    .hasMessageContaining(
                            "inner = 0.1 must be below the outer threshold, which gets as small as 0.1, unless"
                                    + " negatives.inner-mode is dynamic")
                    .hasMessageContaining("count = 0 must be at least 1")
                    .hasMessageContaining("subset = 0 must be at least 1");
        }
    }

    @Test
    void onlyAStoreWithOwnRowsCanLeaveThemOut() {
        Ring.Config config = ring(0.5, 0, InnerMode.DYNAMIC, Optional.empty(), true);
        Problems none = new Problems();
        config.check(new MemoryBank.Config(0.5), 4, none);
        assertThat(none.found()).isEmpty();
        Problems found = new Problems();
        config.check(new FeatureQueue.Config(5), 4, found);
        assertThat(found.found())
                .singleElement()
                .satisfies(problem -> assertThat(problem.component()).isEqualTo("negatives.exclude-own"));
    }

    @Test
    void whatObjectivesMayRefuseIsSaid() {
        Ring.Config withNeighbours = ring(0.5, 0.1, InnerMode.DYNAMIC, Optional.empty(), false);
        assertThat(withNeighbours.traits())
                .containsExactlyInAnyOrder(Scores.Trait.CHOSEN_NEGATIVES, Scores.Trait.NEIGHBOURS);
        Ball.Config without = new Ball.Config(
                new Threshold.Constant(0.5),
                Ball.ShareOf.STORE,
                0,
                InnerMode.DYNAMIC,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Scores.Denominator.ALL,
                false);
        assertThat(without.traits()).containsExactly(Scores.Trait.CHOSEN_NEGATIVES);
        assertThat(new UniformSample.Config(4).traits()).isEmpty();
        assertThat(new AllRows.Config().traits()).isEmpty();
    }

    @Test
    void anAdaptiveRingKeepsItsThresholdInTheCheckpoint() {
        Ring.Config config = new Ring.Config(
                new Threshold.Adaptive(1, 0.5, Measure.ACCURACY, 0.25, 3),
                0,
                InnerMode.DYNAMIC,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Scores.Denominator.ALL,
                false);
        Ring trained = config.build();
        assertThat(trained.follows()).contains(Measure.ACCURACY);
        trained.observe(0.1);
        trained.observe(0.2);
        Ring resumed = config.build();
        resumed.restore(trained.state(), "file");
        World world = World.random(8, 1, 2);
        try (Scope scope = Scope.open()) {
            for (int expected : new int[] {6, 4}) {
                assertThat(world.select(trained, Draws.keyed(1, 0)).count()).isEqualTo(expected);
                assertThat(world.select(resumed, Draws.keyed(1, 0)).count()).isEqualTo(expected);
                trained.observe(0.3);
                resumed.observe(0.3);
            }
            trained.observe(Double.NaN);
            assertThat(world.select(trained, Draws.keyed(1, 0)).count())
                    .as("a loss that is no number changes nothing")
                    .isEqualTo(4);
        }
        assertThatThrownBy(() -> resumed.restore(java.util.Map.of(), "a.pth"))
                .isInstanceOf(UserError.class)
                .hasMessage("a.pth has no adaptive threshold; use the negatives.outer.type it was trained with.");
    }
}
