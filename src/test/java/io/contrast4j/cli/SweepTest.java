package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.negatives.Ball;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which runs a sweep file is about, how far they are, and what is made of their results. Nothing is trained. */
class SweepTest {
    private static final int MOST_LINES = 25;
    private static final Path CONF =
            Path.of(System.getProperty("contrast4j.home", ".")).resolve("conf");

    @TempDir
    Path folder;

    private Sweep load(String text, String... overrides) throws IOException {
        Path file = Files.writeString(folder.resolve("mine.conf"), text);
        return Sweep.load(
                file,
                Stream.concat(Stream.of("out=\"" + folder + '"'), Stream.of(overrides))
                        .toList(),
                false);
    }

    private static List<String> names(Sweep sweep) {
        return sweep.combinations().stream().map(Combination::name).toList();
    }

    private void refused(String text, String... sentences) {
        assertThatThrownBy(() -> load(text)).isInstanceOf(UserError.class).hasMessageContainingAll(sentences);
    }

    @TestFactory
    Stream<DynamicTest> everySweepInConfIsShortAndValid() throws IOException {
        try (Stream<Path> all = Files.walk(CONF)) {
            List<Path> files = all.filter(file -> file.toString().endsWith(".conf") && ConfFolder.isSweep(file))
                    .sorted()
                    .toList();
            assertThat(files).hasSizeGreaterThanOrEqualTo(3);
            return files.stream()
                    .map(file -> DynamicTest.dynamicTest(CONF.relativize(file).toString(), () -> {
                        assertThat(Files.readAllLines(file)).hasSizeLessThanOrEqualTo(MOST_LINES);
                        Sweep sweep = Sweep.load(file, List.of(), false);
                        assertThat(sweep.skipped()).isEmpty();
                        assertThat(sweep.combinations()).hasSizeGreaterThan(1);
                        assertThat(sweep.name()).as("one folder for each").startsWith("ring-");
                    }));
        }
    }

    @Test
    void ringsGridIsMethodTimesNegativesOnEachDataSet() {
        Sweep sweep = Sweep.load(CONF.resolve("ring/sweeps/stl-10.conf"), List.of("data.path=/x"), false);
        assertThat(names(sweep))
                .containsExactly(
                        "nce", "nce-ball", "nce-ring", "moco", "moco-ball", "moco-ring", "cmc", "cmc-ball", "cmc-ring");
        assertThat(sweep.combinations()).allSatisfy(run -> {
            RunConfig config = run.configAnywhere();
            assertThat(Flattened.of(run.file().render(RunConfig.class)))
                    .containsEntry("data.type", "stl-10")
                    .containsEntry("data.path", "/x");
            assertThat(config.out()).isEqualTo(Path.of("runs/ring-stl-10"));
            assertThat(config.name()).isEqualTo(run.name());
        });
    }

    @Test
    void eachWithEachInTheOrderOfTheFile() throws IOException {
        Sweep sweep = load("""
                train.epochs = 9
                sweep {
                  base = ring-nce-ring
                  runs = [{ name = small, train.batch-size = 8 }, { name = large, train { batch-size = 64 } }]
                  grid {
                    optimizer.learning-rate = [0.03, 1e-1]
                    negatives = [{ type = ball, count = 7 }, { type = ball, count = 8 }, { type = uniform, count = 7 }]
                  }
                }
                """, "sweep.seeds=[1,2]");
        assertThat(sweep.name()).isEqualTo("mine");
        assertThat(sweep.combinations()).hasSize(2 * 2 * 3 * 2);
        assertThat(names(sweep)).doesNotHaveDuplicates();
        assertThat(names(sweep).get(0)).matches("small_learning-rate-0.03_negatives-ball-[0-9a-f]{6}_seed-1");
        assertThat(names(sweep).get(5)).isEqualTo("small_learning-rate-0.03_negatives-uniform_seed-2");
        assertThat(names(sweep).get(23)).isEqualTo("large_learning-rate-1e-1_negatives-uniform_seed-2");
        RunConfig first = sweep.combinations().get(0).configAnywhere();
        assertThat(first.train().epochs()).isEqualTo(9);
        assertThat(first.train().batchSize()).isEqualTo(8);
        assertThat(first.optimizer().learningRate()).isEqualTo(0.03);
        // Nothing is left of the ring of the base.
        assertThat(first.negatives()).isInstanceOfSatisfying(Ball.Config.class, ball -> {
            assertThat(ball.count()).isEqualTo(Optional.of(7));
            assertThat(ball.inner()).isZero();
        });
        assertThat(sweep.combinations().get(0).settings())
                .containsEntry("run", "small")
                .containsEntry("negatives", "ball{count=7}")
                .containsEntry("seed", "1");
    }

