package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.dist.World;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Tensors;
import org.bytedeco.pytorch.Device;
import org.junit.jupiter.api.Test;

class DevicesTest {
    @Test
    void replicasAreForOneProcess() {
        try (Device cpu = Tensors.device("cpu")) {
            assertThat(Devices.replicas(cpu, World.ALONE, 3)).containsExactly(cpu, cpu, cpu);
            World two = new World(1, 2, 1, 2);
            assertThat(Devices.replicas(cpu, two, 1)).containsExactly(cpu);
            assertThatThrownBy(() -> Devices.replicas(cpu, two, 3))
                    .isInstanceOf(UserError.class)
                    .hasMessage(
                            "data-parallel.replicas = 3 is for one process, and there are 2, each with a device of its"
                                    + " own; set data-parallel.replicas=1.");
        }
    }
}
