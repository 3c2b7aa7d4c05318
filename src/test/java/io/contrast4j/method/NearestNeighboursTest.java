package io.contrast4j.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.negatives.FeatureQueue;
import io.contrast4j.nn.Backbone;
import io.contrast4j.objective.InfoNce;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** The method of docs/extending.md, against its formula written out in Java. */
class NearestNeighboursTest {
    private static final int PICTURES = 4;
    private static final int DIM = 3;
    private static final int ROWS = 6;
    private static final double TEMPERATURE = 0.2;

    /** Pictures of DIM×1×1 pixels are their own features, before they are brought to length 1. */
    private record Pixels(Module module) implements Backbone {
        @Override
        public Set<String> taps() {
            return Set.of(EMBEDDING);
        }

        @Override
        public Map<String, Tensor> forward(Tensor images, Set<String> taps) {
            return Map.of(EMBEDDING, Tensors.unitRows(images.flatten(1, -1)));
        }
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int d = 0; d < a.length; d++) {
            sum += a[d] * b[d];
        }
        return sum;
    }

    private static double[][] table(Tensor rows) {
        return LongStream.range(0, rows.size(0))
                .mapToObj(i -> Tensors.doubles(rows.select(0, i)))
                .toArray(double[][]::new);
    }

    private static double loss(double[][] x, double[][] y, double[][] queue) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            double[] anchor = x[i];
            double[] nearest = Arrays.stream(queue)
                    .max(Comparator.comparingDouble(row -> dot(anchor, row)))
                    .orElseThrow();
            double all = Arrays.stream(y)
                    .mapToDouble(feature -> Math.exp(dot(nearest, feature) / TEMPERATURE))
                    .sum();
            sum -= dot(nearest, y[i]) / TEMPERATURE - Math.log(all);
        }
        return sum / x.length;
    }

    private static NearestNeighbours method(Arena arena) {
        FeatureQueue queue = new FeatureQueue.Config(ROWS).build(50, DIM, ScalarType.Double, Tensors.device("cpu"));
        return new NearestNeighbours(
                new Pixels(arena.own(Module::new)),
                queue,
                new InfoNce(new InfoNce.Config(TEMPERATURE)),
                SharedBatch.HERE);
    }

    @Test
    @SuppressWarnings("unchecked")
    void theLossIsThatOfTheFormulaAndTheQueueFollows() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            torch.manual_seed(1);
            try (NearestNeighbours method = method(arena)) {
                Tensor rows = ((Map<String, Tensor>) method.state().get("queue")).get("queue");
                double[][] queue = table(rows);
                Tensor x = torch.randn(PICTURES, DIM, 1, 1).to(ScalarType.Double);
                Tensor y =
                        torch.randn(PICTURES, DIM, 1, 1).to(ScalarType.Double).set_requires_grad(true);
                Tensor none = Tensors.zeros(ScalarType.Long, PICTURES);
                Method.Output output = method.forward(new Method.Input(List.of(x, y), none, none), Combination.at(0));
                double[][] first = table(output.features().get(0));
                double[][] second = table(output.features().get(1));
                assertThat(Tensors.scalar(output.loss().total()))
                        .isCloseTo(loss(first, second, queue) + loss(second, first, queue), within(1e-12));
                output.loss().total().backward();
                assertThat(y.grad().defined()).isTrue();

                method.commit(output);
                assertThat(table(rows)[0]).isEqualTo(second[0]);
                assertThat(table(rows)[PICTURES]).isEqualTo(queue[PICTURES]);
            }
        }
    }

    @Test
    void aStateOfAnotherMethodIsRefused() {
        try (Arena arena = new Arena();
                NearestNeighbours method = method(arena)) {
            assertThatThrownBy(() -> method.restore(Map.of(), "last.pth"))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("last.pth has no \"queue\"");
        }
    }
}
