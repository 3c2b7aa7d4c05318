package io.contrast4j.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.data.CropViews;
import io.contrast4j.data.Views;
import io.contrast4j.image.Decoder;
import io.contrast4j.image.Resize;
import io.contrast4j.model.Description;
import io.contrast4j.model.ModelFile;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.Classifier;
import io.contrast4j.nn.MultiExit;
import io.contrast4j.nn.OneStageNetwork;
import io.contrast4j.nn.ViewEncoders;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.WritableRaster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pictures in, vectors out: which vectors, from any thread, and what is said where that cannot be. */
class EmbedderTest {
    @TempDir
    static Path folder;

    private static Path model;
    private static List<Path> photographs;

    @BeforeAll
    static void prepare() {
        model = Models.tiny(folder.resolve("tiny.pth"));
        photographs = Models.photographs(folder.resolve("photos"));
    }

    /** Pictures over and over, so that they fill several batches. */
    private static List<Path> many(int count) {
        List<Path> files = new ArrayList<>();
        while (files.size() < count) {
            files.add(photographs.get(files.size() % photographs.size()));
        }
        return files;
    }

    /** What the network gives for one picture, without any of this package. */
    private static double[] computed(String tap) {
        String[] settings = {
            "views=${recipes.ring-32}",
            "encoder { type = torchvision-resnet, depth = 18, channels = 2, stem = cifar, head = mlp, feature-dim = 4 }"
        };
        Description.Network network = ConfigFile.defaults(List.of(settings), ConfigFile.REFERENCE)
                .bindWithoutFiles(Description.Network.class);
        try (Arena arena = new Arena();
                Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            torch.manual_seed(7);
            Backbone backbone = arena.own(() -> network.encoder().build(3));
            backbone.module().eval();
            return Tensors.doubles(backbone.forward(images(network.views(), photographs.get(1)), java.util.Set.of(tap))
                    .get(tap));
        }
    }

    private static Tensor images(CropViews.Config config, Path file) {
        Views views = config.central(1);
        try {
            Mat rendered = Views.rendered(views, Decoder.read(file), CounterRandom.of())
                    .get(0);
            int size = views.size(0);
            float[] pixels = new float[3 * size * size];
            rendered.createBuffer(0).rewind();
            ((java.nio.FloatBuffer) rendered.createBuffer()).get(pixels);
            return Tensors.of(pixels, 1, 3, size, size);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"layer4", "pooled", "head", "embedding", "stem"})
    void theVectorIsWhatTheNetworkGivesAtThatLayer(String output) {
        try (Embedder embedder = Embedder.builder(model).output(output).load()) {
            double[] expected = computed(output);
            float[] vector = embedder.embed(photographs.get(1));
            assertThat(embedder.output()).isEqualTo(output);
            assertThat(embedder.dimension()).isEqualTo(expected.length).isEqualTo(vector.length);
            for (int i = 0; i < expected.length; i++) {
                assertThat((double) vector[i]).isEqualTo(expected[i]);
            }
            assertThat(Arrays.stream(expected).distinct().count()).isGreaterThan(1);
        }
    }

    @Test
    void theRunsOwnLayerIsTheDefaultAndSettingsWin() {
        try (Embedder own = Embedder.load(model);
                Embedder larger = Embedder.builder(model)
                        .setting("views.evaluation { resize = 48, size = 40 }")
                        .output("stem")
                        .load()) {
            assertThat(own.output()).isEqualTo("layer4");
            assertThat(own.about()).isEqualTo("a run of contrast4j");
            assertThat(own.outputs()).contains("stem", "pooled", "embedding").doesNotContain("logits");
            assertThat(larger.dimension()).isEqualTo(2 * 40 * 40);
            assertThat(larger.identity()).hasSize(64).isNotEqualTo(own.identity());
        }
    }

