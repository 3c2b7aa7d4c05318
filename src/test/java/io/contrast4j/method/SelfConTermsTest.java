package io.contrast4j.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.objective.Scores;
import io.contrast4j.spec.InvalidValues;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class SelfConTermsTest {
    private static SelfConTerms terms(
            int crops, SelfConTerms.Rows rows, SelfConTerms.Positives positives, double alpha) {
        return new SelfConTerms(crops, rows, positives, alpha);
    }

    @Test
    void theExitsTermHasTheWeightAlpha() {
        try (Scope scope = Scope.open()) {
            Tensor rows = Tensors.zeros(ScalarType.Float, 4, 3);
            Tensor labels = Tensors.of(new long[] {0, 1}, 2);
            List<Scores> scores = terms(2, SelfConTerms.Rows.EXITS_AND_END, SelfConTerms.Positives.SAME_CLASS, 0.3)
                    .of(List.of(rows), rows, labels);
            assertThat(scores).extracting(Scores::pair).containsExactly("end", "exits");
            assertThat(scores).extracting(Scores::weight).containsExactly(1.0, 0.3);
        }
    }

    @Test
    void whatHasNoPositivesIsRefused() {
        assertThatThrownBy(() -> terms(1, SelfConTerms.Rows.END, SelfConTerms.Positives.SAME_PICTURE, 0))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContaining("one crop has no positives");
        assertThatThrownBy(() -> terms(2, SelfConTerms.Rows.END, SelfConTerms.Positives.SAME_CLASS, 1))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContaining("0 where only the end is contrasted");
        assertThatThrownBy(() -> terms(3, SelfConTerms.Rows.EXITS_AND_END, SelfConTerms.Positives.SAME_CLASS, 0))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContaining("between 1 and 2");
    }

    @Test
    void rowsThatDoNotFitAreRefused() {
        SelfConTerms terms = terms(2, SelfConTerms.Rows.EXITS_AND_END, SelfConTerms.Positives.SAME_CLASS, 0);
        try (Scope scope = Scope.open()) {
            Tensor four = Tensors.zeros(ScalarType.Float, 4, 3);
            Tensor five = Tensors.zeros(ScalarType.Float, 5, 3);
            Tensor two = Tensors.of(new long[] {0, 1}, 2);
            assertThatThrownBy(() -> terms.of(List.of(), four, two))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("a network without exits has none to contrast");
            assertThatThrownBy(() -> terms.of(List.of(five), five, two))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("5 rows are not 2 crops of each picture");
            assertThatThrownBy(() -> terms.of(List.of(four), four, Tensors.of(new long[] {0, 1, 0, 1}, 4)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("4 labels for 2 pictures");
        }
    }
}
