package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Tensors;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunsCommandTest {
    private static String printed(String... arguments) {
        PrintStream out = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            assertThat(Main.commandLine().execute(arguments)).isZero();
        } finally {
            System.setOut(out);
        }
        return printed.toString(StandardCharsets.UTF_8);
    }

    @Test
    void runsAreListedByTheirWordsWithWhatIsExpectedOfThem() {
        List<String> lines =
                printed("runs", "moco", "imagenet-100", "softmax").lines().toList();
        assertThat(lines).hasSize(3);
        assertThat(lines.get(0)).matches("run +method +data +architecture +expected +source");
        assertThat(lines.get(1))
                .matches("moco-cmc-imagenet-100-softmax-16384 +moco infonce +imagenet-100 +resnet-50 x1"
                        + " +73\\.4 % +README of CMC, comparison on ImageNet-100");
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
