package io.contrast4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class KnnTest {
    /** Features and labels in plain Java. */
    private record Points(double[][] x, long[] labels) {
        static Points random(int n, int dim, int classes, long... seed) {
            CounterRandom random = CounterRandom.of(seed);
            double[][] x = new double[n][];
            long[] labels = new long[n];
            for (int i = 0; i < n; i++) {
                x[i] = random.doubles(dim, -3, 3).toArray();
                labels[i] = random.nextInt(classes);
            }
            return new Points(x, labels);
        }

        Features tensors() {
            int dim = x[0].length;
            return new Features(
                    Tensors.of(
                            IntStream.range(0, x.length * dim)
                                    .mapToDouble(i -> x[i / dim][i % dim])
                                    .toArray(),
                            x.length,
                            dim),
                    Tensors.of(labels, labels.length));
        }
    }

    private static double cosine(double[] a, double[] b) {
        double product = 0;
        double squareA = 0;
        double squareB = 0;
        for (int d = 0; d < a.length; d++) {
            product += a[d] * b[d];
            squareA += a[d] * a[d];
            squareB += b[d] * b[d];
        }
        return product / Math.sqrt(squareA * squareB);
    }

    /** Sorts all similarities, and lets the best k vote. */
    private static double bruteForce(Points train, Points test, int classes, int k, double temperature) {
        int hits = 0;
        for (int q = 0; q < test.x.length; q++) {
            double[] query = test.x[q];
            double[] votes = new double[classes];
            int[] nearest = IntStream.range(0, train.x.length)
                    .boxed()
                    .sorted((a, b) -> Double.compare(cosine(train.x[b], query), cosine(train.x[a], query)))
                    .mapToInt(i -> i)
                    .limit(k)
                    .toArray();
            double best = cosine(train.x[nearest[0]], query);
            for (int i : nearest) {
                votes[(int) train.labels[i]] += Math.exp((cosine(train.x[i], query) - best) / temperature);
            }
            int winner = IntStream.range(0, classes)
                    .reduce((a, b) -> votes[b] > votes[a] ? b : a)
                    .orElseThrow();
            hits += winner == test.labels[q] ? 1 : 0;
        }
        return 100.0 * hits / test.x.length;
    }

    @Property(tries = 60)
    void itIsTheBruteForceVote(
            @ForAll @IntRange(min = 1, max = 40) int n,
            @ForAll @IntRange(min = 2, max = 5) int dim,
            @ForAll @IntRange(min = 1, max = 5) int classes,
            @ForAll @IntRange(min = 1, max = 50) int k,
            @ForAll @DoubleRange(min = 0.05, max = 2) double temperature,
            @ForAll long seed) {
        Points train = Points.random(n, dim, classes, seed, 0);
        Points test = Points.random(20, dim, classes, seed, 1);
        try (Scope scope = Scope.open()) {
            double accuracy =
                    new Knn(new Knn.Config(k, temperature)).accuracy(train.tensors(), test.tensors(), classes);
            assertThat(accuracy).isCloseTo(bruteForce(train, test, classes, k, temperature), within(1e-9));
        }
    }

    @Test
    void manyQueriesAreAnsweredBlockByBlock() {
        Points train = Points.random(50, 3, 4, 1);
        Points test = Points.random(2100, 3, 4, 2);
        try (Scope scope = Scope.open()) {
            double accuracy = new Knn(new Knn.Config(7, 0.1)).accuracy(train.tensors(), test.tensors(), 4);
            assertThat(accuracy).isCloseTo(bruteForce(train, test, 4, 7, 0.1), within(1e-9));
        }
    }

    @Test
    void aLowTemperatureLetsTheNearestDecide() {
        // exp(1/0.001) is infinite: were the weights not relative, the first class would win every vote.
        Points train = Points.random(60, 3, 4, 1);
        Points test = Points.random(60, 3, 4, 2);
        try (Scope scope = Scope.open()) {
            double accuracy = new Knn(new Knn.Config(9, 1e-3)).accuracy(train.tensors(), test.tensors(), 4);
            assertThat(accuracy).isCloseTo(bruteForce(train, test, 4, 9, 1e-3), within(1e-9));
            assertThat(new Knn(new Knn.Config(9, 1e-3)).accuracy(train.tensors(), train.tensors(), 4))
                    .isEqualTo(100);
        }
    }
}