    @Test
    void aPictureIsTheSameFromWhereverItComes() throws IOException {
        Path png = folder.resolve("chelsea.png");
        Path grey = folder.resolve("grey.png");
        BufferedImage photo = ImageIO.read(photographs.get(1).toFile());
        ImageIO.write(photo, "png", png.toFile());
        BufferedImage levels = new BufferedImage(60, 50, BufferedImage.TYPE_BYTE_GRAY);
        levels.getRaster()
                .setSamples(
                        0,
                        0,
                        60,
                        50,
                        0,
                        java.util.stream.IntStream.range(0, 3000)
                                .map(i -> i % 251)
                                .toArray());
        ImageIO.write(levels, "png", grey.toFile());
        try (Embedder embedder = Embedder.load(model)) {
            float[] vector = embedder.embed(png);
            byte[] content = Files.readAllBytes(png);
            assertThat(embedder.embed(content)).isEqualTo(vector);
            assertThat(embedder.embed(new ByteArrayInputStream(content))).isEqualTo(vector);
            assertThat(embedder.embed(photo)).isEqualTo(vector);
            assertThat(embedder.embed(levels)).isEqualTo(embedder.embed(grey)).isNotEqualTo(vector);
            assertThat(embedder.embed(transparent(levels))).isEqualTo(embedder.embed(grey));
            // The batch is of one picture either way.
            assertThat(embedder.embed(List.of(png))[0]).isEqualTo(vector);
        }
    }

    private static BufferedImage transparent(BufferedImage grey) {
        ColorModel model = new ComponentColorModel(
                ColorSpace.getInstance(ColorSpace.CS_GRAY),
                true,
                false,
                Transparency.TRANSLUCENT,
                DataBuffer.TYPE_BYTE);
        int width = grey.getWidth();
        int height = grey.getHeight();
        WritableRaster raster = model.createCompatibleWritableRaster(width, height);
        raster.setSamples(0, 0, width, height, 0, grey.getRaster().getSamples(0, 0, width, height, 0, (int[]) null));
        raster.setSamples(
                0,
                0,
                width,
                height,
                1,
                java.util.stream.IntStream.range(0, width * height)
                        .map(i -> i % 256)
                        .toArray());
        return new BufferedImage(model, raster, false, null);
    }

    @Test
    void picturesAreScaledAsTheRunsDataSetScalesThem() throws IOException {
        Path scaling = Models.run(
                folder.resolve("scaling.pth"),
                config -> config.encoder().build(3).module(),
                Map.of("data", Map.of("type", "image-folder", "load-side", 24L)),
                Models.TINY);
        Path small = folder.resolve("small.png");
        try (Scope scope = Scope.open()) {
            Mat scaled = new Resize(24).apply(Decoder.read(photographs.get(1)), CounterRandom.of());
            opencv_imgproc.cvtColor(scaled, scaled, opencv_imgproc.COLOR_RGB2BGR);
            assertThat(opencv_imgcodecs.imwrite(small.toString(), scaled)).isTrue();
        }
        try (Embedder embedder = Embedder.load(scaling);
                Embedder whole = Embedder.load(model)) {
            assertThat(embedder.embed(photographs.get(1)))
                    .isEqualTo(whole.embed(small))
                    .isNotEqualTo(whole.embed(photographs.get(1)));
        }
    }

    @Test
    void theIdentityIsOfWhatMakesTheVectors() {
        try (Embedder one = Embedder.load(model);
                Embedder again = Embedder.builder(model)
                        .setting("views.evaluation.size=32")
                        .load();
                Embedder normalised = Embedder.builder(model)
                        .setting("views.normalization { mean = [0, 0, 0], deviation = [1, 1, 1] }")
                        .load()) {
            assertThat(again.identity()).isEqualTo(one.identity());
            assertThat(normalised.identity()).isNotEqualTo(one.identity());
        }
    }

    @Test
    void aWholeSectionTakesThePlaceOfTheRuns() {
        Path run = Models.run(
                folder.resolve("normalised.pth"),
                config -> config.encoder().build(3).module(),
                "views=${recipes.selfcon-cifar-100}",
                Models.TINY[1]);
        try (Scope scope = Scope.open()) {
            assertThat(views(run).normalization()).isPresent();
            for (String setting : List.of(
                    "views=${recipes.moco-v2}", "views = ${recipes.moco-v2}", "\"views\" : ${recipes.moco-v2} // =")) {
                assertThat(views(run, setting).normalization()).isEmpty();
                assertThat(views(run, setting).evaluation().size()).isEqualTo(224);
            }
            assertThat(views(run, "views { evaluation = { size = 40, resize = 48 } }")
                            .normalization())
                    .isPresent();
        }
    }

