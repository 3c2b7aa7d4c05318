package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code tools/launch/near-gpu} on a host that was made up: four GPUs, two at each of two nodes, and a fifth at none. */
class NearGpuTest {
    private static final List<String> NODES = List.of("0", "0", "1", "1", "-1");

    @TempDir
    Path host;

    @BeforeEach
    void makeHost() throws IOException {
        for (int gpu = 0; gpu < NODES.size(); gpu++) {
            Path device = host.resolve("sys/bus/pci/devices/0000:" + gpu + "b:00.0");
            Files.createDirectories(device);
            Files.writeString(device.resolve("numa_node"), NODES.get(gpu) + "\n");
        }
        program("nvidia-smi", "gpu=${3#--id=}; [ \"$gpu\" -lt 6 ] && echo \"00000000:${gpu}B:00.0\"");
        program("numactl", "case $3 in true) ;; *) echo \"$1 $2\"; shift 2; \"$@\" ;; esac");
    }

    private void program(String name, String text) throws IOException {
        Path file = host.resolve("bin").resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/bash\n" + text + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private String started(Map<String, String> environment) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                        Launcher.HOME.resolve("tools/launch/near-gpu").toString(), "echo", "started", "as told")
                .redirectErrorStream(true);
        builder.environment().keySet().removeAll(List.of("LOCAL_RANK", "SLURM_LOCALID", "CUDA_VISIBLE_DEVICES"));
        builder.environment().put("SYSFS", host.resolve("sys").toString());
        builder.environment().put("PATH", host.resolve("bin") + ":" + System.getenv("PATH"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    private static String at(int node) {
        return "--cpunodebind=" + node + " --membind=" + node + "\nstarted as told\n";
    }

    @Test
    void aProcessIsStartedAtTheNodeOfItsGpu() throws IOException, InterruptedException {
        assertThat(started(Map.of())).isEqualTo(at(0));
        assertThat(started(Map.of("LOCAL_RANK", "1"))).isEqualTo(at(0));
        assertThat(started(Map.of("LOCAL_RANK", "2", "SLURM_LOCALID", "0"))).isEqualTo(at(1));
        assertThat(started(Map.of("SLURM_LOCALID", "3"))).isEqualTo(at(1));
    }

    @Test
    void gpusAreThoseThatAreVisible() throws IOException, InterruptedException {
        assertThat(started(Map.of("LOCAL_RANK", "1", "CUDA_VISIBLE_DEVICES", "3,0")))
                .isEqualTo(at(0));
        assertThat(started(Map.of("LOCAL_RANK", "0", "CUDA_VISIBLE_DEVICES", "3,0")))
                .isEqualTo(at(1));
        assertThat(started(Map.of("LOCAL_RANK", "1", "CUDA_VISIBLE_DEVICES", "2")))
                .isEqualTo(at(1));
    }

    /** What is started here instead of a training says by what, and ends. */
    @Test
    void eachProcessOfAHostIsStartedByAProgram() throws IOException {
        program("prefix", "echo \"$LOCAL_RANK of $LOCAL_WORLD_SIZE starts ${1##*/}\"");
        assertThat(prefixed("prefix").succeeded().out().lines())
                .containsExactlyInAnyOrder("[rank 0] 0 of 2 starts java", "[rank 1] 1 of 2 starts java");
        prefixed("none").failed(1, "Cannot start 2 processes", "/bin/none", "or set another CONTRAST4J_RANK_PREFIX.");
    }

    private Launcher.Result prefixed(String program) {
        ProcessBuilder process = Launcher.quiet(new ProcessBuilder(
                Launcher.SCRIPT.toString(), "train", Launcher.conf("tiny.conf").toString(), "--nproc-per-node", "2"));
        process.environment()
                .put(
                        "CONTRAST4J_RANK_PREFIX",
                        host.resolve("bin").resolve(program).toString());
        return new Launcher(host).run(process);
    }

    @Test
    void whatIsNotKnownKeepsNothingFromStarting() throws IOException, InterruptedException {
        assertThat(started(Map.of("LOCAL_RANK", "4")))
                .isEqualTo("near-gpu: this host has one node; starting anywhere\nstarted as told\n");
        assertThat(started(Map.of("LOCAL_RANK", "5")))
                .isEqualTo(
                        "near-gpu: the kernel does not know the device 0000:5b:00.0; starting anywhere\nstarted as told\n");
        assertThat(started(Map.of("LOCAL_RANK", "6")))
                .isEqualTo("near-gpu: nvidia-smi does not know GPU 6; starting anywhere\nstarted as told\n");
        program("numactl", "exit 1");
        assertThat(started(Map.of("LOCAL_RANK", "2")))
                .isEqualTo(
                        "near-gpu: numactl is not there, or node 1 may not be used; starting anywhere\nstarted as told\n");
    }
}
