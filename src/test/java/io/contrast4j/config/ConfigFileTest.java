package io.contrast4j.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.config.Example.Adam;
import io.contrast4j.config.Example.Constant;
import io.contrast4j.config.Example.Cosine;
import io.contrast4j.config.Example.Crop;
import io.contrast4j.config.Example.Data;
import io.contrast4j.config.Example.Ema;
import io.contrast4j.config.Example.Flip;
import io.contrast4j.config.Example.Precision;
import io.contrast4j.config.Example.Sgd;
import io.contrast4j.config.Example.SomeOf;
import io.contrast4j.config.Example.Train;
import io.contrast4j.config.Example.View;
import io.contrast4j.spec.UserError;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which layer wins, what defaults a variant gets, and what files may include. */
class ConfigFileTest {
    private Folder folder;

    @BeforeEach
    void folder(@TempDir Path path) {
        folder = new Folder(path);
    }

    @Test
    void defaultsFillWhatTheFileLeavesOut() {
        folder.write("data.root = /data");
        assertThat(folder.bind())
                .isEqualTo(new Example(
                        "example",
                        1,
                        new Data(Path.of("/data"), List.of(), List.of(), Map.of("all", 1.0)),
                        new Sgd(0.03, 0.9, false, new Cosine(0)),
                        Optional.empty(),
                        new Train(
                                10,
                                9_000_000_000L,
                                Duration.ofMinutes(10),
                                Precision.FLOAT_32,
                                1.5f,
                                Optional.empty(),
                                List.of(List.of(1, 2), List.of()))));
    }

    @Test
    void anOverrideOfAWholeSectionReplacesIt() {
        for (String whole : List.of(
                "views=${recipes.cmc}",
                "views = { size = 3 }",
                "\"views\": [] # =",
                "views.type=x",
                "views { type = x }")) {
            assertThat(ConfigFile.replaces(List.of("train.epochs=1", whole), "views"))
                    .as(whole)
                    .isTrue();
        }
        for (String part : List.of("views.size=3", "views { size = 3 }", "eval.views=[a]", "eval { views = [a] }")) {
            assertThat(ConfigFile.replaces(List.of(part), "views")).as(part).isFalse();
        }
        assertThat(ConfigFile.replaces(List.of(), "views")).isFalse();
    }

    @Test
    void everyShapeIsRead() {
        folder.write(
                "name = 1.10",
                "data {",
                "  root = images",
                "  transforms = [",
                "    { type = crop, size = 224 }",
                "    { type = some-of, transforms = [{ type = flip }, { type = crop, min-scale = 0.2 }] }",
                "  ]",
                "  views = [{ name = L }, { name = ab, channels = [1, 2] }]",
                "  weights { all = null, \"a.b\" = 0.5 }",
                "}",
                "optimizer.schedule.type = constant",
                "ema {}",
                "train {",
                "  epochs = 1e2",
                "  save-every = 1 hour",
                "  precision = bfloat-16",
                "  resume = last.ckpt",
                "}");
        Example example = folder.bind();
        assertThat(example.name()).isEqualTo("1.10");
        assertThat(example.data())
                .isEqualTo(new Data(
                        Path.of("images"),
                        List.of(new Crop(224, 0.08, 1), new SomeOf(1, List.of(new Flip(0.5), new Crop(32, 0.2, 1)))),
                        List.of(new View("L", List.of(0)), new View("ab", List.of(1, 2))),
                        Map.of("a.b", 0.5)));
        assertThat(example.optimizer()).isEqualTo(new Sgd(0.03, 0.9, false, new Constant()));
        assertThat(example.ema()).contains(new Ema(0.999, Optional.empty()));
        assertThat(example.train().epochs()).isEqualTo(100);
        assertThat(example.train().saveEvery()).isEqualTo(Duration.ofHours(1));
        assertThat(example.train().precision()).isEqualTo(Precision.BFLOAT_16);
        assertThat(example.train().resume()).contains(Path.of("last.ckpt"));
    }

