package io.contrast4j.method;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.checkpoint.PthFile;
import io.contrast4j.nn.Networks;
import io.contrast4j.optim.Sgd;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every method restored from a file, in networks of other weights, continues to the same bits. */
class ResumedMethodTest {
    private static final int THREADS = torch.get_num_threads();

    /** Layers this small gain nothing from a second thread, and lose much by waiting for it on a busy machine. */
    @BeforeAll
    static void oneThread() {
        torch.set_num_threads(1);
    }

    @AfterAll
    static void allThreads() {
        torch.set_num_threads(THREADS);
    }

    static Stream<Combination> methods() {
        return Stream.of(
                Combination.of("cmc", "two-groups", "resnet", "memory-bank", "uniform", "nce"),
                Combination.of("cmc-core", "three-groups", "resnet", "memory-bank", "uniform", "nce"),
                Combination.of("cmc", "two-crops", "ring-resnet", "queue", "ball-neighbours", "infonce"),
                Combination.of(
                        "insdis", "one-crop", "torchvision-resnet", "memory-bank", "ring-without-own", "infonce"),
                Combination.of("moco", "two-crops", "torchvision-resnet", "queue", "all", "align-uniform-contrastive"),
                Combination.of("moco-after-step", "two-crops-and-local-ones", "resnet", "queue", "uniform", "nce"),
                Combination.of("moco-symmetric-shards", "two-crops", "resnet", "memory-bank", "ring", "infonce"),
                Combination.of("moco-un-mix", "two-crops", "ring-resnet", "queue", "ring-neighbours", "infonce"),
                Combination.of(
                        "selfcon-exits_and_end-same_class-0.5",
                        "two-crops",
                        "selfcon-resnet",
                        "no-store",
                        "in-batch",
                        "infonce"),
                Combination.of("selfcon-end-same_picture-0.0", "two-crops", "resnet", "queue", "in-batch", "infonce"),
                Combination.of(
                        "align-uniform",
                        "two-crops",
                        "torchvision-resnet",
                        "no-store",
                        "in-batch",
                        "align-uniform-alone"),
                Combination.of(
                        "one-stage-selfcon", "one-crop", "selfcon-resnet", "no-store", "in-batch", "no-objective"),
                Combination.of("predict", "two-groups", "resnet", "no-store", "in-batch", "no-objective"));
    }

    @ParameterizedTest
    @MethodSource("methods")
    void continuesToTheSameBits(Combination combination, @TempDir Path folder) {
        assertThat(combination.problems()).isEmpty();
        Path file = folder.resolve("step-2.pth");
        try (Run trained = new Run(combination, 1)) {
            trained.step(0);
            trained.step(1);
            PthFile.write(file, trained.state());
            try (Run resumed = new Run(combination, 2)) {
                assertThat(resumed.values()).isNotEqualTo(trained.values());
                resumed.restore(file);
                assertThat(resumed.values()).isEqualTo(trained.values());
                for (int step = 2; step < 4; step++) {
                    assertThat(resumed.step(step)).isEqualTo(trained.step(step));
                }
                assertThat(resumed.values()).isEqualTo(trained.values());
            }
        }
    }

    /** A method, its networks and their optimizer. */
    private static final class Run implements AutoCloseable {
        private final Combination combination;
        private final Arena arena = new Arena();
        private final Networks networks;
        private final Method method;
        private final Sgd optimizer;

        Run(Combination combination, int seed) {
            this.combination = combination;
            try (Scope scope = Scope.open()) {
                torch.manual_seed(seed);
                Method.Setting setting = Combination.setting();
                networks = arena.own(() -> combination.method().networks(combination.parts(), setting));
                method = combination.method().build(networks, combination.parts(), setting);
                optimizer = new Sgd(
                        new Sgd.Config(0.03, 0.9, 1e-4, false),
                        StateDict.parameters(networks.module()).values());
            }
        }

        double step(int step) {
            try (Scope scope = Scope.open()) {
                Method.Output output = method.forward(combination.input(step), Combination.at(step));
                optimizer.zeroGrad();
                output.loss().total().backward();
                optimizer.step();
                method.commit(output);
                double loss = Tensors.scalar(output.loss().total());
                method.follows().ifPresent(measure -> method.observe(loss));
                return loss;
            }
        }

        Map<String, Object> state() {
            Map<String, Object> state = new LinkedHashMap<>();
            state.put("networks", StateDict.of(networks.module()));
            state.put("method", method.state());
            state.put("optimizer", optimizer.state());
            return state;
        }

        @SuppressWarnings("unchecked")
        void restore(Path file) {
            try (Scope scope = Scope.open()) {
                Map<String, Object> saved = (Map<String, Object>) PthFile.readMap(file);
                StateDict.load(networks.module(), (Map<String, Tensor>) saved.get("networks"), file.toString());
                method.restore((Map<String, ?>) saved.get("method"), file.toString());
                optimizer.restore((Map<String, ?>) saved.get("optimizer"), file.toString());
            }
        }

        /** All numbers of the state, as something that can be compared to the bit. */
        Object values() {
            try (Scope scope = Scope.open()) {
                return comparable(state());
            }
        }

        private static Object comparable(Object value) {
            if (value instanceof Tensor tensor) {
                return LongBuffer.wrap(Arrays.stream(Tensors.doubles(tensor))
                        .mapToLong(Double::doubleToRawLongBits)
                        .toArray());
            }
            if (value instanceof Map<?, ?> map) {
                Map<Object, Object> copy = new LinkedHashMap<>();
                map.forEach((name, inner) -> copy.put(name, inner == null ? "none" : comparable(inner)));
                return copy;
            }
            if (value instanceof List<?> list) {
                List<Object> copy = new ArrayList<>();
                list.forEach(inner -> copy.add(comparable(inner)));
                return copy;
            }
            return value;
        }

        @Override
        public void close() {
            optimizer.close();
            method.close();
            arena.close();
        }
    }
}
