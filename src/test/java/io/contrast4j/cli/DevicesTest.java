package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.contrast4j.dist.World;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.ChosenDevice;
import io.contrast4j.tensor.Tensors;
import java.util.Map;
import org.bytedeco.pytorch.Device;
import org.junit.jupiter.api.Test;

class DevicesTest {
    @Test
    void processesOfOneHostNeverShareTheOnlyGpuThatAllSee() {
        World second = new World(1, 2, 1, 2);
        Map<String, String> slurms = Map.of("CUDA_VISIBLE_DEVICES", "0", "SLURM_LOCALID", "1");
        assertThat(Devices.number("auto", second, 1, slurms)).isZero();
        assertThat(Devices.number("auto", second, 2, slurms)).isEqualTo(1);
        Map<String, String> torchruns = Map.of("CUDA_VISIBLE_DEVICES", "0", "LOCAL_RANK", "1");
        assertThat(Devices.number("cuda", second, 2, torchruns)).isEqualTo(1);
        assertThatThrownBy(() -> Devices.number("cuda", second, 1, torchruns))
                .isInstanceOf(UserError.class)
                .hasMessage(
                        "device = cuda: there is 1 GPU here, and this is process 1 of 2 of this host, counted from 0;"
                                + " start as many as there are GPUs, or use device=cpu, or device=cuda:0 where each process sees"
                                + " a GPU of its own.");
    }

    @Test
    void theBuildForTheCpuRefusesGpusAndSaysWhatToTakeInstead() {
        assumeFalse(ChosenDevice.isCudaBuild(), "this is the build for CUDA");
        assertThatThrownBy(() -> new GivenGpus(Map.of()).compare("cuda:1"))
                .isInstanceOf(UserError.class)
                .hasMessage("device = cuda:1: no GPU is usable here, as this is LibTorch's build for the CPU; set"
                        + " CONTRAST4J_MAVEN_ARGS=-Pgpu, or use device=cpu.");
        assertThatThrownBy(() -> new GivenGpus(Map.of("CONTRAST4J_IMAGE", "cpu")).compare("cuda"))
                .hasMessageContaining("take the image that was built with VARIANT=gpu, or use device=cpu");
        assertThat(new GivenGpus(Map.of("NVIDIA_VISIBLE_DEVICES", "0,1")).any()).isTrue();
        new GivenGpus(Map.of()).compare("cpu");
    }

    @Test
    void replicasOnACpuShareIt() {
        try (Device cpu = Tensors.device("cpu")) {
            assertThat(Devices.replicas(cpu, 3)).containsExactly(cpu, cpu, cpu);
        }
    }
}
