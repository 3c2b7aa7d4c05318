package io.contrast4j.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a user is told about keys and values that do not fit. */
class ProblemsOfValuesTest {
    private Folder folder;

    @BeforeEach
    void folder(@TempDir Path path) {
        folder = new Folder(path);
    }

    @Test
    void allAtOnceInTheOrderOfFilesAndLines() {
        folder.write(
                "include \"shared.conf\"",
                "optimizer {",
                "  learning-rate = -1",
                "  momentum = 2",
                "  lr = 3",
                "}",
                "data.transforms = [",
                "  { type = flip, p = 1.5 }",
                "  { type = crop, min-scale = 0.5, max-scale = 0.25 }",
                "]");
        folder.also("shared.conf", "", "train { epochs = 0, precison = float-32 }");
        assertThat(folder.problems("seed=1.5", "ema.decay=high"))
                .containsExactly(
                        "command line: seed = 1.5 must be a whole number",
                        "command line: ema.decay = high must be a number",
                        "shared.conf:2: train.epochs = 0 must be at least 1",
                        "shared.conf:2: unknown key train.precison; did you mean train.precision?",
                        "x.conf:3: optimizer.learning-rate = -1 must be greater than 0",
                        "x.conf:4: optimizer.momentum = 2 must be between 0 and 1",
                        "x.conf:5: unknown key optimizer.lr of type sgd; did you mean optimizer.learning-rate?",
                        "x.conf:7: data.root has no value: it must be a path",
                        "x.conf:8: data.transforms[0].p = 1.5 must be between 0 and 1",
                        "x.conf:9: data.transforms[1].max-scale = 0.25 must be at least min-scale");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        seed = 1.5                       | seed = 1.5 must be a whole number
        seed = ten                       | seed = ten must be a whole number
        seed = true                      | seed = true must be a whole number
        seed = 3000000000                | seed = 3000000000 must be a whole number between -2147483648 and 2147483647
        seed = 1e999999999               | seed = 1e999999999 must be a whole number between -2147483648 and 2147483647
        seed = 1e-999999999              | seed = 1e-999999999 must be a whole number
        seed = [1]                       | seed = [1] must be a whole number
        seed = { a = 1 }                 | seed = {"a":1} must be a whole number
        seed = null                      | seed has no value: it must be a whole number
        train = null                     | train has no value: it must be an object { … }
        train.max-steps = 99999999999999999999 | train.max-steps = 99999999999999999999 must be a whole number between -9223372036854775808 and 9223372036854775807
        optimizer.momentum = 1e400       | optimizer.momentum = 1e400 must be within the range of a double
        optimizer.momentum = 1e-400      | optimizer.momentum = 1e-400 must be within the range of a double
        optimizer.momentum = NaN         | optimizer.momentum = NaN must be a number
        train.clip-norm = 1e39           | train.clip-norm = 1e39 must be within the range of a float
        optimizer.nesterov = 1           | optimizer.nesterov = 1 must be true or false
        train.save-every = 10            | train.save-every = 10 must be a duration with its unit, such as 90s or 2h
        train.save-every = 10 parsecs    | train.save-every = 10 parsecs must be a duration with its unit, such as 90s or 2h
        train.precision = FLOAT_32       | train.precision = FLOAT_32 must be one of float-32, bfloat-16; did you mean float-32?
        train.precision = 8              | train.precision = 8 must be one of float-32, bfloat-16
        train.resume = ""                | train.resume =  must be a path
        train.resume = "a\\u0000b"       | train.resume = a\0b must be a path
        train.grid = 3                   | train.grid = 3 must be a list, such as [3]
        train.grid = [[1], 2]            | train.grid[1] = 2 must be a list, such as [2]
        train.grid = [[1], [2, x]]       | train.grid[1][1] = x must be a whole number
        train.grid = [[null]]            | train.grid[0][0] has no value: it must be a whole number
        train = 3                        | train = 3 must be an object { … }
        ema = 0.5                        | ema = 0.5 must be an object { … }
        data.weights = [1]               | data.weights = [1] must be an object { … }
        data.weights."a.b" = x           | data.weights."a.b" = x must be a number
        data.views = [{}]                | data.views[0].name has no value: it must be text
        data.views = [{ name = {} }]     | data.views[0].name = {} must be text
        optimizer = sgd                  | optimizer = sgd must be an object, such as { type = sgd }
        optimizer.type = adma            | optimizer.type = adma must be one of sgd, adam; did you mean adam?
        optimizer.type = lion            | optimizer.type = lion must be one of sgd, adam
        data.transforms = [{ size = 1 }] | data.transforms[0].type has no value: it must be text
        data.transforms = [{ type = some-of }] | data.transforms[0].count = 1 (the default) must be at most the number of transforms
        """)
    void wrongValue(String line, String problem) {
        folder.write("", "data.root = /data", line);
        assertThat(folder.problems()).containsExactly("x.conf:3: " + problem.replace("\\0", "\0"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        sede = 1                           | unknown key sede; did you mean seed?
        zebra = 1                          | unknown key zebra
        zebra { a = 1, b { c = 2 } }       | unknown key zebra
        zebra = {}                         | unknown key zebra
        "a b" = 1                          | unknown key "a b"
        epochs = 1                         | unknown key epochs; did you mean train.epochs?
        optimiser.learning-rate = 1        | unknown key optimiser; did you mean optimizer?
        train.learning-rate = 1            | unknown key train.learning-rate; did you mean optimizer.learning-rate?
        lr = 1                             | unknown key lr; did you mean optimizer.learning-rate?
        optimizer.learningRate = 1         | unknown key optimizer.learningRate of type sgd; did you mean optimizer.learning-rate?
        optimizer.learning_rate = 1        | unknown key optimizer.learning_rate of type sgd; did you mean optimizer.learning-rate?
        optimizer.rate = 1                 | unknown key optimizer.rate of type sgd; did you mean optimizer.learning-rate?
        optimizer.betas = [1, 1]           | unknown key optimizer.betas of type sgd; it belongs to type adam
        optimizer.schedule.foor = 1        | unknown key optimizer.schedule.foor of type cosine; did you mean optimizer.schedule.floor?
        train.type = x                     | unknown key train.type; did you mean optimizer.type?
        data.views = [{ name = L, chanels = [0] }] | unknown key data.views[0].chanels; did you mean data.views[0].channels?
        """)
    void unknownKey(String line, String problem) {
        folder.write("", "data.root = /data", line);
        assertThat(folder.problems()).containsExactly("x.conf:3: " + problem);
    }

