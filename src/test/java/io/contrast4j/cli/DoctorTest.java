package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.contrast4j.cli.Finding.Level;
import io.contrast4j.tensor.ChosenDevice;
import io.contrast4j.tensor.Cuda;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorTest {
    private static final List<String> CLASS_PATH =
            List.of(System.getProperty("java.class.path").split(File.pathSeparator));

    private static Finding about(String topic, Map<String, String> environment, List<String> classPath) {
        return new Doctor(environment, classPath, Optional.empty())
                .examine().stream()
                        .filter(finding -> finding.topic().equals(topic))
                        .findFirst()
                        .orElseThrow();
    }

    @Test
    void threadsThatWaitForEachOtherAreAWarningWithARemedy() {
        assertThat(about("threads", Map.of("OPENBLAS_NUM_THREADS", "1"), CLASS_PATH)
                        .level())
                .isEqualTo(Level.OK);
        assertThat(about("threads", Map.of(), CLASS_PATH))
                .satisfies(finding -> assertThat(finding.level()).isEqualTo(Level.WARNING))
                .satisfies(finding -> assertThat(finding.remedy()).contains("OPENBLAS_NUM_THREADS=1"));
        assertThat(about("threads", Map.of("OPENBLAS_NUM_THREADS", "1", "OMP_NUM_THREADS", "4096"), CLASS_PATH)
                        .remedy())
                .contains("OMP_NUM_THREADS");
    }

    @Test
    void nativesThatAreNotThereAreAProblem() {
        Finding finding = about("natives", Map.of(), List.of("/x/pytorch-2.jar", "/x/opencv-4-linux-x86_64.jar"));
        assertThat(finding.level()).isEqualTo(Level.PROBLEM);
        assertThat(finding.found()).contains("javacpp", "openblas", "pytorch").doesNotContain("opencv");
        assertThat(about("natives", Map.of(), CLASS_PATH).level()).isEqualTo(Level.OK);
    }

    @Test
    void nativesOfAnImageAreLookedForInTheirFolder(@TempDir Path folder) throws IOException {
        Files.createFile(folder.resolve("libjnitorch.so"));
        List<Finding> findings = new Doctor(Map.of(), List.of(), Optional.of(folder)).examine();
        assertThat(findings)
                .filteredOn(finding -> finding.topic().equals("natives"))
                .singleElement()
                .satisfies(finding -> assertThat(finding.level()).isEqualTo(Level.PROBLEM))
                .satisfies(finding -> assertThat(finding.found())
                        .contains(folder.toString(), "libtorch_cpu.so")
                        .doesNotContain("libjnitorch.so"));
        assertThat(findings)
                .filteredOn(finding -> finding.topic().equals("cache"))
                .singleElement()
                .satisfies(finding -> assertThat(finding.level()).isEqualTo(Level.OK));
    }

    @Test
    void gpusThatTheBuildForTheCpuWasGivenAreAWarning() {
        assumeFalse(ChosenDevice.isCudaBuild(), "this is the build for CUDA");
        Map<String, String> given = Map.of("NVIDIA_VISIBLE_DEVICES", "all", "CONTRAST4J_IMAGE", "cpu");
        Finding finding = about("gpu", given, CLASS_PATH);
        assertThat(finding.level()).isEqualTo(Level.WARNING);
        assertThat(finding.found()).startsWith("a GPU is here");
        assertThat(finding.remedy()).contains("VARIANT=gpu");
    }

    @Test
    void theDriversVersionIsReadFromWhatTheKernelSays() {
        assertThat(Drivers.version(
                        "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC"))
                .contains("535.183.01");
        assertThat(Drivers.version("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build"))
                .contains("580.65.06");
        assertThat(Drivers.version("something else 1.2.3")).isEmpty();
    }

    @Test
    void versionsAreWrittenAsPeopleDo() {
        assertThat(Cuda.version(13010)).isEqualTo("13.1");
        assertThat(Cuda.version(12080)).isEqualTo("12.8");
        assertThat(Drivers.cudnn(91_900)).isEqualTo("9.19.0");
    }
}
