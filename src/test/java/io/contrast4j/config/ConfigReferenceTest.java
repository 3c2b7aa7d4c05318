package io.contrast4j.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConfigReferenceTest {
    @Test
    void everyKeyIsInATable() throws IOException {
        String tables = ConfigReference.of(Example.class, Example.REFERENCE).markdown();
        assertThat(tables.substring(tables.indexOf("\n## "))).isEqualTo(RenderingTest.golden("example-reference.md"));
    }

    @Test
    void aCompleteReferenceHasNoGaps() {
        assertThat(ConfigReference.of(Example.class, Example.REFERENCE).gaps()).isEmpty();
    }

    @Test
    void gapsAreNamed() {
        assertThat(ConfigReference.of(Example.class, "config/gaps.conf").gaps())
                .contains(
                        "seed has no comment in config/gaps.conf",
                        "name is not in config/gaps.conf, where it would be name",
                        "optimizer.type is not in config/gaps.conf, where it would be optimizer.type",
                        "optimizer.momentum is not in config/gaps.conf,"
                                + " where it would be optimizer.momentum or variants.optimizer.sgd.momentum",
                        "data.views[].channels is not in config/gaps.conf,"
                                + " where it would be variants.data.views.channels",
                        "train.epoch is in config/gaps.conf, but no record has it",
                        "variants.optimizer.sgd.learning-rat is in config/gaps.conf, but no record has it")
                .noneMatch(gap -> gap.startsWith("data.root ") || gap.startsWith("train.epochs "));
    }

    @Test
    void aSubstitutionIsExplainedByItsOwnComment() {
        record Pair(int first, int second, int third) {}
        ConfigReference manual = ConfigReference.of(Pair.class, "config/pair.conf");
        assertThat(manual.gaps()).isEqualTo(List.of());
        assertThat(manual.markdown())
                .contains("| `first` | `1` | whole number | The first. |\n")
                .contains("| `second` | `1` | whole number | As the first. |\n")
                .contains("| `third` | `1` | whole number | The first. |\n");
    }
}
