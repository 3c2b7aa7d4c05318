package io.contrast4j.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.checkpoint.CheckpointFiles;
import io.contrast4j.checkpoint.OrderedDict;
import io.contrast4j.checkpoint.Pretrained;
import io.contrast4j.checkpoint.PthFile;
import io.contrast4j.checkpoint.Recognized;
import io.contrast4j.data.Views;
import io.contrast4j.golden.Goldens;
import io.contrast4j.image.Decoder;
import io.contrast4j.image.Normalization;
import io.contrast4j.model.Description;
import io.contrast4j.model.ModelFile;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.ProjectionHead;
import io.contrast4j.nn.RingResNet;
import io.contrast4j.nn.Stem;
import io.contrast4j.nn.TorchvisionResNet;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Checkpoints of other programs: the network is worked out from names and shapes, the views are the source's. */
class PublishedModelsTest {
    @TempDir
    static Path folder;

    private static List<Path> photographs;

    @BeforeAll
    static void photographs() {
        photographs = Models.photographs(folder.resolve("photos"));
    }

    private static Description read(Path file, String... settings) {
        return new ModelFile(file, Optional.empty(), List.of(settings)).read();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cmc/pth/cmc_epoch10.zip.pth | ResNet.Config[depth=18, width=0.03125, featureDim=16] | 224 | LAB",
                "cmc/pth/old_torch_cmc.legacy.pth | ResNet.Config[depth=18, width=0.03125, featureDim=16] | 224 | LAB",
                "cmc/pth/insdis_epoch20_amp.zip.pth | ResNet.Config[depth=18, width=0.03125, featureDim=16] | 224 | RGB",
                "selfcon/checkpoints/last_dataparallel.pth | SelfConResNet.Config[depth=18, channels=2, stem=CIFAR,"
                        + " exits=[2], exitSize=FC, zeroInitResidual=false, head=MLP, featureDim=4] | 32 | RGB",
            })
    void theNetworkIsToldByItsTensorsAndTheViewsByTheSource(String file, String encoder, int size, String space) {
        try (Scope scope = Scope.open()) {
            Description description = read(Goldens.bundled(file));
            assertThat(description.network().encoder().getClass().getName())
                    .contains(encoder.replaceAll("\\[.*", "").replace('.', '$'));
            assertThat(description.network().encoder().toString()).isEqualTo(encoder.replaceAll("^\\w+\\.", ""));
            assertThat(description.network().views().evaluation().size()).isEqualTo(size);
            assertThat(description.network().views().space().name()).isEqualTo(space);
        }
    }

    @Test
    void selfConsPicturesAreNormalisedAsThoseOfItsDataSet() {
        try (Scope scope = Scope.open()) {
            Description description = read(Goldens.bundled("selfcon/checkpoints/last.pth"));
            assertThat(description.network().views().normalization())
                    .contains(new Normalization(List.of(0.5071, 0.4867, 0.4408), List.of(0.2675, 0.2565, 0.2761)));
        }
    }

    /** The numbers of scikit-image's conversions of one colour, and of the mean and deviation that CMC publishes. */
    @ParameterizedTest
    @CsvSource({
        "cmc/pth/cmc_epoch10.zip.pth, lab, 0.07259, 0.32838, 0.51469",
        "cmc/pth/cmc_epoch10.zip.pth, ycbcr, 0.05950, -0.26698, 0.38540",
        "cmc/pth/insdis_epoch20_amp.zip.pth, rgb, 1.30705, -0.28501, -0.93298"
    })
    void aColourBecomesTheNumbersOfItsSource(String file, String space, float first, float second, float third) {
        try (Scope scope = Scope.open()) {
            Views views = read(Goldens.bundled(file), "views.space=" + space)
                    .network()
                    .views()
                    .central(1);
            Mat picture = new Mat(256, 300, opencv_core.CV_8UC3, new Scalar(200, 100, 50, 0));
            List<Float> centre = new ArrayList<>();
            for (Mat view : Views.rendered(views, picture, CounterRandom.of())) {
                FloatBuffer values = view.createBuffer();
                int area = 224 * 224;
                for (int channel = 0; channel < values.capacity() / area; channel++) {
                    centre.add(values.get(channel * area + area / 2));
                }
            }
            assertThat(centre).hasSize(3);
            assertThat(centre.get(0)).isCloseTo(first, within(1e-3f));
            assertThat(centre.get(1)).isCloseTo(second, within(1e-3f));
            assertThat(centre.get(2)).isCloseTo(third, within(1e-3f));
        }
    }

    @Test
    void theOptionsInTheFileSayHowPicturesAreMade() {
        Path ring = folder.resolve("ring-96.ckpt");
        Path own = folder.resolve("supcon.pth");
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            OrderedDict state = new OrderedDict();
            Backbone network = arena.own(() -> new RingResNet.Config(18, 2, Stem.IMAGENET, 6).build(3));
            StateDict.of(network.module()).forEach((key, tensor) -> state.put("model." + key, tensor));
            PthFile.write(ring, Map.of("state_dict", state));
            assertThat(read(ring).about()).endsWith(", with recipes.moco-v2 as its options name none");
            PthFile.write(
                    ring,
                    Map.of(
                            "state_dict",
                            state,
                            "hyper_parameters",
                            Map.of(
                                    "data_params",
                                    Map.of("mocov2_64x64_transforms", false, "mocov2_96x96_transforms", true))));
            Description pictures = read(ring);
            assertThat(pictures.about()).doesNotContain("recipes");
            assertThat(pictures.network().views().evaluation().size()).isEqualTo(96);
            PthFile.write(
                    ring,
                    Map.of(
                            "state_dict",
                            state,
                            "hyper_parameters",
                            Map.of("data_params", Map.of("dataset", "tiny-imagenet"))));
            assertThat(read(ring).network().views().evaluation().size()).isEqualTo(64);

            OrderedDict sup = new OrderedDict();
            Backbone encoder = arena.own(
                    () -> new TorchvisionResNet.Config(18, 4, 1, Stem.CIFAR, false, ProjectionHead.NONE, 32).build(3));
            StateDict.of(encoder.module()).forEach((key, tensor) -> sup.put("encoder." + key, tensor));
            sup.put("head.weight", Tensors.of(new float[6 * 32], 6, 32));
            sup.put("head.bias", Tensors.of(new float[6], 6));
            PthFile.write(
                    own,
                    Map.of(
                            "model",
                            sup,
                            "opt",
                            Map.of(
                                    "dataset",
                                    "path",
                                    "mean",
                                    "(0.1, 0.2, 0.3)",
                                    "std",
                                    "(0.4, 0.5, 0.6)",
                                    "size",
                                    48L)));
            Description described = read(own);
            assertThat(described.about()).startsWith("SupContrast").doesNotContain("recipes");
            assertThat(described.network().views().normalization())
                    .contains(new Normalization(List.of(0.1, 0.2, 0.3), List.of(0.4, 0.5, 0.6)));
            assertThat(described.network().views().evaluation().size()).isEqualTo(48);
            assertThat(described.network().views().evaluation().resize()).contains(48);
        }
    }

    static Stream<Path> checkpoints() {
        return Stream.of(
                        Goldens.find("cmc", "pth/*.pth"),
                        Goldens.find("align_uniform", "*.pth.tar"),
                        Goldens.find("ring", "*.ckpt"),
                        Goldens.find("selfcon", "checkpoints/*.pth"))
                .flatMap(files -> files)
                .filter(file -> Recognized.in(CheckpointFiles.list(file).tree())
                        .filter(known -> known.parts().keySet().stream().anyMatch(part -> part.startsWith("encoder")))
                        .isPresent());
    }

    /** Against the network with the weights as a run takes them up, on views made without this package. */
    @ParameterizedTest
    @MethodSource("checkpoints")
    void everyGoldenEncoderGivesTheVectorsOfItsNetwork(Path file) throws IOException {
        String[] small = {"views.evaluation.resize=36", "views.evaluation.size=32"};
        Embedder.Builder builder = Embedder.builder(file).output("pooled");
        List.of(small).forEach(builder::setting);
        Embedder loaded;
        try {
            loaded = builder.load();
        } catch (UserError madeUp) {
            // The networks of MoCo's and ring's golden files have fewer blocks than any that is published.
            assertThat(Recognized.in(CheckpointFiles.list(file).tree())
                            .orElseThrow()
                            .source()
                            .name())
                    .containsPattern("^(moco|ring)");
            assertThat(madeUp).hasMessageContaining("cannot be told by its tensors");
            return;
        }
        try (Embedder embedder = loaded;
                Arena arena = new Arena();
                Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Description description = read(file, small);
            Views views = description.network().views().central(1);
            List<Mat> rendered = Views.rendered(views, Decoder.read(photographs.get(2)), CounterRandom.of());
            float[] vector = embedder.embed(photographs.get(2));
            int at = 0;
            for (int view = 0; view < views.count(); view++) {
                int channels = views.channels(view);
                Backbone backbone =
                        arena.own(() -> description.network().encoder().build(channels));
                String part = views.count() == 1
                        ? "encoder"
                        : List.of("encoder-l", "encoder-ab").get(view);
                new Pretrained(
                                Optional.of(file),
                                part.equals("encoder") ? Optional.empty() : Optional.of(part),
                                Pretrained.Layers.BACKBONE)
                        .into(backbone.module());
                backbone.module().eval();
                float[] pixels = new float[channels * 32 * 32];
                ((FloatBuffer) rendered.get(view).createBuffer()).get(pixels);
                Tensor pooled = backbone.forward(Tensors.of(pixels, 1, channels, 32, 32), Set.of("pooled"))
                        .get("pooled");
                for (float expected : Tensors.floats(pooled)) {
                    assertThat(vector[at++]).isEqualTo(expected);
                }
            }
            assertThat(at).isEqualTo(vector.length);
        }
    }

    /** A ResNet-18 of few channels, as MoCo's scripts save it. */
    private static Path moco(String name, ProjectionHead head, Map<String, String> prefixes) {
        Path file = folder.resolve(name);
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            OrderedDict state = new OrderedDict();
            torch.manual_seed(3);
            prefixes.forEach((part, prefix) -> {
                Backbone network = arena.own(
                        () -> new TorchvisionResNet.Config(18, 4, 1, Stem.IMAGENET, false, head, 12).build(3));
                StateDict.of(network.module()).forEach((key, tensor) -> state.put(prefix + key, tensor));
            });
            PthFile.write(file, Map.of("state_dict", state, "epoch", 3L));
        }
        return file;
    }

    @Test
    void alignUniformsClassifierGivesLogitsAndItsEncoderFeatures() {
        Path file = moco("lincls.pth.tar", ProjectionHead.LINEAR, Map.of("encoder", "module."));
        try (Embedder logits = Embedder.builder(file).output("logits").load();
                Embedder features = Embedder.load(file)) {
            assertThat(logits.about()).isEqualTo("a linear classifier on MoCo or align-uniform");
            assertThat(logits.outputs()).doesNotContain("embedding", "head");
            assertThat(logits.embed(photographs.get(0))).hasSize(12);
            assertThat(features.output()).isEqualTo("pooled");
            assertThat(features.embed(photographs.get(0))).hasSize(32);
        }
    }

    @Test
    void ringsNetworkIsToldByItsTensors() {
        Path file = folder.resolve("ring.ckpt");
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            OrderedDict state = new OrderedDict();
            Backbone network = arena.own(() -> new RingResNet.Config(34, 2, Stem.CIFAR, 6).build(3));
            StateDict.of(network.module()).forEach((key, tensor) -> state.put("model." + key, tensor));
            PthFile.write(file, Map.of("state_dict", state));
            Description description = read(file);
            assertThat(description.network().encoder()).isEqualTo(new RingResNet.Config(34, 2, Stem.CIFAR, 6));
            assertThat(description.network().views().evaluation().size()).isEqualTo(32);
        }
        try (Embedder embedder = Embedder.builder(file).output("hidden").load()) {
            assertThat(embedder.dimension()).isEqualTo(16);
        }
    }

    @Test
    void partsAndExitsCanBeChosen() {
        Path moco = moco(
                "moco.pth.tar",
                ProjectionHead.MLP,
                Map.of("encoder", "module.encoder_q.", "key-encoder", "module.encoder_k."));
        try (Embedder query = Embedder.builder(moco).output("embedding").load();
                Embedder key = Embedder.builder(moco)
                        .output("embedding")
                        .part("key-encoder")
                        .load();
                Embedder exit = Embedder.builder(Goldens.bundled("selfcon/checkpoints/last.pth"))
                        .output("exit2-embedding")
                        .load()) {
            assertThat(query.embed(photographs.get(0))).hasSize(12);
            assertThat(key.embed(photographs.get(0))).hasSize(12).isNotEqualTo(query.embed(photographs.get(0)));
            assertThat(key.identity()).isNotEqualTo(query.identity());
            assertThat(exit.embed(photographs.get(0))).hasSize(4);
        }
        assertThatThrownBy(() -> Embedder.load(Goldens.bundled("cmc/pth/linear_epoch5.zip.pth")))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("has no part encoder; choose one of classifier.");
        assertThatThrownBy(() -> Embedder.load(Goldens.bundled("cmc/pth/dtypes.zip.pth")))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("has the keys of no known source");
    }
}
