package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class RunsCommandTest {
    private static String printed(String... arguments) {
        Said said = Said.by(arguments);
        assertThat(said.code()).as(said.err()).isZero();
        return said.out();
    }

    @Test
    void runsAreListedByTheirWordsWithWhatIsExpectedOfThem() {
        assertThat(printed("runs", "moco", "imagenet-100", "softmax").lines())
                .containsExactly(
                        "moco, imagenet-100: moco infonce, resnet-50 x1",
                        "top-1 in %: README of CMC, comparison on ImageNet-100",
                        "  moco-cmc-imagenet-100-softmax-16384  73.4",
                        "  moco-cmc-imagenet-100-softmax-4096",
                        "",
                        "2 runs, with the top-1 accuracy to expect where a source gives one.",
                        "`contrast4j runs show NAME` shows one, `contrast4j train NAME` trains it.");
    }

    @Test
    void severalSourcesAreNumberedAndWhatDiffersIsInTheRows() {
        assertThat(RunTable.of(List.of(
                                run("x-a", "resnet", "60.5", "one"),
                                run("x-bcd", "alexnet", "61.25", "two"),
                                run("x-e", "alexnet", "null", "null")))
                        .get(0))
                .satisfies(table -> assertThat(table.heading())
                        .containsExactly("x, stl-10: cmc", "top-1 in % [1]: one", "top-1 in % [2]: two"))
                .satisfies(table -> assertThat(table.rows())
                        .containsExactly("x-a    resnet   60.5 [1]", "x-bcd  alexnet  61.25 [2]", "x-e    alexnet"));
    }

    private static RunSummary run(String name, String encoder, String top1, String source) {
        return new RunSummary(
                name,
                Path.of("x", name + ".conf"),
                Map.of(
                        "data.type", "stl-10",
                        "method.type", "cmc",
                        "encoder.type", encoder,
                        "expected.top1", top1,
                        "expected.source", source));
    }

    /** Every run is in the list once, and lines fit a terminal of 80 columns. */
    @Test
    @Tag("slow")
    void allRunsAreListedInShortLines() {
        List<String> lines = printed("runs").lines().toList();
        assertThat(lines).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
        assertThat(lines.stream()
                        .filter(line -> line.startsWith("  "))
                        .map(line -> line.strip().split(" ")[0]))
                .containsExactlyInAnyOrderElementsOf(
                        ConfFolder.installed().runs().keySet());
    }

    @Test
    void aRunIsShownWithItsComment() {
        assertThat(printed("runs", "show", "selfcon-readme"))
                .startsWith("The command of SelfCon's README")
                .contains(
                        "architecture  selfcon-resnet-18", "1000 epochs, batches of 1024", "include \"cifar-100.inc\"");
    }

    @Test
    void anUnknownNameIsGuessed() {
        ConfFolder folder = ConfFolder.installed();
        assertThatThrownBy(() -> folder.file("selfcon-redme"))
                .isInstanceOfSatisfying(
                        UserError.class, error -> assertThat(error.exitCode()).isEqualTo(UserError.USAGE))
                .hasMessageContaining("There is no run called selfcon-redme")
                .hasMessageContaining("did you mean selfcon-readme");
        assertThat(folder.resolve(Path.of("selfcon-readme")))
                .isEqualTo(folder.path().resolve("selfcon/readme.conf"));
        assertThat(folder.resolve(Path.of("x.conf"))).isEqualTo(Path.of("x.conf"));
        assertThat(folder.resolve(Path.of("a/b"))).isEqualTo(Path.of("a/b"));
    }

    @Test
    void aStepIsMeasured() {
        RunConfig small = ConfigFile.load(
                        ConfFolder.installed().file("moco-v2-imagenet"),
                        List.of(
                                "encoder={ depth = 18, channels = 4 }",
                                "views={ size = 32 }",
                                "store.size=64",
                                "method.shards=2"))
                .bindWithoutFiles(RunConfig.class);
        try (Arena arena = new Arena()) {
            StepTime.Measured step = StepTime.ofSmallSteps(small, arena.own(() -> Tensors.device("cpu")));
            assertThat(step.pictures())
                    .isBetween(4, 64)
                    .satisfies(pictures -> assertThat(pictures % 2).isZero());
            assertThat(step.secondsPerPicture()).isBetween(1e-6, 10.0);
            assertThat(step.memory()).isGreaterThan(1L << 20);
        }
    }
}
