package io.contrast4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.contrast4j.data.BatchLoader;
import io.contrast4j.data.Dataset;
import io.contrast4j.data.MemoryFormat;
import io.contrast4j.data.OnCorrupt;
import io.contrast4j.data.Sample;
import io.contrast4j.data.Views;
import io.contrast4j.nn.Backbone;
import io.contrast4j.spec.InvalidValues;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.random.RandomGenerator;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Scalar;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class EvaluationTest {
    private static final BatchLoader.Config LOADING =
            new BatchLoader.Config(1, 2, OnCorrupt.FAIL, MemoryFormat.CONTIGUOUS, true, true);

    /** Plain pictures whose grey level tells their class; remembers which were looked at. */
    private static final class Greys implements Dataset {
        private final int[] labels;
        private final Set<Integer> read = new ConcurrentSkipListSet<>();

        Greys(int... labels) {
            this.labels = labels;
        }

        @Override
        public int size() {
            return labels.length;
        }

        @Override
        public List<String> classes() {
            return List.of("dark", "light", "white");
        }

        @Override
        public int label(int index) {
            return labels[index];
        }

        @Override
        public Sample read(int index) {
            read.add(index);
            Mat grey = new Mat(4, 4, opencv_core.CV_8UC3, Scalar.all(100 * labels[index] + index % 5));
            return new Sample(grey, labels[index], index);
        }

        @Override
        public String describe(int index) {
            return "grey " + index;
        }
    }

    /** The first channel of the picture, and another view that is always 1 and tells nothing. */
    private enum TwoViews implements Views {
        VIEWS;

        @Override
        public List<String> names() {
            return List.of("grey", "blank");
        }

        @Override
        public int channels(int view) {
            return 1;
        }

        @Override
        public int size(int view) {
            return 4;
        }

        @Override
        public void render(Mat rgb, RandomGenerator rng, List<Mat> targets) {
            Mat channel = new Mat();
            opencv_core.extractChannel(rgb, channel, 0);
            channel.convertTo(targets.get(0), opencv_core.CV_32F);
            new Mat(4, 4, opencv_core.CV_32FC1, Scalar.all(1)).copyTo(targets.get(1));
        }
    }

    /** Features (mean grey, 100): directions that differ from class to class. */
    private static final class MeanGrey extends Module implements Backbone {
        @Override
        public Set<String> taps() {
            return Set.of("mean");
        }

        @Override
        public Map<String, Tensor> forward(Tensor images, Set<String> taps) {
            Tensor mean = images.mean(2, 3);
            Map<String, Tensor> outputs = new LinkedHashMap<>();
            for (String tap : taps) {
                Tensor constant = mean.mul(Tensors.scalar(0)).add(Tensors.scalar(100));
                outputs.put(
                        tap,
                        org.bytedeco.pytorch.global.torch.cat(
                                new org.bytedeco.pytorch.TensorVector(mean, constant), 1));
            }
            return outputs;
        }

        @Override
        public Module module() {
            return this;
        }
    }

    private static Evaluation.Config config(List<String> views, String tap, int labelsPerClass) {
        return new Evaluation.Config(
                views,
                tap,
                labelsPerClass,
                3,
                true,
                false,
                0,
                new LinearProbe.Config(0.1, 0.9, 0, 60, 8),
                new Knn.Config(1, 0.07));
    }

    private static Evaluation evaluation(Evaluation.Config config, Dataset train, Dataset test) {
        return new Evaluation(config, train, test, TwoViews.VIEWS, LOADING, Tensors.device("cpu"), 1);
    }

    private static final int[] TRAIN = {0, 0, 1, 2, 0, 1, 2, 2, 1, 0, 1, 2};

    @Test
    void featuresThatTellTheClassesApartAreJudgedSo() {
        try (Scope scope = Scope.open()) {
            Greys test = new Greys(0, 1, 1, 1, 2);
            Evaluation evaluation = evaluation(config(List.of("grey"), "mean", 0), new Greys(TRAIN), test);
            Evaluation.Result result = evaluation.of(List.of(new MeanGrey(), new MeanGrey()));
            assertThat(evaluation.chance()).isEqualTo(60);
            assertThat(result.knn()).isEqualTo(100);
            assertThat(result.linear()).isEqualTo(100);
            assertThat(test.read).hasSize(5);
        }
    }

    @Test
    void theViewsOfTheConfigurationAreUsed() {
        try (Scope scope = Scope.open()) {
            Greys test = new Greys(0, 1, 1, 1, 2);
            List<Backbone> backbones = List.of(new MeanGrey(), new MeanGrey());
            assertThat(evaluation(config(List.of("blank"), "mean", 0), new Greys(TRAIN), test)
                            .of(backbones)
                            .knn())
                    .as("a view that tells nothing")
                    .isIn(20.0, 60.0);
            assertThat(evaluation(config(List.of("blank", "grey"), "mean", 0), new Greys(TRAIN), test)
                            .of(backbones)
                            .knn())
                    .isEqualTo(100);
        }
    }

    @Test
    void onlyTheFirstPicturesOfEachClassAreLabelled() {
        try (Scope scope = Scope.open()) {
            for (Map.Entry<Integer, Set<Integer>> expected : Map.of(
                            1, Set.of(0, 2, 3),
                            2, Set.of(0, 1, 2, 3, 5, 6),
                            100, Set.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11))
                    .entrySet()) {
                Greys train = new Greys(TRAIN);
                evaluation(config(List.of("grey"), "mean", expected.getKey()), train, new Greys(0, 1, 2))
                        .of(List.of(new MeanGrey(), new MeanGrey()));
                assertThat(train.read).isEqualTo(expected.getValue());
            }
        }
    }

    @Test
    void unknownViewsAndLayersAreNamed() {
        try (Scope scope = Scope.open()) {
            Greys data = new Greys(TRAIN);
            UserError view = catchThrowableOfType(
                    UserError.class, () -> evaluation(config(List.of("grey", "ab"), "mean", 0), data, data));
            assertThat(view)
                    .hasMessage("eval.views = [grey, ab] names a view that is not there; the views are grey, blank.");
            assertThat(view.exitCode()).isEqualTo(UserError.USAGE);

            Evaluation pooled = evaluation(config(List.of("grey"), "pooled", 0), data, data);
            UserError tap =
                    catchThrowableOfType(UserError.class, () -> pooled.of(List.of(new MeanGrey(), new MeanGrey())));
            assertThat(tap).hasMessage("eval.tap = pooled is no layer of the encoder; it has mean.");
            assertThat(tap.exitCode()).isEqualTo(UserError.USAGE);
            assertThat(data.read).as("found out before anything is read").isEmpty();
        }
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> config(List.of(), "mean", -1))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContaining("labelsPerClass = -1 must be at least 0");
    }
}