    @Test
    void whatIsWrongWithOneValueHidesNothingOfItsNeighbours() {
        folder.write(
                "seed = ten",
                "optimizer { learning-rate = fast, momentum = 2, schedule { type = cosine, floor = -1 } }",
                "data.transforms = [",
                "  { type = flip, p = often }",
                "  { type = crop, size = -1, min-scale = low, max-scale = 1 }",
                "  { type = some-of, count = -1, transforms = [{ type = flip, p = 3 }] }",
                "]",
                "data.root = \"\"",
                "train { epochs = -1, precision = 8, grid = 3 }");
        assertThat(folder.problems())
                .containsExactly(
                        "x.conf:1: seed = ten must be a whole number",
                        "x.conf:2: optimizer.learning-rate = fast must be a number",
                        "x.conf:2: optimizer.schedule.floor = -1 must be between 0 and 1",
                        "x.conf:2: optimizer.momentum = 2 must be between 0 and 1",
                        "x.conf:4: data.transforms[0].p = often must be a number",
                        "x.conf:5: data.transforms[1].min-scale = low must be a number",
                        "x.conf:5: data.transforms[1].size = -1 must be at least 1",
                        "x.conf:6: data.transforms[2].transforms[0].p = 3 must be between 0 and 1",
                        "x.conf:8: data.root =  must be a path",
                        "x.conf:9: train.precision = 8 must be one of float-32, bfloat-16",
                        "x.conf:9: train.grid = 3 must be a list, such as [3]",
                        "x.conf:9: train.epochs = -1 must be at least 1");
    }

    @Test
    void keysAreJudgedAgainstTheChosenType() {
        folder.write(
                "data.root = /data", "optimizer {", "  type = adam", "  momentum = 0.5", "  learning-rat = 1", "}");
        assertThat(folder.problems())
                .containsExactly(
                        "x.conf:4: unknown key optimizer.momentum of type adam; it belongs to type sgd",
                        "x.conf:5: unknown key optimizer.learning-rat of type adam;"
                                + " did you mean optimizer.learning-rate?");
        assertThat(folder.problems("optimizer.type=what"))
                .containsExactly("command line: optimizer.type = what must be one of sgd, adam");
    }

    @Test
    void aValueIsBlamedOnTheLayerItComesFrom() {
        folder.write("data.root = /data", "train {", "  epochs = -2", "}", "train.epochs = ${seed}", "seed = -3");
        assertThat(folder.problems()).containsExactly("x.conf:6: train.epochs = -3 must be at least 1");
        assertThat(folder.problems("train.epochs=-4"))
                .containsExactly("command line: train.epochs = -4 must be at least 1");
    }

    @Test
    void missingValuesAreAskedForWhereTheirObjectIs() {
        folder.write("seed = 1");
        assertThat(folder.problems()).containsExactly("x.conf: data.root has no value: it must be a path");
        folder.write("seed = 1", "data {", "  weights { x = 1 }", "}");
        assertThat(folder.problems("data.weights.y=2"))
                .containsExactly("x.conf: data.root has no value: it must be a path");
        assertThat(folder.problems()).containsExactly("x.conf:2: data.root has no value: it must be a path");
        folder.write("seed = 1", "data.root = null");
        assertThat(folder.problems()).containsExactly("x.conf:2: data.root has no value: it must be a path");
    }

    @Test
    void variantsMayNotBeSet() {
        folder.write("data.root = /data", "variants.optimizer.sgd.momentum = 0.5", "sede = 1");
        assertThat(folder.problems())
                .containsExactly(
                        "x.conf:2: variants holds defaults and may not be set:"
                                + " write each key of a variant beside its type",
                        "x.conf:3: unknown key sede; did you mean seed?");
    }

    @Test
    void longValuesAreShortened() {
        folder.write("data.root = /data", "seed = " + "x".repeat(200));
        assertThat(folder.problems())
                .containsExactly("x.conf:2: seed = " + "x".repeat(79) + "… must be a whole number");
    }

    @Test
    void aValueThatAnotherKeyRefersToIsWrongOnce() {
        folder.write("train.epochs = 0", "data { root = x, transforms = [{ type = crop, size = ${train.epochs} }] }");
        assertThat(folder.problems()).containsExactly("x.conf:1: train.epochs = 0 must be at least 1");
        folder.write("data { root = x, transforms = [{ type = crop, size = 0 }] }");
        assertThat(folder.problems("train.epochs=0"))
                .containsExactly(
                        "command line: train.epochs = 0 must be at least 1",
                        "x.conf:1: data.transforms[0].size = 0 must be at least 1");
    }
}