    @Test
    void overridesWinOverTheFileAndLaterOnesOverEarlier() {
        folder.write("data.root = /data", "seed = 2", "train.epochs = 20", "train.grid = [[7]]");
        Example example = folder.bind(
                "train.epochs=3",
                "train { max-steps = 5, epochs = 4 }",
                "name=\"a b\"",
                "train.grid+=[8]",
                "seed=${train.epochs}");
        assertThat(example.train().epochs()).isEqualTo(4);
        assertThat(example.train().maxSteps()).isEqualTo(5);
        assertThat(example.train().grid()).isEqualTo(List.of(List.of(7), List.of(8)));
        assertThat(example.name()).isEqualTo("a b");
        assertThat(example.seed()).isEqualTo(4);
    }

    @Test
    void overridesOfPlainTextAreTakenAsTyped() {
        folder.write("seed = 2");
        assertThat(folder.bind("data.root=/a//b", "name=cuda:1").data().root()).isEqualTo(Path.of("/a//b"));
        assertThat(folder.bind("data.root=x", "name=cuda:1").name()).isEqualTo("cuda:1");
        assertThat(folder.bind("data.root=x", "name=a #b, c").name()).isEqualTo("a #b, c");
        assertThat(folder.bind("data.root=x", "seed= 7").seed()).isEqualTo(7);
    }

    @Test
    void anotherTypeLeavesNothingOfTheDefaultOneBehind() {
        folder.write("data.root = /data", "optimizer { type = adam, betas = [0.5, 0.9] }");
        assertThat(folder.bind().optimizer()).isEqualTo(new Adam(1e-3, List.of(0.5, 0.9)));
        assertThat(folder.bind("optimizer=null", "optimizer.type=sgd", "optimizer.momentum=0")
                        .optimizer())
                .isEqualTo(new Sgd(0.03, 0, false, new Cosine(0)));
    }

    @Test
    void includesAreRelativeToTheFileThatIncludes() {
        folder.write("include \"shared/data.conf\"", "train { include \"shared/train.conf\" }", "seed = 3");
        folder.also("shared/data.conf", "include \"../root.conf\"", "seed = 2", "name = shared");
        folder.also("shared/train.conf", "epochs = 7");
        folder.also("root.conf", "data.root = /data");
        Example example = folder.bind();
        assertThat(example.seed()).isEqualTo(3);
        assertThat(example.name()).isEqualTo("shared");
        assertThat(example.train().epochs()).isEqualTo(7);
    }

    @Test
    void systemPropertiesPlayNoPart() {
        folder.write("data.root = /data");
        System.setProperty("train.epochs", "99");
        try {
            assertThat(folder.bind().train().epochs()).isEqualTo(10);
        } finally {
            System.clearProperty("train.epochs");
        }
    }

    @Test
    void theEnvironmentOnlyWhereAskedFor() {
        folder.write("data.root = /data", "name = ${?PATH}", "seed = ${?CONTRAST4J_IS_NOT_SET}");
        assertThat(folder.bind().name()).isEqualTo(System.getenv("PATH"));
        assertThat(folder.bind().seed()).isEqualTo(1);
        assertThat(folder.load().renderWithSources(Example.class)).containsPattern("name = \".*\"  # environment\n");
    }

    @Test
    void defaultsCanStandAlone() {
        ConfigFile defaults = ConfigFile.defaults(List.of("data.root=x"), Example.REFERENCE);
        assertThat(defaults.bind(Example.class).data().root()).isEqualTo(Path.of("x"));
        assertThatThrownBy(
                        () -> ConfigFile.defaults(List.of(), Example.REFERENCE).bind(Example.class))
                .hasMessage("command line: data.root has no value: it must be a path");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ConfigFile.defaults(List.of(), "config/nothing.conf"))
                .withMessageContaining("config/nothing.conf");
    }

    @Test
    void problemsAreErrorsOfTheUser() {
        folder.write("seed = x");
        assertThatThrownBy(folder::bind)
                .isInstanceOfSatisfying(
                        UserError.class, e -> assertThat(e.exitCode()).isEqualTo(2));
    }
}
