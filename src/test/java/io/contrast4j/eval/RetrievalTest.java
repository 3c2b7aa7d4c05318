package io.contrast4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class RetrievalTest {
    /** Points of a circle at these degrees. */
    private static Features circle(double[] degrees, long... labels) {
        double[] rows = new double[2 * degrees.length];
        for (int i = 0; i < degrees.length; i++) {
            rows[2 * i] = Math.cos(Math.toRadians(degrees[i]));
            rows[2 * i + 1] = Math.sin(Math.toRadians(degrees[i]));
        }
        return new Features(Tensors.of(rows, degrees.length, 2), Tensors.of(labels, labels.length));
    }

    @Test
    void precisionsOfTheRelevantRanksAreAveraged() {
        try (Scope scope = Scope.open()) {
            Features known = circle(new double[] {1, 2, 3, 4}, 7, 8, 7, 7);
            Features queries = circle(new double[] {0, 0, 0}, 7, 8, 9);
            double first = (1 + 2 / 3.0 + 3 / 4.0) / 3;
            double second = 1 / 2.0;
            // The third one has no relevant picture, and does not count.
            Retrieval.Found found = Retrieval.among(known, queries, List.of(1, 2, 4));
            assertThat(found.meanAveragePrecision()).isCloseTo(100 * (first + second) / 2, within(1e-9));
            assertThat(found.recall()).containsExactly(50.0, 100.0, 100.0);
            Retrieval.Found none = Retrieval.among(known, circle(new double[] {0}, 9), List.of(1));
            assertThat(none.percentages()).containsExactly(Double.NaN, Double.NaN);
        }
    }

    @Property(tries = 30)
    void eachPictureIsSearchedForAmongTheOthers(
            @ForAll long seed,
            @ForAll @IntRange(min = 2, max = 25) int n,
            @ForAll @IntRange(min = 1, max = 4) int classes) {
        try (Scope scope = Scope.open()) {
            torch.manual_seed(seed);
            Tensor rows = Tensors.unitRows(torch.randn(n, 3).to(ScalarType.Double));
            long[] labels = LongStream.range(0, n)
                    .map(i -> (i * i + seed % 5) % classes)
                    .toArray();
            double[][] similarities = IntStream.range(0, n)
                    .mapToObj(i -> Tensors.doubles(rows.matmul(rows.select(0, i))))
                    .toArray(double[][]::new);
            List<Double> averages = new ArrayList<>();
            for (int query = 0; query < n; query++) {
                int asked = query;
                List<Integer> ranking = IntStream.range(0, n)
                        .filter(i -> i != asked)
                        .boxed()
                        .sorted(Comparator.comparingDouble(i -> -similarities[asked][i]))
                        .toList();
                double sum = 0;
                int found = 0;
                for (int rank = 0; rank < ranking.size(); rank++) {
                    if (labels[ranking.get(rank)] == labels[asked]) {
                        sum += ++found / (rank + 1.0);
                    }
                }
                if (found > 0) {
                    averages.add(sum / found);
                }
            }
            double expected =
                    100 * averages.stream().mapToDouble(a -> a).average().orElse(Double.NaN);
            double actual = Retrieval.leaveOneOut(new Features(rows, Tensors.of(labels, n)), List.of())
                    .meanAveragePrecision();
            if (averages.isEmpty()) {
                assertThat(actual).isNaN();
            } else {
                assertThat(actual).isCloseTo(expected, within(1e-9));
            }
        }
    }
}
