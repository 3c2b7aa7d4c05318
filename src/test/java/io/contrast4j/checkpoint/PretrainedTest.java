package io.contrast4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.golden.Goldens;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.ExitSize;
import io.contrast4j.nn.ProjectionHead;
import io.contrast4j.nn.ResNet;
import io.contrast4j.nn.RingResNet;
import io.contrast4j.nn.SelfConResNet;
import io.contrast4j.nn.Stem;
import io.contrast4j.nn.TorchvisionResNet;
import io.contrast4j.nn.ViewEncoders;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Networks that start from other programs' weights. */
class PretrainedTest {
    private static final ResNet.Config CMC = new ResNet.Config(18, 1.0 / 32, 16);

    @TempDir
    Path folder;

    private final Arena arena = new Arena();

    @AfterEach
    void close() {
        arena.close();
    }

    private static Pretrained all(Path file) {
        return new Pretrained(Optional.of(file), Optional.empty(), Pretrained.Layers.ALL);
    }

    private static Pretrained backbone(Path file) {
        return new Pretrained(Optional.of(file), Optional.empty(), Pretrained.Layers.BACKBONE);
    }

    private static SelfConResNet.Config selfCon(List<Integer> exits) {
        return new SelfConResNet.Config(18, 2, Stem.CIFAR, exits, ExitSize.FC, false, ProjectionHead.MLP, 4);
    }

    private Module network(String kind) {
        return arena.own(() -> switch (kind) {
            case "cmc" -> new ViewEncoders(CMC, List.of(1, 2));
            case "insdis" -> CMC.build(3).module();
            case "selfcon" -> selfCon(List.of(2)).build(3).module();
            case "supcon" -> selfCon(List.of()).build(3).module();
            case "torchvision" -> torchvision(ProjectionHead.MLP).module();
            default -> throw new IllegalArgumentException(kind);
        });
    }

    private static Backbone torchvision(ProjectionHead head) {
        return new TorchvisionResNet.Config(18, 2, 1, Stem.CIFAR, false, head, 4).build(3);
    }

    /** A network, a golden file, and where a tensor of the one is in the other. */
    @ParameterizedTest
    @CsvSource({
        "cmc, all, , cmc/pth/cmc_epoch10.zip.pth, l_to_ab.fc.bias, model.encoder.module.l_to_ab.fc.bias",
        "cmc, all, , cmc/pth/cmc_epoch10.legacy.pth, ab_to_l.bn1.running_var, model.encoder.module.ab_to_l.bn1.running_var",
        "cmc, all, , cmc/pth/bare_state_dict.zip.pth, ab_to_l.conv1.weight, encoder.module.ab_to_l.conv1.weight",
        "insdis, all, , cmc/pth/insdis_epoch20_amp.zip.pth, fc.weight, model.encoder.module.fc.weight",
        "insdis, all, , cmc/pth/moco_epoch130.zip.pth, conv1.weight, model.encoder.module.conv1.weight",
        "insdis, all, key-encoder, cmc/pth/moco_epoch130.zip.pth, fc.weight, model_ema.encoder.module.fc.weight",
        "selfcon, all, , selfcon/checkpoints/last.pth, sub_heads.0.2.bias, model.sub_heads.0.2.bias",
        "selfcon, all, , selfcon/checkpoints/last_downsample_names.pth, encoder.layer2.0.shortcut.0.weight,"
                + " model.encoder.layer2.0.downsample.0.weight",
        "selfcon, all, , selfcon/checkpoints/last_whole_model_dataparallel.pth, head.0.bias, model.module.head.0.bias",
        "supcon, backbone, , selfcon/checkpoints/last.pth, encoder.conv1.weight, model.encoder.conv1.weight",
        "torchvision, backbone, , selfcon/checkpoints/last_dataparallel.pth, layer3.0.downsample.0.weight,"
                + " model.encoder.module.layer3.0.shortcut.0.weight",
    })
    void everySourceFitsANetwork(String kind, String layers, String part, String file, String name, String place) {
        try (Scope scope = Scope.open()) {
            Module network = network(kind);
            Path golden = Goldens.bundled(file);
            Pretrained pretrained = new Pretrained(
                    Optional.of(golden),
                    Optional.ofNullable(part),
                    Pretrained.Layers.valueOf(layers.toUpperCase(Locale.ROOT)));
            assertThat(pretrained.into(network))
                    .hasValueSatisfying(text -> assertThat(text).contains(" tensors of " + golden));
            Object there = Trees.leaves(PthFile.read(golden)).get(place).orElseThrow();
            assertThat(Tensors.doubles(StateDict.of(network).get(name))).isEqualTo(Tensors.doubles((Tensor) there));
        }
    }

    /** The same network under the names of several programs. */
    static Stream<String> namings() {
        return Stream.of(
                "torchvision", "safetensors", "timm", "moco-linear", "moco", "ring", "supcontrast", "contrast4j");
    }

