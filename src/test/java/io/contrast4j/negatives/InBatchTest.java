package io.contrast4j.negatives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.objective.InfoNce;
import io.contrast4j.objective.Loss;
import io.contrast4j.objective.Scores;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** In-batch contrasts against plain loops over pairs of rows, alone and with the loss they are made for. */
class InBatchTest {
    /** V views of N rows of D numbers, and a label for each of the b samples. */
    private record Batch(double[][][] views, int[] labels) {
        static Batch random(int samples, int crops, int views, int dim, long seed) {
            CounterRandom random = CounterRandom.of(seed);
            double[][][] values = new double[views][samples * crops][dim];
            for (double[][] view : values) {
                for (double[] row : view) {
                    for (int d = 0; d < dim; d++) {
                        row[d] = random.nextDouble(-1, 1);
                    }
                }
            }
            int[] labels = new int[samples];
            for (int i = 0; i < samples; i++) {
                labels[i] = random.nextInt(3) - 1;
            }
            return new Batch(values, labels);
        }

        List<double[]> rows() {
            List<double[]> rows = new ArrayList<>();
            for (double[][] view : views) {
                rows.addAll(List.of(view));
            }
            return rows;
        }

        List<Tensor> leaves() {
            List<Tensor> leaves = new ArrayList<>();
            for (double[][] view : views) {
                double[] values = java.util.Arrays.stream(view)
                        .flatMapToDouble(java.util.Arrays::stream)
                        .toArray();
                leaves.add(Tensors.of(values, view.length, view[0].length).set_requires_grad(true));
            }
            return leaves;
        }

        boolean positive(int r, int c, boolean byClass) {
            int i = r % labels.length;
            int j = c % labels.length;
            return r != c && (byClass ? labels[i] == labels[j] : i == j);
        }

        int anchors(InBatch.Anchors anchors) {
            int rows = views[0].length;
            return switch (anchors) {
                case ALL -> rows * views.length;
                case FIRST_VIEW -> rows;
                case ALL_BUT_LAST_VIEW -> rows * (views.length - 1);
            };
        }

        double loss(InBatch.Anchors anchors, boolean byClass, double temperature) {
            List<double[]> rows = rows();
            double sum = 0;
            int counted = 0;
            for (int r = 0; r < anchors(anchors); r++) {
                double denominator = 0;
                double numerator = 0;
                int positives = 0;
                for (int c = 0; c < rows.size(); c++) {
                    double logit = 0;
                    for (int d = 0; d < rows.get(r).length; d++) {
                        logit += rows.get(r)[d] * rows.get(c)[d] / temperature;
                    }
                    denominator += c == r ? 0 : Math.exp(logit);
                    if (positive(r, c, byClass)) {
                        numerator += logit;
                        positives++;
                    }
                }
                if (positives > 0) {
                    sum += Math.log(denominator) - numerator / positives;
                    counted++;
                }
            }
            return counted == 0 ? 0 : temperature / 0.07 * sum / counted;
        }
    }

