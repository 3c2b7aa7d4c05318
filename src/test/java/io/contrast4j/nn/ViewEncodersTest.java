package io.contrast4j.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class ViewEncodersTest {
    private static final ResNet.Config SMALL = new ResNet.Config(18, 1.0 / 16, 8);

    private static Set<String> prefixes(ViewEncoders encoders) {
        Set<String> prefixes = new LinkedHashSet<>();
        StateDict.of(encoders).keySet().forEach(name -> prefixes.add(name.substring(0, name.indexOf('.'))));
        return prefixes;
    }

    @Test
    void twoViewsHaveThePublishedNames() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            ViewEncoders two = arena.own(() -> new ViewEncoders(SMALL, List.of(1, 2)));
            ViewEncoders three = arena.own(() -> new ViewEncoders(SMALL, List.of(1, 2, 3)));
            assertThat(prefixes(two)).containsExactly("l_to_ab", "ab_to_l");
            assertThat(prefixes(three)).containsExactly("view0", "view1", "view2");
            assertThat(Tensors.shape(StateDict.of(three).get("view2.conv1.weight")))
                    .containsExactly(64, 3, 7, 7);
        }
    }

    @Test
    void everyViewHasItsOwnEncoder() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            ViewEncoders encoders = arena.own(() -> new ViewEncoders(SMALL, List.of(1, 1)));
            encoders.eval();
            Tensor images = torch.randn(2, 1, 32, 32);
            List<Tensor> features = encoders.embed(List.of(images, images));
            assertThat(features).hasSize(2);
            for (int view = 0; view < 2; view++) {
                assertThat(Tensors.doubles(features.get(view)))
                        .isEqualTo(Tensors.doubles(encoders.backbone(view).embed(images)));
            }
            assertThat(Tensors.doubles(features.get(0))).isNotEqualTo(Tensors.doubles(features.get(1)));
        }
    }

    @Test
    void threeViewsOfOnePictureAreEncodedAndTrainedApart() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            ViewEncoders encoders = arena.own(() -> new ViewEncoders(SMALL, List.of(1, 2, 3)));
            encoders.train(true);
            Tensor images = torch.randn(4, 6, 32, 32);
            List<Tensor> views = List.of(images.narrow(1, 0, 1), images.narrow(1, 1, 2), images.narrow(1, 3, 3));
            List<Tensor> features = encoders.embed(views);
            assertThat(features).hasSize(3);
            features.forEach(feature -> assertThat(Tensors.shape(feature)).containsExactly(4, 8));
            // A loss on the second view alone: only its encoder learns.
            features.get(1).select(1, 0).sum().backward();
            StateDict.parameters(encoders)
                    .forEach((name, parameter) ->
                            assertThat(parameter.grad().defined()).as(name).isEqualTo(name.startsWith("view1.")));
        }
    }

    @Test
    void oneViewHasNothingToContrast() {
        assertThatThrownBy(() -> new ViewEncoders(SMALL, List.of(3)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("contrasting views takes two or more, not 1");
    }
}
