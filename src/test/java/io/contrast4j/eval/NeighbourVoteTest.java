package io.contrast4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** Votes against plain Java, on whole numbers, of which many are equally near. */
class NeighbourVoteTest {
    private static final int DIM = 3;
    private static final int CLASSES = 7;
    /** Inner products differ by 54 at most: no vote is so small that it is lost in the rounding of a sum. */
    private static final double TAU = 6;

    private record Points(double[][] x, long[] labels) {
        static Points random(int n, long... seed) {
            CounterRandom random = CounterRandom.of(seed);
            double[][] x = new double[n][DIM];
            long[] labels = new long[n];
            for (int i = 0; i < n; i++) {
                for (int d = 0; d < DIM; d++) {
                    x[i][d] = random.nextInt(7) - 3;
                }
                labels[i] = random.nextInt(CLASSES);
            }
            return new Points(x, labels);
        }

        Features tensors(ScalarType type) {
            double[] flat = Arrays.stream(x).flatMapToDouble(Arrays::stream).toArray();
            return new Features(Tensors.of(flat, x.length, DIM).to(type), Tensors.of(labels, labels.length));
        }
    }

    private static double product(double[] a, double[] b) {
        return IntStream.range(0, DIM).mapToDouble(d -> a[d] * b[d]).sum();
    }

    /** The negative squared distance of whole numbers is whole, too. */
    private static double nearness(NeighbourVote.Metric metric, double[] a, double[] b) {
        return metric == NeighbourVote.Metric.EUCLIDEAN
                ? 2 * product(a, b) - product(a, a) - product(b, b)
                : product(a, b);
    }

    private static double similarity(NeighbourVote.Metric metric, double nearness) {
        return metric == NeighbourVote.Metric.EUCLIDEAN ? -Math.sqrt(-nearness) : nearness;
    }

    /** For each query the place of its class; 1000 if nobody votes for it. */
    private static int[] places(NeighbourVote vote, Points known, Points queries, boolean isOwn, int k) {
        int[] places = new int[queries.x.length];
        for (int q = 0; q < places.length; q++) {
            int query = q;
            double[] near = Arrays.stream(known.x)
                    .mapToDouble(row -> nearness(vote.metric(), queries.x[query], row))
                    .toArray();
            int[] nearest = IntStream.range(0, known.x.length)
                    .filter(i -> !isOwn || i != query)
                    .boxed()
                    .sorted(Comparator.comparingDouble(i -> -near[i]))
                    .mapToInt(i -> i)
                    .limit(k)
                    .toArray();
            double[] votes = new double[CLASSES];
            double first = similarity(vote.metric(), near[nearest[0]]);
            for (int i : nearest) {
                votes[(int) known.labels[i]] += vote.votes() == NeighbourVote.Votes.UNIFORM
                        ? 1
                        : Math.exp((similarity(vote.metric(), near[i]) - first) / vote.temperature());
            }
            int label = (int) queries.labels[q];
            for (int other = 0; other < CLASSES; other++) {
                // Sums of equal votes may differ in their last bits by the order of the neighbours; a single vote is
                // above
                // 1e-4 at TAU.
                double more = votes[other] - votes[label];
                boolean isEqual = Math.abs(more) < 1e-9;
                places[q] += !isEqual && more > 0 || isEqual && other < label ? 1 : 0;
            }
            places[q] = votes[label] == 0 ? 1000 : places[q];
        }
        return places;
    }

    private static void require(NeighbourVote.Outcome outcome, int[] places, Points queries) {
        assertThat(outcome.top1()).isCloseTo(percent(places, 1), within(1e-9));
        assertThat(outcome.top5()).isCloseTo(percent(places, 5), within(1e-9));
        for (int label = 0; label < CLASSES; label++) {
            int of = label;
            int[] own = IntStream.range(0, places.length)
                    .filter(q -> queries.labels[q] == of)
                    .map(q -> places[q])
                    .toArray();
            assertThat(outcome.perClass().get(label)).isCloseTo(percent(own, 1), within(1e-9));
        }
    }

    private static double percent(int[] places, int best) {
        return 100.0 * Arrays.stream(places).filter(place -> place < best).count() / places.length;
    }

