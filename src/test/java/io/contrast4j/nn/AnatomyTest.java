package io.contrast4j.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.nn.Anatomy.Layer;
import io.contrast4j.nn.Anatomy.Stage;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnatomyTest {
    private static Layer layer(Anatomy anatomy, String name) {
        return anatomy.stages().stream()
                .flatMap(stage -> stage.layers().stream())
                .filter(layer -> layer.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /**
     * Torchvision publishes 1.814 and 4.089 thousand millions for its ResNet-18 and -50 on 224×224 pictures. CMC's of
     * width 1 with an embedding of 1000 have the same layers.
     */
    @Test
    void multiplyAddsAreThePublishedOnes() {
        Anatomy basic = Anatomy.of(new ResNet.Config(18, 1, 1000), 3, 224, 224);
        assertThat(basic.multiplyAdds() / 1e9).isCloseTo(1.814, within(0.0005));
        assertThat(basic.parameters()).isEqualTo(11_689_512);
        Anatomy bottleneck = Anatomy.of(new ResNet.Config(50, 1, 1000), 3, 224, 224);
        assertThat(bottleneck.multiplyAdds() / 1e9).isCloseTo(4.089, within(0.0005));
        assertThat(bottleneck.parameters()).isEqualTo(25_557_032);
    }

    @Test
    void everyLayerIsCountedByHand() {
        Anatomy anatomy = Anatomy.of(new AlexNet.Config(128), 2, 224, 224);
        assertThat(anatomy.stages())
                .extracting(Stage::tap)
                .containsExactly("input", "block1", "block2", "block3", "block4", "block5", "fc6", "fc7", "embedding");
        assertThat(anatomy.stages())
                .extracting(stage -> stage.output().toString())
                .containsExactly(
                        "[2, 224, 224]",
                        "[48, 27, 27]",
                        "[128, 13, 13]",
                        "[192, 13, 13]",
                        "[192, 13, 13]",
                        "[128, 6, 6]",
                        "[2048]",
                        "[2048]",
                        "[128]");
        assertThat(anatomy.stages().get(1).layers())
                .containsExactly(
                        new Layer(
                                "conv_block_1.0",
                                List.of(48L, 55L, 55L),
                                48 * 2 * 11 * 11,
                                55L * 55 * 48 * 2 * 11 * 11),
                        new Layer("conv_block_1.1", List.of(48L, 55L, 55L), 96, 0));
        assertThat(layer(anatomy, "conv_block_2.0").multiplyAdds()).isEqualTo(27L * 27 * 128 * 48 * 25);
        assertThat(layer(anatomy, "fc6.0"))
                .isEqualTo(new Layer("fc6.0", List.of(2048L), 4608 * 2048 + 2048, 4608 * 2048));
        assertThat(anatomy.stages().get(8).layers())
                .containsExactly(new Layer("fc8.0", List.of(128L), 2048 * 128 + 128, 2048 * 128));
        long maps = 2 * 48 * 55 * 55
                + 2 * 128 * 27 * 27
                + 2 * 192 * 13 * 13
                + 2 * 192 * 13 * 13
                + 2 * 128 * 13 * 13
                + 2 * 2048
                + 2 * 2048
                + 128;
        long pooled = 48 * 27 * 27 + 128 * 13 * 13 + 128 * 6 * 6;
        assertThat(anatomy.activationBytes()).isEqualTo(4 * (2 * 224 * 224 + maps) + 12 * pooled);
    }

    @Test
    void nothingIsLeftOutOrCountedTwice() {
        for (int depth : new int[] {18, 50}) {
            ResNet.Config config = new ResNet.Config(depth, 1.0 / 16, 8);
            Anatomy anatomy = Anatomy.of(config, 3, 48, 64);
            try (Arena arena = new Arena();
                    Scope scope = Scope.open()) {
                ResNet net = arena.own(() -> config.build(3));
                long parameters = StateDict.parameters(net).values().stream()
                        .mapToLong(tensor -> tensor.numel())
                        .sum();
                long all = StateDict.of(net).values().stream()
                        .mapToLong(tensor -> tensor.numel())
                        .sum();
                assertThat(anatomy.parameters()).isEqualTo(parameters);
                assertThat(anatomy.buffers()).isEqualTo(all - parameters);
                List<String> modules = StateDict.parameters(net).keySet().stream()
                        .map(name -> name.substring(0, name.lastIndexOf('.')))
                        .distinct()
                        .toList();
                assertThat(anatomy.stages().stream()
                                .flatMap(stage -> stage.layers().stream())
                                .map(Layer::name))
                        .containsExactlyInAnyOrderElementsOf(modules);
            }
        }
    }
}
