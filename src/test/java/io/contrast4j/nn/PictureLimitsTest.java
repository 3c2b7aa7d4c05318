package io.contrast4j.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Which pictures a network takes, and that the sentence about the others is true. */
class PictureLimitsTest {
    static Stream<Arguments> networks() {
        return Stream.of(
                Arguments.of(new ResNet.Config(18, 1.0 / 16, 6), 7, "ResNet's first convolution"),
                Arguments.of(new AlexNet.Config(6), 223, "223 to 254 pixels"),
                Arguments.of(
                        new TorchvisionResNet.Config(50, 4, 2, Stem.IMAGENET, false, ProjectionHead.MLP, 6),
                        7,
                        "at least 7 pixels"),
                Arguments.of(new RingResNet.Config(18, 4, Stem.CIFAR, 6), 3, "at least 3 pixels"),
                Arguments.of(new SmallAlexNet.Config(15, 6), 15, "15 pixels"),
                Arguments.of(
                        new SelfConResNet.Config(
                                18, 4, Stem.CIFAR, List.of(1), ExitSize.SAME, false, ProjectionHead.MLP, 6),
                        3,
                        "at least 3 pixels"),
                Arguments.of(
                        new SelfConVgg.Config(13, true, List.of(1), ExitSize.SAME, ProjectionHead.LINEAR, 6),
                        32,
                        "at least 32 pixels"),
                Arguments.of(
                        new SelfConWideResNet.Config(true, 0, List.of(1), ExitSize.SAME, ProjectionHead.MLP, 6),
                        3,
                        "at least 3 pixels"),
                Arguments.of(
                        new SelfConEfficientNet.Config(0, 0, List.of(4), ProjectionHead.MLP, 6),
                        8,
                        "at least 8 pixels"));
    }

    @ParameterizedTest
    @MethodSource("networks")
    void theSmallestPicturesRunAndSmallerOnesAreNamed(Backbone.Config config, int smallest, String sentence) {
        assertThat(config.sizeProblem(smallest, smallest)).isEmpty();
        assertThat(config.sizeProblem(smallest - 1, smallest))
                .hasValueSatisfying(problem -> assertThat(problem).contains(sentence));
        assertThat(config.sizeProblem(smallest, smallest - 1)).isEqualTo(config.sizeProblem(smallest - 1, smallest));
        try (Arena arena = new Arena();
                Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Backbone net = arena.own(() -> config.build(2));
            net.module().eval();
            assertThat(Tensors.shape(net.embed(torch.randn(2, 2, smallest, smallest))))
                    .containsExactly(2, 6);
        }
    }

    /** Where it is the halvings, and not only good sense, that set the limit. */
    @ParameterizedTest
    @MethodSource("networksThatHalve")
    void nothingIsLeftOfSmallerPictures(Backbone.Config config, int smallest, String sentence) {
        try (Arena arena = new Arena();
                Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Backbone net = arena.own(() -> config.build(2));
            net.module().eval();
            assertThatThrownBy(() -> net.embed(torch.randn(2, 2, smallest - 1, smallest - 1)))
                    .isInstanceOf(RuntimeException.class);
        }
    }

    static Stream<Arguments> networksThatHalve() {
        return networks()
                .filter(network -> network.get()[0] instanceof SelfConVgg.Config
                        || network.get()[0] instanceof SelfConEfficientNet.Config);
    }

    @ParameterizedTest
    @MethodSource("networks")
    void picturesOfOtherChannelsAreOneSentence(Backbone.Config config, int smallest, String sentence) {
        try (Arena arena = new Arena();
                Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Backbone net = arena.own(() -> config.build(2));
            String size = smallest + "×" + smallest;
            assertThatThrownBy(() -> net.embed(torch.randn(4, 3, smallest, smallest)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the network takes N×2×H×W pictures, not 4×3×" + size);
            assertThatThrownBy(() -> net.forward(torch.randn(2, smallest, smallest), Set.of("input")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the network takes N×2×H×W pictures, not 2×" + size);
        }
    }
}
