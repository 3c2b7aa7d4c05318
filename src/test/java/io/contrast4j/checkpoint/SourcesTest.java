package io.contrast4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.golden.Goldens;
import io.contrast4j.optim.OptimizerState;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which program a checkpoint is from, and what other programs are given of it. */
class SourcesTest {
    private static final List<String> FILES =
            List.of("cmc/pth/*.pth", "align_uniform/*.pth.tar", "ring/*.ckpt", "selfcon/checkpoints/*.pth");

    @TempDir
    Path folder;

    private static Path golden(String name) {
        return Goldens.bundled(name);
    }

    @ParameterizedTest
    @CsvSource({
        "cmc/pth/cmc_epoch10.zip.pth, cmc, encoder-l encoder-ab contrast",
        "cmc/pth/old_torch_cmc.legacy.pth, cmc, encoder-l encoder-ab contrast",
        "cmc/pth/bare_state_dict.zip.pth, cmc, encoder-l encoder-ab",
        "cmc/pth/insdis_epoch20_amp.zip.pth, insdis, encoder contrast",
        "cmc/pth/moco_epoch130.zip.pth, cmc-moco, encoder contrast key-encoder",
        "cmc/pth/linear_epoch5.zip.pth, cmc-linear, classifier",
        "cmc/pth/fb_moco_v2_mlp.zip.pth, moco, queue encoder key-encoder",
        "align_uniform/moco_au_contr_zip_cuda.pth.tar, moco, queue encoder key-encoder",
        "align_uniform/moco_fb_nomlp_legacy_cuda.pth.tar, moco, queue encoder key-encoder",
        "align_uniform/lincls_zip_cuda.pth.tar, moco-linear, encoder",
        "ring/ring_moco_tiny.ckpt, ring-moco, queue encoder bank key-encoder",
        "ring/ring_nce_tiny.ckpt, ring, encoder bank",
        "selfcon/checkpoints/last.pth, selfcon, encoder head sub-heads",
        "selfcon/checkpoints/last_whole_model_dataparallel.pth, selfcon, encoder head sub-heads",
        "selfcon/checkpoints/encoder_state_dict.pth, selfcon, encoder head sub-heads",
    })
    void theSourceIsRecognised(String file, String source, String parts) {
        Recognized known = Recognized.in(PthFile.list(golden(file)).tree()).orElseThrow();
        assertThat(known.source().name()).isEqualTo(source);
        assertThat(known.parts().keySet()).containsExactlyInAnyOrder(parts.split(" "));
        assertThat(known.unknown()).isEmpty();
    }

    /** Layouts of which there is no file here, by the names of their keys. */
    @ParameterizedTest
    @CsvSource({
        "torchvision, '', conv1.weight bn1.weight layer1.0.conv1.weight fc.weight",
        "timm, state_dict, conv1.weight bn1.weight layer1.0.conv1.weight fc.weight",
        "supcontrast, model, encoder.module.conv1.weight encoder.module.layer1.0.shortcut.0.weight head.0.weight",
        "supcontrast, model, encoder.conv1.weight encoder.layer1.0.conv1.weight head.weight",
        "pycontrast, model, module.encoder.conv1.weight module.encoder.layer1.0.conv1.weight module.head_jig.fc1.weight",
        "pycontrast-two-view, model, module.encoder1.conv1.weight module.encoder2.conv1.weight module.head1.0.weight",
        "selfcon-one-stage, model, encoder.conv1.weight logit_fc.0.fc.weight l_fc.fc.weight",
        "selfcon-classifier, classifier, fc.weight fc.bias",
        "insdis, model, encoder.module.conv_block_1.0.weight encoder.module.fc8.0.weight",
    })
    void otherLayoutsAreRecognisedByTheirKeys(String source, String place, String keys) {
        Recognized known = Recognized.in(tree(place, keys)).orElseThrow();
        assertThat(known.source().name()).isEqualTo(source);
        assertThat(known.unknown()).isEmpty();
    }

    private static Map<String, Object> tree(String place, String keys) {
        OrderedDict state = new OrderedDict();
        for (String key : keys.split(" ")) {
            state.put(key, "a tensor");
        }
        Map<String, Object> tree = new LinkedHashMap<>();
        if (place.isEmpty()) {
            state.forEach((key, value) -> tree.put((String) key, value));
        } else {
            tree.put(place, state);
        }
        return tree;
    }

