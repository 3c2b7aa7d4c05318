package io.contrast4j.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.spec.UserError;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RulesTest {
    private static final long GIB = 1L << 30;
    private static final Machine LAPTOP = new Machine(2, 8 * GIB, false);
    private static final Machine SERVER = new Machine(32, Long.MAX_VALUE, true);

    private static Pictures pictures(int count, int classes, int side, boolean isGrey) {
        return new Pictures(count, classes, side, isGrey, Collections.nCopies(3, 0.5), Collections.nCopies(3, 0.25));
    }

    /** The table of docs/init.md. */
    @ParameterizedTest
    @CsvSource({
        "28, false, 28, true",
        "12, false, 16, true",
        "60, true, 56, false",
        "64, false, 64, false",
        "100, false, 64, false",
        "100, true, 96, false",
        "300, false, 96, false",
        "300, true, 224, false"
    })
    void cropsFitPicturesAndMachine(int side, boolean hasGpu, int size, boolean isSmall) {
        Plan plan = Rules.choose(Technique.MOCO, pictures(5000, 10, side, false), hasGpu ? SERVER : LAPTOP);
        assertThat(plan.size()).isEqualTo(size);
        assertThat(plan.isSmall()).isEqualTo(isSmall);
    }

    @Test
    void imageNetOnAGpuIsMocoV2AsPublished() {
        Plan plan = Rules.choose(Technique.MOCO, pictures(1_281_167, 1000, 400, false), SERVER);
        assertThat(List.of(plan.size(), plan.depth(), plan.channels(), plan.batch(), plan.others(), plan.epochs()))
                .containsExactly(224, 50, 64, 256, 65_536, 200);
        assertThat(plan.workers()).isEqualTo(16);
    }

    @ParameterizedTest
    @EnumSource(Technique.class)
    void fewPicturesHaveSmallerQueuesAndBatchesThanThereAreOfThem(Technique technique) {
        for (int count : new int[] {16, 17, 40, 400, 4000, 40_000}) {
            Plan plan = Rules.choose(technique, pictures(count, 2, 200, false), LAPTOP);
            assertThat(plan.batch()).isLessThanOrEqualTo(count / 2).isGreaterThanOrEqualTo(8);
            assertThat(plan.others()).isLessThanOrEqualTo(count / 2);
            if (!technique.hasBank()) {
                assertThat(plan.others()).isGreaterThanOrEqualTo(technique.isInBatch() ? 1 : plan.batch());
            }
        }
    }

    @Test
    void whatCannotBeLearnedIsRefusedInASentence() {
        assertRefused(Technique.MOCO, pictures(12, 2, 200, false), "There are 12 pictures to learn from", "16");
        assertRefused(Technique.SUPCON, pictures(100, 0, 200, false), "--method supcon learns from classes");
        assertRefused(Technique.CMC, pictures(100, 2, 200, true), "these pictures are grey");
    }

    private static void assertRefused(Technique technique, Pictures pictures, String... words) {
        assertThatThrownBy(() -> Rules.choose(technique, pictures, LAPTOP))
                .isInstanceOfSatisfying(
                        UserError.class, error -> assertThat(error.exitCode()).isEqualTo(UserError.USAGE))
                .hasMessageContainingAll(words);
    }
}