    @ParameterizedTest
    @MethodSource("namings")
    void namesOfOtherProgramsAreTranslated(String naming) {
        try (Scope scope = Scope.open()) {
            Module from = arena.own(() -> naming.equals("ring")
                    ? new RingResNet.Config(18, 2, Stem.CIFAR, 4).build(3).module()
                    : torchvision(ProjectionHead.MLP).module());
            Path file = folder.resolve(naming.equals("safetensors") ? "a.safetensors" : "a.pth");
            Map<String, Tensor> tensors = StateDict.of(from);
            OrderedDict state = new OrderedDict();
            String prefix = Map.of(
                            "moco-linear",
                            "module.",
                            "moco",
                            "module.encoder_q.",
                            "ring",
                            "model.",
                            "supcontrast",
                            "encoder.")
                    .getOrDefault(naming, "");
            tensors.forEach((name, tensor) -> state.put(prefix + name, tensor));
            switch (naming) {
                case "torchvision" -> PthFile.write(file, state);
                case "safetensors" -> SafeTensors.write(file, tensors);
                case "supcontrast" -> {
                    state.put("head.0.weight", Tensors.of(new float[] {1}, 1));
                    PthFile.write(file, Map.of("model", state));
                }
                case "contrast4j" -> {
                    Map<String, Object> tree = new LinkedHashMap<>();
                    tree.put("model", PublishedNames.of(tensors));
                    tree.put("contrast4j", Map.of());
                    PthFile.write(file, tree);
                }
                default -> {
                    if (naming.equals("moco-linear")) {
                        state.put("module.fc.weight", Tensors.of(new float[] {1}, 1));
                    }
                    PthFile.write(file, Map.of("state_dict", state));
                }
            }
            boolean hasOtherHead = naming.equals("moco-linear");
            Module into = network("torchvision");
            assertThat((hasOtherHead ? backbone(file) : all(file)).into(into)).isPresent();
            Map<String, Tensor> loaded = StateDict.of(into);
            List<Tensor> in = List.copyOf(tensors.values());
            List<Tensor> out = List.copyOf(loaded.values());
            assertThat(out).hasSameSizeAs(in);
            List<String> names = List.copyOf(loaded.keySet());
            for (int i = 0; i < in.size(); i++) {
                if (!(hasOtherHead && names.get(i).startsWith("fc."))) {
                    assertThat(out.get(i).equal(in.get(i))).as(names.get(i)).isTrue();
                }
            }
        }
    }

    @Test
    void theHeadStaysAsItIsWhereOnlyTheBackboneIsTaken() {
        try (Scope scope = Scope.open()) {
            Module network = network("insdis");
            Tensor head = StateDict.of(network).get("fc.weight").clone();
            Path file = Goldens.bundled("cmc/pth/moco_epoch130.zip.pth");
            backbone(file).into(network);
            assertThat(StateDict.of(network).get("fc.weight").equal(head)).isTrue();
            all(file).into(network);
            assertThat(StateDict.of(network).get("fc.weight").equal(head)).isFalse();
        }
    }

    @Test
    void whatDoesNotFitIsNamedAndChangesNothing() {
        try (Scope scope = Scope.open()) {
            Module network = network("torchvision");
            Tensor before = StateDict.of(network).get("conv1.weight").clone();
            Path moco = Goldens.bundled("cmc/pth/moco_epoch130.zip.pth");
            assertThatThrownBy(() -> all(moco).into(network))
                    .isInstanceOf(UserError.class)
                    .hasMessageStartingWith(
                            "pretrained.weights = " + moco + " (MoCo of the CMC repository) does not fit the encoder: ")
                    .hasMessageContaining("conv1.weight is 64×3×7×7 there and 2×3×3×3 here")
                    .hasMessageContaining(" more differences); ")
                    .hasMessageEndingWith("pretrained.layers = backbone.");
            assertThat(StateDict.of(network).get("conv1.weight").equal(before)).isTrue();

            Path selfCon = Goldens.bundled("selfcon/checkpoints/last.pth");
            assertThatThrownBy(() -> all(selfCon).into(network))
                    .hasMessageContaining("it has no fc.0.weight")
                    .hasMessageContaining("does not fit the encoder");
            assertThatThrownBy(() -> all(selfCon).into(network("cmc")))
                    .hasMessageContaining("has no encoder-l among its parts (encoder, head, sub-heads)");
            assertThatThrownBy(() -> new Pretrained(Optional.of(moco), Optional.of("encoder-l"), Pretrained.Layers.ALL)
                            .into(network))
                    .hasMessageContaining("has no encoder-l among its parts (encoder, contrast, key-encoder)")
                    .hasMessageContaining("pretrained.part");
            Path unknown = Goldens.bundled("cmc/pth/dtypes.zip.pth");
            assertThatThrownBy(() -> all(unknown).into(network))
                    .hasMessage("pretrained.weights = " + unknown
                            + " has the keys of no known source; 'contrast4j checkpoint inspect " + unknown
                            + "' shows them.");
        }
    }

    @Test
    void filesMustBeThere() throws IOException {
        assertThat(all(folder.resolve("none.pth")).missing().found())
                .singleElement()
                .satisfies(problem -> assertThat(problem.toString()).contains("none.pth"));
        assertThat(all(folder).missing().found()).hasSize(1);
        assertThat(all(Files.createFile(folder.resolve("a.pth"))).missing().found())
                .isEmpty();
        assertThatThrownBy(() -> new Pretrained(Optional.empty(), Optional.of("encoder"), Pretrained.Layers.ALL))
                .hasMessageContaining("part");
        assertThat(new Pretrained(Optional.empty(), Optional.empty(), Pretrained.Layers.ALL).into(network("insdis")))
                .isEmpty();
    }
}