    @Property(tries = 150)
    void masksAndLossAreThoseOfAllPairs(
            @ForAll @IntRange(min = 1, max = 4) int samples,
            @ForAll @IntRange(min = 1, max = 2) int crops,
            @ForAll @IntRange(min = 2, max = 4) int views,
            @ForAll @IntRange(min = 1, max = 5) int dim,
            @ForAll InBatch.Anchors anchors,
            @ForAll boolean byClass,
            @ForAll @DoubleRange(min = 0.1, max = 2) double temperature,
            @ForAll long seed) {
        Batch batch = Batch.random(samples, crops, views, dim, seed);
        try (Scope scope = Scope.open()) {
            List<Tensor> leaves = batch.leaves();
            long[] labels =
                    java.util.Arrays.stream(batch.labels()).asLongStream().toArray();
            Tensor positives = byClass
                    ? InBatch.sameClass(Tensors.of(labels, samples))
                    : InBatch.samePicture(samples, leaves.get(0));
            Scores scores = InBatch.of("p", leaves, positives, anchors);

            int all = batch.rows().size();
            double[] share = Tensors.doubles(scores.share().orElseThrow());
            double[] kept = Tensors.doubles(scores.kept().orElseThrow());
            assertThat(Tensors.shape(scores.positive())).containsExactly(batch.anchors(anchors), all);
            for (int i = 0; i < share.length; i++) {
                int r = i / all;
                int c = i % all;
                assertThat(share[i]).isEqualTo(batch.positive(r, c, byClass) ? 1 : 0);
                assertThat(kept[i]).isEqualTo(r == c ? 0 : 1);
            }

            InfoNce infoNce =
                    new InfoNce(new InfoNce.Config(temperature, Optional.of(0.07), InfoNce.WithoutPositives.LEFT_OUT));
            Loss loss = infoNce.of(List.of(scores));
            loss.total().backward();
            double expected = batch.loss(anchors, byClass, temperature);
            assertThat(Tensors.scalar(loss.total())).isCloseTo(expected, within(1e-9 * Math.max(1, expected)));
            double h = 1e-6;
            for (int v = 0; v < views; v++) {
                double[] row = batch.views()[v][0];
                double at = row[0];
                row[0] = at + h;
                double above = batch.loss(anchors, byClass, temperature);
                row[0] = at - h;
                double below = batch.loss(anchors, byClass, temperature);
                row[0] = at;
                Tensor gradient = leaves.get(v).grad();
                assertThat(Tensors.doubles(gradient)).doesNotContain(Double.NaN);
                double slope = (above - below) / (2 * h);
                assertThat(Tensors.doubles(gradient)[0]).isCloseTo(slope, within(1e-5 * Math.max(1, Math.abs(slope))));
            }
        }
    }

    /** Similarities of 16 bits would be off by up to 1/256, and the loss with them. */
    @Test
    void sixteenBitFeaturesAreScoredInFloat32() {
        try (Scope scope = Scope.open()) {
            CounterRandom random = CounterRandom.of(5);
            float[] values = new float[8 * 32];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) random.nextDouble(-1, 1);
            }
            for (ScalarType type : List.of(ScalarType.BFloat16, ScalarType.Half)) {
                Tensor features = Tensors.of(values, 8, 32).to(type);
                List<Tensor> views = List.of(features.narrow(0, 0, 4), features.narrow(0, 4, 4));
                List<Tensor> wide =
                        views.stream().map(view -> view.to(ScalarType.Float)).toList();
                Tensor same = InBatch.samePicture(4, features);
                Scores scores = InBatch.of("p", views, same, InBatch.Anchors.ALL);
                Scores expected = InBatch.of("p", wide, same, InBatch.Anchors.ALL);
                assertThat(scores.positive().scalar_type().intern()).isEqualTo(ScalarType.Float);
                assertThat(Tensors.doubles(scores.positive())).containsExactly(Tensors.doubles(expected.positive()));
                Loss loss = new InfoNce(new InfoNce.Config(0.01)).of(List.of(scores));
                assertThat(loss.total().scalar_type().intern()).isEqualTo(ScalarType.Float);
                assertThat(Tensors.scalar(loss.total())).isFinite();
            }
        }
    }

    @Test
    void whatDoesNotFitIsRefused() {
        try (Scope scope = Scope.open()) {
            Tensor four = Tensors.zeros(ScalarType.Float, 4, 3);
            Tensor five = Tensors.zeros(ScalarType.Float, 5, 3);
            Tensor same = InBatch.samePicture(4, four);
            assertThatThrownBy(() -> InBatch.of("p", List.of(), same, InBatch.Anchors.ALL))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("at least one view is needed");
            assertThatThrownBy(() -> InBatch.of("p", List.of(four, five), same, InBatch.Anchors.ALL))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("every view must be of 4 rows with a feature each");
            assertThatThrownBy(() -> InBatch.of("p", List.of(five), same, InBatch.Anchors.ALL))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the 5 rows of a view are no whole number of crops of the 4 samples that positives are"
                            + " given for");
            assertThatThrownBy(() -> InBatch.of("p", List.of(four), same, InBatch.Anchors.ALL_BUT_LAST_VIEW))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("without the last view no anchor is left: two views or more are needed");
        }
    }
}