    private static CropViews.Config views(Path run, String... settings) {
        return new ModelFile(run, java.util.Optional.empty(), List.of(settings))
                .read()
                .network()
                .views();
    }

    @Test
    void aBugInAPictureIsSaidWithItsName() {
        BufferedImage broken = new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB) {
            @Override
            public int[] getRGB(int x, int y, int width, int height, int[] rgb, int offset, int scan) {
                throw new ArrayIndexOutOfBoundsException(3);
            }
        };
        try (Embedder embedder = Embedder.load(model)) {
            assertThatThrownBy(() -> embedder.embed(Picture.of(broken, "cat 7")))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("the picture cat 7 could not be rendered")
                    .hasCauseInstanceOf(ArrayIndexOutOfBoundsException.class);
        }
    }

    @Test
    void twoViewsStandSideBySideAndOneCanBeChosen() {
        Path cmc = Models.run(
                folder.resolve("cmc.pth"),
                config -> new ViewEncoders(config.encoder(), List.of(1, 2)),
                "views=${recipes.cmc} { size = 32, evaluation { resize = 36, size = 32 } }",
                "encoder { type = resnet, depth = 18, width = 0.0625, feature-dim = 6 }");
        try (Embedder both = Embedder.builder(cmc).output("embedding").load();
                Embedder l = Embedder.builder(cmc)
                        .output("embedding")
                        .views(List.of("l"))
                        .load()) {
            float[] pair = both.embed(photographs.get(0));
            assertThat(pair).hasSize(12);
            assertThat(l.embed(photographs.get(0))).isEqualTo(Arrays.copyOf(pair, 6));
            assertThat(length(Arrays.copyOfRange(pair, 6, 12))).isCloseTo(1, within(1e-6));
        }
        assertThatThrownBy(() -> Embedder.builder(cmc).views(List.of("rgb")).load())
                .isInstanceOf(UserError.class)
                .hasMessage("There is no view rgb; choose out of l, ab.");
    }

    private static double length(float[] vector) {
        double sum = 0;
        for (float value : vector) {
            sum += (double) value * value;
        }
        return Math.sqrt(sum);
    }

    @Test
    void aClassifierTrainedInOneStageGivesLogits() throws IOException {
        Path run = folder.resolve("one-stage");
        Path classified = Models.run(
                Files.createDirectories(run.resolve("checkpoints")).resolve("epoch-1.pth"),
                config ->
                        new OneStageNetwork(((MultiExit.Config) config.encoder()).encoder(3), Classifier.LINEAR, 5, 0),
                "views=${recipes.ring-32}",
                "encoder { type = selfcon-resnet, depth = 18, channels = 2, stem = cifar, exits = [2], exit-size = fc }");
        for (String output : List.of("logits", "exit2-logits")) {
            try (Embedder embedder = Embedder.builder(classified).output(output).load()) {
                assertThat(embedder.outputs()).contains("exit2", "pooled", "logits", "exit2-logits");
                assertThat(embedder.dimension()).isEqualTo(5);
                assertThat(embedder.classes()).isEmpty();
            }
        }
        List<String> classes = List.of("ant", "bee", "cat, tabby", "dog", "emu");
        Files.write(run.resolve("classes.txt"), classes);
        try (Embedder logits = Embedder.builder(classified).output("logits").load();
                Embedder pooled = Embedder.builder(classified).output("pooled").load()) {
            assertThat(logits.classes()).isEqualTo(classes);
            assertThat(pooled.classes()).isEmpty();
        }
        Files.write(run.resolve("classes.txt"), classes.subList(0, 4));
        try (Embedder logits = Embedder.builder(classified).output("logits").load();
                Embedder exit =
                        Embedder.builder(classified).output("exit2-logits").load()) {
            assertThat(logits.classes()).as("names of other classes").isEmpty();
            assertThat(logits.embed(photographs.get(0))).isNotEqualTo(exit.embed(photographs.get(0)));
        }
    }

    @Test
    void callersAtOnceGetTheBitsOfACallAlone() throws Exception {
        List<Path> files = many(23);
        float[][] expected;
        try (Embedder embedder = Embedder.builder(model).batchSize(5).threads(3).load()) {
            expected = embedder.embed(files);
            float[] alone = embedder.embed(files.get(2));
            ExecutorService callers = Executors.newFixedThreadPool(6);
            List<Future<float[][]>> lists = new ArrayList<>();
            List<Future<float[]>> singles = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                lists.add(callers.submit(() -> embedder.embed(files)));
                singles.add(callers.submit(() -> embedder.embed(files.get(2))));
            }
            for (Future<float[][]> list : lists) {
                assertThat(list.get(60, TimeUnit.SECONDS)).isDeepEqualTo(expected);
            }
            for (Future<float[]> single : singles) {
                assertThat(single.get(60, TimeUnit.SECONDS)).isEqualTo(alone);
            }
            callers.shutdown();
        }
        try (Embedder one = Embedder.builder(model).batchSize(5).threads(1).load()) {
            assertThat(one.embed(files)).isDeepEqualTo(expected);
        }
    }

    @Test
    void aDamagedPictureAmongManyIsNamed() throws IOException {
        Path cut = folder.resolve("cut.jpg");
        byte[] whole = Files.readAllBytes(photographs.get(0));
        Files.write(cut, Arrays.copyOf(whole, whole.length / 2));
        List<Path> files = many(12);
        files.set(3, cut);
        files.set(8, folder.resolve("missing.jpg"));
        try (Embedder embedder = Embedder.builder(model).batchSize(4).load()) {
            assertThatExceptionOfType(UnreadablePicture.class)
                    .isThrownBy(() -> embedder.embed(files))
                    .withMessageStartingWith("Cannot read the picture " + cut)
                    .withMessageEndingWith("; repair it or leave it out.")
                    .satisfies(failed -> assertThat(failed.index()).isEqualTo(3));
            List<UnreadablePicture> left = new ArrayList<>();
            float[][] vectors =
                    embedder.embedAll(files.stream().map(Picture::of).toList(), left::add);
            assertThat(left).extracting(UnreadablePicture::index).containsExactly(3, 8);
            assertThat(left.get(1)).hasMessageContaining("missing.jpg").hasMessageContaining("is not there");
            assertThat(vectors[3]).isEmpty();
            assertThat(vectors[8]).isEmpty();
            float[][] others = embedder.embed(many(12));
            for (int i : new int[] {0, 1, 2, 4, 5, 6, 7, 9, 10, 11}) {
                assertThat(vectors[i]).isEqualTo(others[i]);
            }
            assertThat(embedder.embed(List.of())).isEmpty();
        }
    }

    @Test
    void closingWaitsForCallsUnderWayAndRefusesLaterOnes() throws Exception {
        Embedder embedder = Embedder.builder(model).batchSize(2).load();
        float[][] expected = embedder.embed(many(16));
        CountDownLatch started = new CountDownLatch(4);
        ExecutorService callers = Executors.newFixedThreadPool(4);
        List<Future<float[][]>> calls = new ArrayList<>();
        List<Picture> pictures = many(16).stream().map(Picture::of).toList();
        for (int i = 0; i < 4; i++) {
            calls.add(callers.submit(() -> {
                float[][] vectors = new float[16][];
                embedder.embedEach(pictures, (index, vector) -> {
                    vectors[index] = vector;
                    started.countDown();
                });
                return vectors;
            }));
        }
        started.await();
        embedder.close();
        for (Future<float[][]> call : calls) {
            assertThat(call.get(60, TimeUnit.SECONDS)).isDeepEqualTo(expected);
        }
        callers.shutdown();
        assertThatThrownBy(() -> embedder.embed(photographs))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the embedder is closed");
        embedder.close();
    }

    /** Were they to queue behind who closes, a call that waits for another one would never end. */
    @Test
    void whoComesWhileItClosesIsRefusedAtOnce() throws Exception {
        Embedder embedder = Embedder.builder(model).load();
        ExecutorService others = Executors.newFixedThreadPool(2);
        List<Future<?>> closing = new ArrayList<>();
        embedder.embedEach(List.of(Picture.of(photographs.get(0))), (index, vector) -> {
            closing.add(others.submit(embedder::close));
            Future<?> calling = others.submit(() -> {
                while (true) {
                    embedder.embed(photographs.get(1));
                }
            });
            assertThatThrownBy(() -> calling.get(60, TimeUnit.SECONDS))
                    .hasRootCauseInstanceOf(IllegalStateException.class)
                    .hasRootCauseMessage("the embedder is closed");
            assertThat(closing.get(0)).isNotDone();
        });
        closing.get(0).get(60, TimeUnit.SECONDS);
        others.shutdown();
    }

    @Test
    void vectorsComeInTheirOrderAndWhatReceivesThemCannotClose() {
        try (Embedder embedder = Embedder.builder(model).batchSize(4).load()) {
            float[][] expected = embedder.embed(many(10));
            List<Integer> order = new ArrayList<>();
            List<Picture> pictures = many(10).stream().map(Picture::of).toList();
            embedder.embedEach(pictures, (index, vector) -> {
                order.add(index);
                assertThat(vector).isEqualTo(expected[index]);
            });
            assertThat(order).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
            assertThatThrownBy(() -> embedder.embedEach(pictures, (index, vector) -> embedder.close()))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("cannot be closed by what receives its vectors");
            assertThat(embedder.embed(photographs.get(0))).hasSize(embedder.dimension());
        }
    }

    /**
     * Every native object has a handle until it is freed, tensors too. The memory of the process would say less here: it
     * grows with Java's heap.
     */
    @Test
    void nothingNativeStaysBehind() throws IOException {
        byte[] picture = Files.readAllBytes(photographs.get(1));
        BufferedImage small = new BufferedImage(40, 40, BufferedImage.TYPE_INT_RGB);
        List<Picture> list = List.of(
                Picture.of(small, "a"),
                Picture.of(new byte[9], "damaged"),
                Picture.of(small, "b"),
                Picture.of(small, "c"));
        long before = 0;
        for (int load = 0; load < 5; load++) {
            try (Embedder embedder =
                    Embedder.builder(model).batchSize(2).threads(2).load()) {
                long loaded = 0;
                for (int call = 0; call < 25; call++) {
                    embedder.embedAll(list, left -> {});
                    embedder.embed(picture);
                    assertThatThrownBy(() -> embedder.embedAll(list)).isInstanceOf(UnreadablePicture.class);
                    // The first calls of a process make what stays for all others.
                    loaded = call == 0 ? Pointer.totalCount() : loaded;
                }
                assertThat(Pointer.totalCount()).isLessThanOrEqualTo(loaded);
            }
            before = load == 0 ? Pointer.totalCount() : before;
        }
        assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
    }

    @Test
    void whatCannotBeLoadedIsSaidInOneSentence() throws IOException {
        Path diverged = Models.run(
                folder.resolve("diverged.pth"),
                config -> {
                    Module module = config.encoder().build(3).module();
                    try (NoGrad noGrad = NoGrad.open()) {
                        module.parameters().get(0).fill_(new Scalar(Double.NaN));
                    }
                    return module;
                },
                Models.TINY);
        refused(Embedder.builder(diverged), "gives vectors that are not finite: its training diverged");
        Path text = Files.writeString(folder.resolve("text.pth"), "no model");
        refused(Embedder.builder(folder.resolve("none.pth")), "There is no model " + folder.resolve("none.pth"));
        refused(Embedder.builder(text), text.toString());
        refused(
                Embedder.builder(Files.createDirectories(folder.resolve("empty"))),
                "There is no checkpoint in the folder");
        refused(Embedder.builder(model).output("layer9"), "has no output layer9; choose one of input, stem, layer1");
        refused(Embedder.builder(model).output("logits"), "has no output logits");
        refused(Embedder.builder(model).part("key-encoder"), "has no part key-encoder; choose one of encoder.");
        refused(Embedder.builder(model).setting("encoder.depth=34"), "is of another architecture");
        refused(Embedder.builder(model).setting("views.evaluation.sise=3"), "unknown key views.evaluation.sise");
        refused(Embedder.builder(model).setting("views.groups=[[0],[1]]"), "has one network, and views.groups");
        refused(
                Embedder.builder(model).setting("views.evaluation { resize = 2, size = 2 }"),
                "views.evaluation.size = 2 must be at least 3 pixels");
        refused(Embedder.builder(model).device("tpu"), "device = tpu must be auto, cpu, cuda or cuda:N");
        refused(Embedder.builder(model).batchSize(0), "batchSize = 0 must be between 1 and 65536");
    }

    private static void refused(Embedder.Builder builder, String message) {
        assertThatThrownBy(builder::load).isInstanceOf(UserError.class).hasMessageContaining(message);
    }
}
