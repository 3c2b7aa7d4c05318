package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.checkpoint.PthFile;
import io.contrast4j.checkpoint.SafeTensors;
import io.contrast4j.golden.Goldens;
import io.contrast4j.prepare.FileServer;
import io.contrast4j.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code checkpoint …} as a user starts it. */
class CheckpointCommandsTest {
    private static final int FAILED = 1;
    private static final int USAGE = 2;

    @TempDir
    Path folder;

    private Launcher.Result run(String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "checkpoint";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return new Launcher(folder).run(all);
    }

    private static String golden(String name) {
        return Goldens.bundled(name).toString();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "checkpoint --help",
                "checkpoint inspect --help",
                "checkpoint convert --help",
                "checkpoint diff --help",
                "checkpoint verify --help",
                "checkpoint fetch --help"
            })
    void helpGoesToStdout(String arguments) {
        Launcher.Result result = Launcher.here(arguments.split(" ")).succeeded();
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).containsPattern("Examples?:").contains("contrast4j checkpoint ");
        assertThat(result.out().lines())
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(100));
    }

    @Test
    void aCheckpointIsShownWithItsSourceAndTree() {
        Launcher.Result result =
                run("inspect", golden("cmc/pth/cmc_epoch10.zip.pth")).succeeded();
        assertThat(result.out())
                .contains("source        cmc (CMC, two views (ResNet or AlexNet)), its state dict at model\n")
                .contains("epoch         10 done\n")
                .contains("part          encoder-l: 128 tensors of ")
                .contains(
                        "optimizer     130 parameters, matched by position with those of the parts, a state for 130; lr")
                .contains("saved from cuda:0\n")
                .contains("  print_freq = 10\n")
                .contains("encoder.module.l_to_ab.conv1.weight  float32 64×1×7×7  12,544 bytes\n");
        Launcher.Result lightning =
                run("inspect", "--summary", golden("ring/ring_moco_tiny.ckpt")).succeeded();
        assertThat(lightning.out()).contains("source        ring-moco ").doesNotContain("\ntree\n");
    }

    @Test
    void aCheckpointBecomesAnotherPrograms() throws IOException {
        String moco = golden("align_uniform/moco_au_legacy.pth.tar");
        run("convert", moco, "r50.pth", "--to", "torchvision").succeeded();
        run("convert", moco, "key.safetensors", "--to", "safetensors", "--part", "key-encoder")
                .succeeded();
        run("convert", moco, "d2.pkl", "--to", "detectron2").succeeded();
        run("convert", moco, "new.pth", "--to", "pth").succeeded();
        try (Scope scope = Scope.open()) {
            Map<?, ?> before = (Map<?, ?>) PthFile.readMap(Path.of(moco)).get("state_dict");
            Map<?, ?> resnet = PthFile.readMap(folder.resolve("r50.pth"));
            assertThat(resnet.containsKey("fc.0.weight")).isFalse();
            assertThat(((Tensor) resnet.get("conv1.weight"))
                            .equal((Tensor) before.get("module.encoder_q.conv1.weight")))
                    .isTrue();
            assertThat(SafeTensors.read(folder.resolve("key.safetensors"))
                            .get("conv1.weight")
                            .equal((Tensor) before.get("module.encoder_k.conv1.weight")))
                    .isTrue();
        }
        assertThat(Files.size(folder.resolve("d2.pkl"))).isGreaterThan(10_000);
        assertThat(run("diff", moco, "new.pth").succeeded().out()).startsWith("equal: ");
        assertThat(run("verify", "new.pth", moco).succeeded().out())
                .contains("new.pth is undamaged: its structure and all checksums are right")
                .contains("moco_au_legacy.pth.tar is undamaged as far as can be seen");

        run("convert", moco, "new.pth", "--to", "pth").failed(FAILED, "new.pth is there already", "--force");
        run("convert", moco, "x.pth", "--to", "cmc", "--part", "encoder").failed(USAGE, "--part has no meaning");
        assertThat(run("convert", moco, "x.pth", "--to", "cmc").succeeded().out())
                .isEqualTo("x.pth is written, from MoCo v1 and v2, align-uniform; left out: queue\n");
        run("convert", moco, "y.pth", "--to", "torchvision", "--part", "nothing")
                .failed(FAILED, "has no nothing", "key-encoder");
        run("convert", golden("cmc/pth/dtypes.zip.pth"), "z.pth", "--to", "moco")
                .failed(FAILED, "no known source");
        run("convert", moco, "z.pth", "--to", "keras").failed(USAGE, "keras", "torchvision");
    }

    /** Our own checkpoints, and CMC's of them; either starts another run, which evaluates just the same. */
    @Test
    void whatARunLeavesIsRecognised() {
        Launcher launcher = new Launcher(folder);
        String conf = Launcher.conf("tiny.conf").toString();
        String row = "trained ";
        String result = launcher.run("train", conf, "train.epochs=1")
                .succeeded()
                .out()
                .lines()
                .filter(line -> line.startsWith(row))
                .findFirst()
                .orElseThrow();
        String saved = RunFiles.only(folder.resolve("runs"), "tiny")
                .path()
                .resolve("checkpoints/step-10.pth")
                .toString();
        Launcher.Result shown = run("inspect", "--summary", saved).succeeded();
        assertThat(shown.out())
                .contains("source        contrast4j (a run of contrast4j), its state dict at model")
                .contains("part          encoder-l: ", "part          encoder-ab: ")
                .contains("part          contrast: 3 tensors of 2,693 elements\n")
                .contains("epoch         1 done\n")
                .contains("matched by position with those of the parts")
                .contains("encoder.feature-dim = 16\n")
                .doesNotContain("unknown keys");
        assertThat(run("convert", saved, "cmc.pth", "--to", "cmc").succeeded().out())
                .doesNotContain("left out");
        assertThat(run("inspect", "--summary", "cmc.pth").succeeded().out())
                .contains("source        cmc ")
                .contains("matched by position with those of the parts");
        assertThat(run("diff", "--parts", saved, "cmc.pth").succeeded().out()).startsWith("equal: ");

        Launcher.Result again = launcher.run(
                        "train", conf, "name=again", "train.epochs=0", "pretrained.weights=cmc.pth")
                .succeeded();
        assertThat(again.out().lines()).contains(result);
        assertThat(again.err()).contains("weights: CMC, two views (ResNet or AlexNet), 256 tensors of cmc.pth");

        launcher.run("train", conf, "name=other", "encoder.depth=34", "pretrained.weights=" + saved)
                .failed(FAILED, "pretrained.weights = " + saved, "does not fit the encoder: ", "it has no layer1.2.");
        assertThat(folder.resolve("runs/other")).doesNotExist();
        launcher.run("train", conf, "pretrained.weights=none.pth")
                .failed(USAGE, "pretrained.weights = none.pth must be a checkpoint file that exists");
    }

    /** Only where there is no checkpoint yet does a run need the weights that it begins with. */
    @Test
    void aRunGoesOnWithoutTheFileOfItsFirstWeights() throws IOException {
        Launcher launcher = new Launcher(folder);
        String conf = Launcher.conf("tiny.conf").toString();
        launcher.run("train", conf, "name=first", "train.epochs=1").succeeded();
        Path weights = Files.copy(
                RunFiles.only(folder.resolve("runs"), "first").latestCheckpoint(), folder.resolve("weights.pth"));
        String[] second = {"train", conf, "--resume", "name=second", "train.epochs=1", "pretrained.weights=weights.pth"
        };
        assertThat(launcher.run(second).succeeded().err()).contains("weights: a run of contrast4j, ");

        Files.delete(weights);
        assertThat(launcher.run(second).succeeded().err())
                .contains("(resumed, from step ")
                .doesNotContain("weights: ");
        second[3] = "name=third";
        launcher.run(second).failed(USAGE, "pretrained.weights = weights.pth must be a checkpoint file that exists");
    }

    @Test
    void differencesAreNamed() {
        Launcher.Result changed = run(
                "diff",
                golden("align_uniform/lincls_zip_cuda.pth.tar"),
                golden("align_uniform/lincls_zip_cuda_changed.pth.tar"));
        assertThat(changed.exitCode()).isEqualTo(1);
        assertThat(changed.out())
                .contains("state_dict.module.layer2.0.bn1.running_var differs in ")
                .contains("acc1 is only in A");
        // DataParallel's wrappers and SelfCon's older names make no difference to the parts.
        Launcher.Result same = run(
                "diff",
                "--parts",
                golden("selfcon/checkpoints/last.pth"),
                golden("selfcon/checkpoints/last_downsample_names.pth"));
        assertThat(same.succeeded().out()).startsWith("equal: ");
    }

    @ParameterizedTest
    @CsvSource({
        "crc_mismatch.zip.pth, checksum",
        "truncated.legacy.pth, ends too early",
        "os_system.zip.pth, posix.system"
    })
    void damagedFilesAreNamedInOneSentence(String name, String reason) {
        String file = golden("cmc/pth/bad/" + name);
        Launcher.Result result = run("verify", golden("cmc/pth/bad/_undamaged.zip.pth"), file);
        result.failed(FAILED, name, reason);
        assertThat(result.err().lines()).hasSize(1);
        assertThat(result.out()).contains("_undamaged.zip.pth is undamaged");
    }

    @Test
    void aPublishedFileIsFetchedAndResumed() throws IOException {
        byte[] content = Files.readAllBytes(Path.of(golden("cmc/pth/dtypes.zip.pth")));
        String sum = FileServer.md5(content).hex();
        Files.writeString(folder.resolve("mine.json"), """
                {"archives": [{"name": "small", "about": "a small one", "from": ["http://localhost:1/"],
                  "files": [{"name": "small.pth", "md5": "%s"}]}],
                 "elsewhere": [{"name": "far", "how": "It is far away."}]}
                """.formatted(sum.substring(0, 8)));
        // The beginning of an earlier attempt.
        Files.createDirectories(folder.resolve("w"));
        Files.write(folder.resolve("w/small.pth.part"), java.util.Arrays.copyOf(content, 10_000));
        try (FileServer server = new FileServer().put("m/small.pth", content)) {
            String mirror = server.address("m/").toString();
            String[] fetch = {"fetch", "small", "--to", "w", "--catalog", "mine.json", "--mirror", mirror};
            assertThat(run(fetch).succeeded().out()).contains("small.pth is complete; its checksum is right");
            assertThat(server.requests().get(0).range()).isEqualTo("bytes=10000-");
            assertThat(folder.resolve("w/small.pth")).hasBinaryContent(content);
            assertThat(run(fetch).succeeded().out()).contains("small.pth is there already");

            server.put("m/small.pth", new byte[20_000]);
            Files.delete(folder.resolve("w/small.pth"));
            run(fetch).failed(FAILED, "instead of MD5 " + sum.substring(0, 8));
        }
        run("fetch", "far", "--catalog", "mine.json").failed(FAILED, "It is far away.");
        run("fetch", "nothing").failed(USAGE, "Nothing that can be fetched is called nothing", "moco-v2-800");
        assertThat(run("fetch", "--list").succeeded().out()).contains("moco-v1-200", "resnet50-0676ba61.pth");
    }
}