    @Test
    void mistakesAreToldOnceWithFileAndLine() {
        refused(
                """
                sweep {
                  base = ring-nce-ring
                  grid { optimizer.lr = [0.03, 0.1]
                    train.epochs = [some, 10] }
                }
                """,
                "mine.conf:3: unknown key optimizer.lr of type sgd; did you mean optimizer.learning-rate?\n",
                "mine.conf:4:" + " train.epochs = some must be a whole number (in lr-0.03_epochs-some and 1 more)");
        refused("sweep { base = ring-nce, gird {} }", "mine.conf:1: unknown key sweep.gird; did you mean sweep.grid?");
        refused("sweep { base = ring-nse, seeds = [1] }", "There is no run called ring-nse", "ring-nce");
        refused("sweep { base = \"none.conf\", seeds = [1] }", "none.conf: it does not exist");
        refused("sweep { base = ring-nce }", "there is nothing to choose from");
        refused("train.epochs = 1", "there is no sweep { … } in it");
        refused("sweep { grid = 3 }", "mine.conf:1: sweep.grid = 3 must be an object");
        refused(
                "sweep { grid { seed = 3 } }",
                "mine.conf:1: sweep.grid.seed = 3 must be a list of values, such as [3]");
        refused("sweep { grid { seed = [3] }, seeds = [1] }", "seed and seed are chosen independently");
        refused("sweep { grid { seed = [3, 3] } }", "2 combinations are called seed-3-");
        refused("sweep { grid { out = [a, b] } }", "out cannot be chosen from");
        refused("sweep { runs = [3] }", "mine.conf:1: sweep.runs has 3, which must be an object");
        refused(
                "sweep { result = lineal }",
                "mine.conf:1: sweep.result = lineal must be one of",
                "did you mean linear?");
        refused("sweep { seeds = [1, 1] }", "sweep.seeds = [1, 1] must be different from each other");
        assertThatThrownBy(() -> load("sweep { base = ring-nce, grid { seed = [1, 2] } }", "seed=3"))
                .hasMessage("\"seed=3\" would be undone by the sweep, which chooses seed; take it back");
    }

    @Test
    void whatDoesNotGoTogetherIsRefusedOrLeftOut() throws IOException {
        String text = """
                sweep {
                  base = [ring-nce, ring-moco]
                  grid { store.momentum = [0, 0.5] }
                }
                """;
        refused(
                text,
                "mine.conf:3: unknown key store.momentum of type queue; it belongs to type memory-bank"
                        + " (in ring-moco_momentum-0 and 1 more)",
                "sweep.skip-invalid = true leaves out what does not go together");
        Sweep some = load(text, "sweep.skip-invalid=true");
        assertThat(names(some)).containsExactly("ring-nce_momentum-0", "ring-nce_momentum-0.5");
        assertThat(some.skipped()).containsOnlyKeys("ring-moco_momentum-0", "ring-moco_momentum-0.5");
        assertThatThrownBy(() -> load(text, "sweep.skip-invalid=true", "trian.epochs=1"))
                .hasMessageContaining("unknown key trian; did you mean train?");
    }

    /** Makes a run as {@code train} would leave it. */
    private static void leave(Combination combination, String status, double linear) throws IOException {
        Path run = Files.createDirectories(combination.folder().resolve("20260101-120000"));
        combination.prepare();
        Files.copy(combination.conf(), run.resolve("config.conf"));
        Files.writeString(run.resolve("run.json"), """
                { "name": "%s", "status": "%s", "results": { "step": 3, "eval.chance": 10.0,
                  "eval.random_weights.linear": 99, "eval.trained.linear": %s, "eval.trained.knn": 20.5 } }
                """.formatted(combination.name(), status, linear));
    }

