package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.config.ConfigFile;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunIdentityTest {
    private static String essential(String... overrides) {
        return RunIdentity.essential(ConfigFile.load(ConfFolder.installed().file("quickstart"), List.of(overrides))
                .render(RunConfig.class));
    }

    @Test
    void whatARunIsCalledAndWhatIsExpectedOfItDoesNotTellItFromOthers() {
        String expected = "expected={ top1 = 75.8, source = \"a {table}\" }";
        assertThat(essential(expected, "name=other"))
                .isEqualTo(essential())
                .doesNotContain("expected", "table", "name =");
        assertThat(essential("seed=2")).isNotEqualTo(essential());
        assertThat(AllowedChanges.ALWAYS).contains("name", "expected");
    }
}