    @Property(tries = 60)
    void severalNumbersOfNeighboursVoteAtOnce(
            @ForAll @IntRange(min = 3, max = 60) int n,
            @ForAll NeighbourVote.Votes votes,
            @ForAll boolean isEuclidean,
            @ForAll long seed) {
        NeighbourVote vote = new NeighbourVote(
                isEuclidean ? NeighbourVote.Metric.EUCLIDEAN : NeighbourVote.Metric.INNER_PRODUCT, votes, TAU);
        Points known = Points.random(n, seed, 0);
        Points queries = Points.random(20, seed, 1);
        List<Integer> k = List.of(2, 1, n / 2 + 1, n - 1);
        try (Scope scope = Scope.open()) {
            for (ScalarType type : List.of(ScalarType.Float, ScalarType.Double)) {
                // Exponential votes that should be equal differ by float32's rounding of distances.
                if (type == ScalarType.Double || votes == NeighbourVote.Votes.UNIFORM) {
                    List<NeighbourVote.Outcome> among =
                            vote.among(known.tensors(type), queries.tensors(type), k, CLASSES);
                    List<NeighbourVote.Outcome> own = vote.leaveOneOut(known.tensors(type), k, CLASSES);
                    for (int i = 0; i < k.size(); i++) {
                        assertThat(among.get(i).k()).isEqualTo(k.get(i));
                        require(among.get(i), places(vote, known, queries, false, k.get(i)), queries);
                        require(own.get(i), places(vote, known, known, true, k.get(i)), known);
                    }
                }
            }
        }
    }

    @Test
    void theSmallestVoteDecidesAmongEqualOnes() {
        NeighbourVote vote =
                new NeighbourVote(NeighbourVote.Metric.INNER_PRODUCT, NeighbourVote.Votes.EXPONENTIAL, 1.5);
        // Classes 0 and 2 have a vote of 1 each, and class 2 one of e⁻²⁰, which is 2e-9.
        Points known = new Points(new double[][] {{20, 0, 0}, {20, 0, 0}, {-10, 0, 0}}, new long[] {0, 2, 2});
        Points queries = new Points(new double[][] {{1, 0, 0}}, new long[] {2});
        try (Scope scope = Scope.open()) {
            for (ScalarType type : List.of(ScalarType.Float, ScalarType.Double)) {
                List<NeighbourVote.Outcome> outcomes =
                        vote.among(known.tensors(type), queries.tensors(type), List.of(2, 3), CLASSES);
                assertThat(outcomes).extracting(NeighbourVote.Outcome::top1).containsExactly(0.0, 100.0);
            }
        }
    }

    /** A distance is a difference of products, of which float32 keeps seven digits. */
    @Test
    void distancesAreExactWhereFeaturesAreFarFromZero() {
        CounterRandom random = CounterRandom.of(3);
        int n = 400;
        double[][] x = new double[n][DIM];
        long[] labels = new long[n];
        for (int i = 0; i < n; i++) {
            labels[i] = random.nextInt(2);
            for (int d = 0; d < DIM; d++) {
                x[i][d] = (float) (500 + 0.01 * random.nextGaussian());
            }
        }
        Points points = new Points(x, labels);
        try (Scope scope = Scope.open()) {
            for (NeighbourVote.Votes votes : NeighbourVote.Votes.values()) {
                NeighbourVote vote = new NeighbourVote(NeighbourVote.Metric.EUCLIDEAN, votes, 0.01);
                List<Integer> k = List.of(1, 9);
                List<NeighbourVote.Outcome> exact = vote.leaveOneOut(points.tensors(ScalarType.Double), k, CLASSES);
                List<NeighbourVote.Outcome> found = vote.leaveOneOut(points.tensors(ScalarType.Float), k, CLASSES);
                List<NeighbourVote.Outcome> among =
                        vote.among(points.tensors(ScalarType.Float), points.tensors(ScalarType.Float), k, CLASSES);
                for (int i = 0; i < k.size(); i++) {
                    assertThat(found.get(i).top1()).isCloseTo(exact.get(i).top1(), within(0.6));
                }
                // Each is its own nearest.
                assertThat(among.get(0).top1()).isEqualTo(100);
            }
        }
    }
}
