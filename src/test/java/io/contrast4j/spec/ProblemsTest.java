package io.contrast4j.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.api.Test;

class ProblemsTest {
    @Test
    void allViolationsAreCollected() {
        InvalidValues invalid = catchThrowableOfType(
                InvalidValues.class,
                () -> new Problems()
                        .between("momentum", 1.5, 0, 1)
                        .atLeast("batchSize", 8, 1)
                        .atLeast("epochs", 0, 1)
                        .above("rate", 0, 0)
                        .require(false, "depth", 19, "one of [18, 34]")
                        .raise());
        assertThat(invalid.problems())
                .extracting(InvalidValues.Problem::toString)
                .containsExactly(
                        "momentum = 1.5 must be between 0 and 1",
                        "epochs = 0 must be at least 1",
                        "rate = 0 must be greater than 0",
                        "depth = 19 must be one of [18, 34]");
        assertThat(invalid).hasMessageContaining("momentum = 1.5").hasMessageContaining("; depth = 19");
    }

    @Test
    void limitsBelongToTheRange() {
        assertThatCode(() -> new Problems()
                        .between("a", 0, 0, 1)
                        .between("b", 1, 0, 1)
                        .atLeast("c", 1, 1)
                        .above("d", Double.MIN_VALUE, 0)
                        .raise())
                .doesNotThrowAnyException();
    }

    @Test
    void whatIsNoFiniteNumberIsOutOfEveryRange() {
        for (double value : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
            assertThatThrownBy(() -> new Problems().between("x", value, 0, 1).raise())
                    .isInstanceOf(InvalidValues.class);
            assertThatThrownBy(() -> new Problems().atLeast("x", value, 0).raise())
                    .isInstanceOf(InvalidValues.class);
            assertThatThrownBy(() -> new Problems().above("x", value, 0).raise())
                    .isInstanceOf(InvalidValues.class);
        }
    }
}
