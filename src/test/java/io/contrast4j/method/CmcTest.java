package io.contrast4j.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.checkpoint.PthFile;
import io.contrast4j.negatives.AllRows;
import io.contrast4j.negatives.Draws;
import io.contrast4j.negatives.FeatureQueue;
import io.contrast4j.negatives.MemoryBank;
import io.contrast4j.negatives.NegativeSelector;
import io.contrast4j.negatives.NegativeStore;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.negatives.UniformSample;
import io.contrast4j.objective.AlignUniform;
import io.contrast4j.objective.InfoNce;
import io.contrast4j.objective.Nce;
import io.contrast4j.objective.Objective;
import io.contrast4j.spec.InvalidValues;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CmcTest {
    private static final int ITEMS = 10;
    private static final int DIM = 4;
    private static final UniformSample SELECTOR = new UniformSample(6);

    private static List<NegativeStore> banks(int views) {
        return Stream.<NegativeStore>generate(() -> new MemoryBank(
                        new MemoryBank.Config(0.5), ITEMS, DIM, ScalarType.Double, Tensors.device("cpu")))
                .limit(views)
                .toList();
    }

    private static Cmc cmc(List<String> views, NegativeSelector selector, Objective objective) {
        return new Cmc(new Cmc.Config(), views, images -> images, banks(views.size()), selector, objective);
    }

    /** Unit rows that stand for the features of a step; the encoder of these tests hands them through. */
    private static List<Tensor> features(int views, long step) {
        torch.manual_seed(100 + step);
        return Stream.generate(() -> {
                    Tensor x = torch.randn(3, DIM).to(ScalarType.Double);
                    return x.div(x.mul(x).sum(new long[] {1}, true, null).sqrt())
                            .detach()
                            .set_requires_grad(true);
                })
                .limit(views)
                .toList();
    }

    private static Tensor indices(long step) {
        return Tensors.of(new long[] {step % ITEMS, (step + 3) % ITEMS, (step + 3) % ITEMS}, 3);
    }

    private static Method.Input input(List<Tensor> features, Tensor indices) {
        return new Method.Input(features, Tensors.of(new long[] {0, 0, 0}, 3), indices);
    }

    private static StepContext at(long step) {
        return new StepContext(step, 1, 1, Draws.keyed(5, step));
    }

    @Test
    void featuresOfOneViewMeetTheBankOfTheOther() {
        try (Scope scope = Scope.open()) {
            List<NegativeStore> banks = banks(2);
            List<String> pairings = new ArrayList<>();
            NegativeSelector recorder = (anchor, store, at) -> {
                pairings.add(anchor.pair() + " with bank " + banks.indexOf(store));
                return SELECTOR.select(anchor, store, at);
            };
            List<Tensor> features = features(2, 0);
            try (Cmc cmc = new Cmc(
                    new Cmc.Config(),
                    List.of("l", "ab"),
                    images -> images,
                    banks,
                    recorder,
                    new InfoNce(new InfoNce.Config(0.1)))) {
                Method.Output output = cmc.forward(input(features, indices(0)), at(0));
                assertThat(pairings).containsExactly("l with bank 1", "ab with bank 0");
                // logit.l is the mean of ⟨l, row of the ab bank⟩/τ over the batch.
                Tensor own = banks.get(1).rows().all().index_select(0, indices(0));
                double logit = Tensors.scalar(features.get(0).detach().mul(own).sum()) / 3 / 0.1;
                assertThat(Tensors.scalar(output.loss().parts().get("logit.l"))).isCloseTo(logit, within(1e-12));
            }
        }
    }

    @Test
    void anObjectiveSeesTheSpreadOfTheAnchorsOfABatch() {
        AlignUniform.Config spread = new AlignUniform.Config(
                new AlignUniform.Config.Contrastive(0, 0.1),
                new AlignUniform.Config.Align(0, 2),
                new AlignUniform.Config.Uniform(1, 2, AlignUniform.Pairs.NEGATIVES_AND_BATCH));
        try (Scope scope = Scope.open();
                Cmc cmc = cmc(List.of("l", "ab"), SELECTOR, spread.build())) {
            List<Tensor> features = features(2, 0);
            Method.Output output = cmc.forward(input(features, indices(0)), at(0));
            for (int view = 0; view < 2; view++) {
                double sum = 0;
                for (double s : Tensors.doubles(output.scores().get(view).negatives())) {
                    sum += Math.exp(4 * s - 4);
                }
                double[] own = Tensors.doubles(
                        features.get(view).matmul(features.get(view).t()));
                for (int pair : new int[] {1, 2, 5}) {
                    sum += Math.exp(4 * own[pair] - 4);
                }
                Tensor part = output.loss().parts().get(view == 0 ? "unif.l" : "unif.ab");
                assertThat(Tensors.scalar(part)).isCloseTo(Math.log(sum / (3 * 6 + 3)), within(1e-9));
            }
        }
    }

    /** A pair may have a number, and a constant, where another one of the step has none. */
    @Test
    void aStepThatDoesNotCountLeavesNoConstant() {
        try (Scope scope = Scope.open()) {
            Nce nce = new Nce(new Nce.Config(0.2));
            try (Cmc cmc = cmc(List.of("l", "ab"), SELECTOR, nce)) {
                List<Tensor> features = features(2, 0);
                Tensor spoiled = features.get(1).detach().clone();
                spoiled.select(0, 0).fill_(Tensors.scalar(Double.NaN));
                Method.Input half = input(List.of(features.get(0), spoiled), indices(0));
                assertThat(Tensors.scalar(cmc.forward(half, at(0)).loss().total()))
                        .isNaN();
                assertThat(nce.constants()).containsOnlyKeys("l");
                cmc.revoke();
                assertThat(nce.constants()).isEmpty();

                cmc.commit(cmc.forward(input(features, indices(1)), at(1)));
                cmc.forward(half, at(2));
                cmc.revoke();
                assertThat(nce.constants()).containsOnlyKeys("l", "ab");
            }
        }
    }

    @Test
    void threeViewsGiveAllOrderedPairs() {
        try (Scope scope = Scope.open();
                Cmc cmc = cmc(List.of("y", "cb", "cr"), SELECTOR, new Nce(new Nce.Config(0.2)))) {
            Map<String, Tensor> parts =
                    cmc.forward(input(features(3, 0), indices(0)), at(0)).loss().parts();
            List<String> losses = parts.keySet().stream()
                    .filter(name -> name.startsWith("loss."))
                    .toList();
            assertThat(losses)
                    .containsExactly("loss.y-cb", "loss.y-cr", "loss.cb-y", "loss.cb-cr", "loss.cr-y", "loss.cr-cb");
            double sum = losses.stream()
                    .mapToDouble(name -> Tensors.scalar(parts.get(name)))
                    .sum();
            // Every pair has its own Z by now, so that a second look at the same batch gives the same sum.
            assertThat(Tensors.scalar(cmc.forward(input(features(3, 0), indices(0)), at(0))
                            .loss()
                            .total()))
                    .isCloseTo(sum, within(1e-12));
        }
    }

    static Stream<Arguments> graphs() {
        List<Arguments> all = new ArrayList<>();
        for (NegativeStore.Config store : List.of(new MemoryBank.Config(0.5), new FeatureQueue.Config(7))) {
            for (int views = 2; views <= 4; views++) {
                all.add(Arguments.of(new Cmc.Config(), views, -1, store));
                all.add(Arguments.of(new Cmc.Config(Cmc.Graph.CORE, Optional.empty()), views, 0, store));
                for (int core = 0; core < views; core++) {
                    all.add(Arguments.of(new Cmc.Config(Cmc.Graph.CORE, Optional.of("v" + core)), views, core, store));
                }
            }
        }
        return all.stream();
    }

    /**
     * The paper's L_F = Σ_{i&lt;j} L(i, j) and L_C = Σ_{j≠c} L(c, j), each L in both directions, over all rows of a store.
     */
    @ParameterizedTest
    @MethodSource("graphs")
    void theLossOfAGraphIsThatOfItsPairs(Cmc.Config config, int views, int core, NegativeStore.Config kind) {
        double temperature = 0.3;
        List<String> names =
                IntStream.range(0, views).mapToObj(view -> "v" + view).toList();
        try (Scope scope = Scope.open()) {
            List<NegativeStore> stores = Stream.generate(
                            () -> kind.build(ITEMS, DIM, ScalarType.Double, Tensors.device("cpu")))
                    .limit(views)
                    .toList();
            List<Tensor> features = features(views, 0);
            double[][][] x = features.stream().map(CmcTest::rows).toArray(double[][][]::new);
            double[][][] known =
                    stores.stream().map(store -> rows(store.rows().all())).toArray(double[][][]::new);
            long[] items = Tensors.longs(indices(0));
            double expected = 0;
            for (int i = 0; i < views; i++) {
                for (int j = i + 1; j < views; j++) {
                    if (core < 0 || core == i || core == j) {
                        for (int[] pair : new int[][] {{i, j}, {j, i}}) {
                            double[][] anchors = x[pair[0]];
                            double[][] rows = known[pair[1]];
                            for (int n = 0; n < anchors.length; n++) {
                                boolean bank = kind instanceof MemoryBank.Config;
                                double[] own = bank ? rows[(int) items[n]] : x[pair[1]][n];
                                double positive = Math.exp(dot(anchors[n], own) / temperature);
                                // A bank's rows include the positive; a queue's do not.
                                double sum = bank ? 0 : positive;
                                for (double[] row : rows) {
                                    sum += Math.exp(dot(anchors[n], row) / temperature);
                                }
                                expected -= Math.log(positive / sum) / anchors.length;
                            }
                        }
                    }
                }
            }
            try (Cmc cmc = new Cmc(
                    config,
                    names,
                    images -> images,
                    stores,
                    new AllRows(),
                    new InfoNce(new InfoNce.Config(temperature)))) {
                Method.Output output = cmc.forward(input(features, indices(0)), at(0));
                assertThat(Tensors.scalar(output.loss().total())).isCloseTo(expected, within(1e-9));
                assertThat(output.scores()).hasSize(core < 0 ? views * (views - 1) : 2 * (views - 1));
                output.loss().total().backward();
                assertThat(features)
                        .allSatisfy(view -> assertThat(Tensors.scalar(
                                        view.grad().mul(view.grad()).sum()))
                                .isPositive());
            }
        }
    }

    private static double[][] rows(Tensor table) {
        double[] values = Tensors.doubles(table);
        int columns = (int) table.size(1);
        return IntStream.range(0, values.length / columns)
                .mapToObj(row -> Arrays.copyOfRange(values, row * columns, (row + 1) * columns))
                .toArray(double[][]::new);
    }

    private static double dot(double[] a, double[] b) {
        return IntStream.range(0, a.length).mapToDouble(d -> a[d] * b[d]).sum();
    }

    @Test
    void aCoreHasAPlaceInACoreGraphOnly() {
        assertThatThrownBy(() -> new Cmc.Config(Cmc.Graph.FULL, Optional.of("l")))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContaining("core-view = l must be null where method.graph = full");
    }

    @Test
    void aCommitMovesEachBankToItsOwnView() {
        try (Scope scope = Scope.open();
                Cmc committed = cmc(List.of("l", "ab"), SELECTOR, new Nce(new Nce.Config(0.1)));
                Cmc untouched = cmc(List.of("l", "ab"), SELECTOR, new Nce(new Nce.Config(0.1)))) {
            untouched.restore(committed.state(), "file");
            List<Tensor> features = features(2, 0);
            List<Tensor> twins = features(2, 0);

            Method.Output first = committed.forward(input(features, indices(0)), at(0));
            first.loss().total().backward();
            committed.commit(first);
            untouched.forward(input(twins, indices(0)), at(0)).loss().total().backward();
            for (int view = 0; view < 2; view++) {
                assertThat(Tensors.doubles(features.get(view).grad()))
                        .isEqualTo(Tensors.doubles(twins.get(view).grad()));
            }

            Method.Output second = committed.forward(input(features(2, 1), indices(1)), at(1));
            second.loss().total().backward();
            assertThat(Tensors.doubles(second.features().get(0).grad())).doesNotContain(Double.NaN);

            // Item 3 is last in the batch: its row is on the way from the old row to its feature, in both banks.
            for (int view = 0; view < 2; view++) {
                String name = view == 0 ? "l" : "ab";
                double[] old = row(untouched, name, 3);
                double[] feature = Tensors.doubles(features.get(view).select(0, 2));
                double[] now = row(committed, name, 3);
                double length = 0;
                for (int d = 0; d < DIM; d++) {
                    length += Math.pow((old[d] + feature[d]) / 2, 2);
                }
                for (int d = 0; d < DIM; d++) {
                    assertThat(now[d]).isCloseTo((old[d] + feature[d]) / 2 / Math.sqrt(length), within(1e-12));
                }
            }
        }
    }

    private static double[] row(Cmc cmc, String view, int item) {
        Tensor memory = (Tensor) ((Map<?, ?>) cmc.state().get(view)).get("memory");
        return Tensors.doubles(memory.select(0, item));
    }

    @Test
    void aMethodRestoredFromAFileContinuesToTheSameBits(@TempDir Path folder) {
        Path file = folder.resolve("step-2.pth");
        List<String> views = List.of("l", "ab");
        try (Scope scope = Scope.open();
                Cmc trained = cmc(views, SELECTOR, new Nce(new Nce.Config(0.1)));
                Cmc resumed = cmc(views, SELECTOR, new Nce(new Nce.Config(0.1)))) {
            for (int step = 0; step < 2; step++) {
                trained.commit(trained.forward(input(features(2, step), indices(step)), at(step)));
            }
            PthFile.write(file, trained.state());
            restore(resumed, file);
            for (int step = 2; step < 5; step++) {
                Method.Output a = trained.forward(input(features(2, step), indices(step)), at(step));
                Method.Output b = resumed.forward(input(features(2, step), indices(step)), at(step));
                assertThat(Tensors.scalar(b.loss().total()))
                        .isEqualTo(Tensors.scalar(a.loss().total()));
                trained.commit(a);
                resumed.commit(b);
                for (String view : views) {
                    for (int item = 0; item < ITEMS; item++) {
                        assertThat(row(resumed, view, item)).isEqualTo(row(trained, view, item));
                    }
                }
            }
        }
    }

    @SuppressWarnings("unchecked")
    private static void restore(Cmc cmc, Path file) {
        cmc.restore((Map<String, ?>) PthFile.readMap(file), file.toString());
    }

    @Test
    void aStateOfOtherViewsIsRefused() {
        try (Scope scope = Scope.open();
                Cmc lab = cmc(List.of("l", "ab"), SELECTOR, new Nce(new Nce.Config(0.1)));
                Cmc ycbcr = cmc(List.of("y", "cbcr"), SELECTOR, new Nce(new Nce.Config(0.1)))) {
            assertThatThrownBy(() -> lab.restore(ycbcr.state(), "a.pth"))
                    .isInstanceOf(UserError.class)
                    .hasMessage("a.pth has no \"l\"; use the method it was trained with.");
        }
    }
}
