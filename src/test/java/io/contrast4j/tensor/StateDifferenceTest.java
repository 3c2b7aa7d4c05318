package io.contrast4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StateDifferenceTest {
    private static Map<String, long[]> shapes(Object... namesAndLengths) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        for (int i = 0; i < namesAndLengths.length; i += 2) {
            shapes.put((String) namesAndLengths[i], new long[] {(int) namesAndLengths[i + 1], 3});
        }
        return shapes;
    }

    @Test
    void namesTheMostSimilarKeys() {
        StateDifference difference = new StateDifference(
                shapes("conv1.weight", 4, "layer1.0.bn1.bias", 8, "fc.weight", 2),
                shapes("module.conv1.weight", 4, "module.layer1.0.bn1.bias", 8, "fc.weight", 5, "queue", 1));
        assertThat(difference.sentences())
                .containsExactly(
                        "it has no conv1.weight (its module.conv1.weight is similar)",
                        "it has no layer1.0.bn1.bias (its module.layer1.0.bn1.bias is similar)",
                        "fc.weight is 5×3 there and 2×3 here",
                        "module.conv1.weight is unknown here (conv1.weight is similar)",
                        "module.layer1.0.bn1.bias is unknown here (layer1.0.bn1.bias is similar)",
                        "queue is unknown here");
        assertThat(difference.summary(1))
                .isEqualTo("it has no conv1.weight (its module.conv1.weight is similar) (and 5 more differences)");
    }

    @Test
    void equalSetsDifferInNothing() {
        Map<String, long[]> same = shapes("a", 1, "b", 2);
        assertThat(new StateDifference(same, shapes("b", 2, "a", 1)).sentences())
                .isEmpty();
        assertThat(new StateDifference(same, same).summary(3)).isEmpty();
    }
}