    private static final String FOUR = """
            sweep { base = ring-nce, grid { train.epochs = [200, 300] }, seeds = [1, 2] }
            """;

    @ParameterizedTest
    @CsvSource({
        "complete, COMPLETE",
        "failed, FAILED",
        "training, UNFINISHED",
        "evaluating, UNFINISHED",
        "interrupted, UNFINISHED"
    })
    void aRunIsAsFarAsItsFolderSays(String status, Combination.State state) throws IOException {
        Combination run = load(FOUR).combinations().get(1);
        assertThat(run.state()).isEqualTo(Combination.State.NEW);
        leave(run, status, 50);
        assertThat(run.state()).isEqualTo(state);
    }

    @Test
    void aProcessThatDiedWithoutAWordHasFailedUntilItIsTriedAgain() throws IOException {
        Combination run = load(FOUR).combinations().get(0);
        leave(run, "training", 50);
        run.failed("it was ended by signal 9");
        assertThat(run.state()).isEqualTo(Combination.State.FAILED);
        assertThat(run.whyFailed()).isEqualTo("it was ended by signal 9");
        run.prepare();
        assertThat(run.state()).isEqualTo(Combination.State.UNFINISHED);
    }

    @Test
    void aSweepMayGrowButItsRunsStayWhatTheyAre() throws IOException {
        leave(load(FOUR).combinations().get(0), "complete", 50);
        Sweep larger = load(FOUR.replace("300]", "300, 400]"), "loader.workers=1", "data.path=/elsewhere");
        larger.requireUnchanged();
        assertThat(larger.combinations().get(0).state()).isEqualTo(Combination.State.COMPLETE);
        Sweep other = load(FOUR, "optimizer.momentum=0.5");
        assertThat(other.combinations().get(0).state()).isEqualTo(Combination.State.CHANGED);
        assertThatThrownBy(other::requireUnchanged)
                .hasMessageContainingAll("1 of the runs in", "epochs-200_seed-1 differs in optimizer.momentum");
    }

    @Test
    void runsAreComparedByTheirResults() throws IOException {
        Sweep sweep = load(FOUR);
        List<Combination> runs = sweep.combinations();
        leave(runs.get(0), "complete", 50);
        leave(runs.get(1), "complete", 53);
        leave(runs.get(2), "complete", 60.25);
        leave(runs.get(3), "training", 99);
        SweepResults results = SweepResults.of(sweep);
        assertThat(results.text()).isEqualTo("""
                run                train.epochs  seed  state       linear  knn
                epochs-300_seed-1  300           1     complete    60.25   20.50
                epochs-200_seed-2  200           2     complete    53.00   20.50
                epochs-200_seed-1  200           1     complete    50.00   20.50
                epochs-300_seed-2  300           2     unfinished
                """);
        Path page = results.write();
        assertThat(page).isEqualTo(sweep.folder().resolve("report.html"));
        // Two seeds of 50 and 53: mean 51.5, deviation 3/√2.
        assertThat(Files.readString(page))
                .contains("[\"300\",\"1\",\"60.25\",\"\"],[\"200\",\"2\",\"51.50\",\"2.12\"]")
                .contains("<title>mine</title>");
        assertThat(Files.readAllLines(sweep.folder().resolve("summary.csv")))
                .hasSize(5)
                .startsWith(
                        "run,state,train.epochs,seed,linear,knn,folder",
                        "epochs-300_seed-1,complete,300,1,60.25,20.5,"
                                + runs.get(2).folder().resolve("20260101-120000"))
                .endsWith("epochs-300_seed-2,unfinished,300,2,,,"
                        + runs.get(3).folder().resolve("20260101-120000"));
        // All have the same: the order of the file.
        assertThat(SweepResults.of(load(FOUR, "sweep.result=knn"))
                        .text()
                        .lines()
                        .skip(1))
                .first()
                .asString()
                .startsWith("epochs-200_seed-1");
    }
}