    @Test
    void everySourceHasADistinctNameAndIsFoundByATest() {
        Set<String> names = new HashSet<>();
        Sources.all()
                .forEach(source ->
                        assertThat(names.add(source.name())).as(source.name()).isTrue());
        assertThat(Recognized.in(Map.of("weights", Map.of("a", 1L)))).isEmpty();
        assertThat(Recognized.in(null)).isEmpty();
    }

    /** All golden checkpoints: each tensor of the state dict is in one part, and each parameter is the optimizer's. */
    @TestFactory
    Stream<DynamicTest> partsAndOptimizersFitTogether() {
        return FILES.stream()
                .flatMap(glob ->
                        Goldens.find(glob.substring(0, glob.indexOf('/')), glob.substring(glob.indexOf('/') + 1)))
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> {
                    Optional<Recognized> known =
                            Recognized.in(PthFile.list(file).tree());
                    if (known.isEmpty()) {
                        assertThat(file.getFileName().toString()).matches("(dtypes|old_rebuild).*");
                        return;
                    }
                    Recognized found = known.get();
                    assertThat(found.unknown()).isEmpty();
                    if (found.optimizer().isPresent()) {
                        OptimizerState state =
                                OptimizerState.of(found.optimizer().get()).orElseThrow();
                        assertThat(found.trained()).hasSameSizeAs(state.entries());
                        for (int i = 0; i < state.entries().size(); i++) {
                            Object velocity = state.entries().get(i).get(OptimizerState.VELOCITY);
                            if (velocity instanceof TensorInfo info) {
                                String name = found.trained().get(i);
                                int dot = name.indexOf('.');
                                TensorInfo parameter = (TensorInfo)
                                        found.part(name.substring(0, dot)).get(name.substring(dot + 1));
                                assertThat(info.shape()).as(name).isEqualTo(parameter.shape());
                            }
                        }
                    }
                }));
    }

    @Test
    void mocosQueryEncoderBecomesTorchvisions() {
        try (Scope scope = Scope.open()) {
            Recognized known = read("align_uniform/moco_au_contr_zip_cuda.pth.tar");
            Conversion conversion = new Conversion(known, "moco.pth");
            OrderedDict without = conversion.torchvision("encoder", Conversion.Head.DROP);
            List<String> expected = new ArrayList<>();
            Goldens.json(golden("align_uniform/checkpoints.json"))
                    .getAsJsonObject("moco_au_contr_zip_cuda")
                    .getAsJsonArray("lincls_mapped_keys")
                    .forEach(key -> expected.add(key.getAsString()));
            assertThat(new ArrayList<Object>(without.keySet())).isEqualTo(expected);
            OrderedDict with = conversion.torchvision("encoder", Conversion.Head.KEEP);
            assertThat(with.keySet()).contains("fc.0.weight", "fc.2.bias").hasSize(expected.size() + 4);
            assertThat(((Tensor) without.get("bn1.weight"))
                            .equal((Tensor) known.part("encoder").get("bn1.weight")))
                    .isTrue();
            assertThatThrownBy(() -> conversion.torchvision("encoder-l", Conversion.Head.KEEP))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("has no encoder-l; choose with --part one of queue, encoder, key-encoder");
        }
    }

    @Test
    void ringsCheckpointBecomesMocos() {
        try (Scope scope = Scope.open()) {
            Recognized ring = read("ring/ring_moco_tiny.ckpt");
            Path file = folder.resolve("moco.pth.tar");
            PthFile.write(file, new Conversion(ring, "ring.ckpt").moco("encoder"));
            Recognized moco = Recognized.in(PthFile.readMap(file)).orElseThrow();

            assertThat(moco.source().name()).isEqualTo("moco");
            assertThat(Trees.at(moco.tree(), List.of("arch")))
                    .as("four blocks are no network that has a name")
                    .isEqualTo("resnet");
            assertThat(Trees.at(moco.tree(), List.of("epoch"))).isEqualTo(1L);
            Tensor queue = (Tensor) moco.part("queue").get("queue");
            assertThat(Tensors.shape(queue)).containsExactly(8, 16);
            assertThat(queue.t().equal((Tensor) ring.part("queue").get("queue")))
                    .isTrue();
            assertThat(((Tensor) moco.part("encoder").get("layer1.0.conv1.weight"))
                            .equal((Tensor) ring.part("encoder").get("features.4.0.conv1.weight")))
                    .isTrue();
            // The optimizer of MoCo numbers the key encoder's parameters too, and keeps nothing for them.
            OptimizerState before =
                    OptimizerState.of(ring.optimizer().orElseThrow()).orElseThrow();
            OptimizerState after =
                    OptimizerState.of(moco.optimizer().orElseThrow()).orElseThrow();
            assertThat(after.entries()).hasSize(2 * before.entries().size());
            assertThat(moco.trained()).hasSameSizeAs(after.entries());
            for (int i = 0; i < before.entries().size(); i++) {
                Tensor velocity = (Tensor) before.entries().get(i).get(OptimizerState.VELOCITY);
                assertThat(velocity.equal((Tensor) after.entries().get(i).get(OptimizerState.VELOCITY)))
                        .isTrue();
                assertThat(after.entries().get(before.entries().size() + i)).isEmpty();
            }
        }
    }

    /** Wrappers and old names disappear, and what CMC and SelfCon save comes back as they save it. */
    @ParameterizedTest
    @CsvSource({
        "cmc/pth/cmc_epoch10.zip.pth",
        "cmc/pth/old_torch_cmc.legacy.pth",
        "cmc/pth/moco_epoch130_numpy1.legacy.pth",
        "selfcon/checkpoints/last_dataparallel_cuda.pth",
        "selfcon/checkpoints/last_downsample_names.pth",
    })
    void itsOwnLayoutIsWrittenBack(String name) {
        try (Scope scope = Scope.open()) {
            Recognized before = read(name);
            Conversion conversion = new Conversion(before, name);
            Path file = folder.resolve("again.pth");
            PthFile.write(file, name.startsWith("cmc") ? conversion.cmc() : conversion.selfCon());
            Recognized after = Recognized.in(PthFile.readMap(file)).orElseThrow();

            assertThat(after.source()).isEqualTo(before.source());
            assertThat(after.options()).isEqualTo(before.options());
            assertThat(Trees.at(after.tree(), List.of("epoch"))).isEqualTo(Trees.at(before.tree(), List.of("epoch")));
            assertThat(after.parts().keySet()).isEqualTo(before.parts().keySet());
            before.parts().forEach((part, tensors) -> {
                assertThat(new ArrayList<>(after.part(part).keySet())).isEqualTo(new ArrayList<>(tensors.keySet()));
                tensors.forEach((key, tensor) -> assertThat(((Tensor) tensor)
                                .equal((Tensor) after.part(part).get(key)))
                        .as(key)
                        .isTrue());
            });
            OptimizerState old =
                    OptimizerState.of(before.optimizer().orElseThrow()).orElseThrow();
            OptimizerState young =
                    OptimizerState.of(after.optimizer().orElseThrow()).orElseThrow();
            assertThat(young.groups()).isEqualTo(old.groups());
            for (int i = 0; i < old.entries().size(); i++) {
                Tensor velocity = (Tensor) old.entries().get(i).get(OptimizerState.VELOCITY);
                assertThat(velocity.equal((Tensor) young.entries().get(i).get(OptimizerState.VELOCITY)))
                        .isTrue();
            }
        }
    }

    @Test
    void aKeyThatItsSourceDoesNotHaveIsAnError() {
        Map<String, Object> tree = tree("state_dict", "module.encoder_q.conv1.weight module.extra module.encoder_qq.x");
        Recognized known = Recognized.in(tree).orElseThrow();
        assertThat(known.unknown()).containsExactly("module.extra", "module.encoder_qq.x");
        assertThatThrownBy(() -> new Conversion(known, "odd.pth"))
                .isInstanceOf(UserError.class)
                .hasMessage(
                        "odd.pth was taken for MoCo v1 and v2, align-uniform, but has 2 keys that these do not have:"
                                + " module.extra, module.encoder_qq.x; convert it with --to pth or --to safetensors.");
    }

    @ParameterizedTest
    @CsvSource({
        "conv1.weight, stem.conv1.weight",
        "bn1.running_var, stem.conv1.norm.running_var",
        "layer1.0.conv2.weight, res2.0.conv2.weight",
        "layer4.2.bn3.bias, res5.2.conv3.norm.bias",
        "layer2.0.downsample.0.weight, res3.0.shortcut.weight",
        "layer2.0.downsample.1.num_batches_tracked, res3.0.shortcut.norm.num_batches_tracked",
    })
    void detectronHasNamesOfItsOwn(String torchvision, String detectron) {
        assertThat(DetectronFile.rename(torchvision)).isEqualTo(detectron);
    }

    private static Recognized read(String name) {
        return Recognized.in(PthFile.read(golden(name))).orElseThrow();
    }
}
