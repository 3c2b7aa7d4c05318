package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RankProcessesTest {
    @Test
    void whoStopsInOrderIsNotSaidToHaveBeenKilled() {
        assertThat(RankProcesses.how(130)).isEqualTo("was interrupted (exit code 130)");
        assertThat(RankProcesses.how(143)).isEqualTo("was interrupted (exit code 143)");
        assertThat(RankProcesses.how(137)).isEqualTo("was ended by signal 9");
        assertThat(RankProcesses.how(1)).isEqualTo("failed with exit code 1");
    }
}
