package io.contrast4j.cli;

import io.contrast4j.tensor.ChosenDevice;
import io.contrast4j.tensor.Cuda;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Context;

/** What of a machine belongs to a run's identity beside this program: the GPU's driver and libraries. */
final class Drivers {
    private static final Path NVIDIA = Path.of("/proc/driver/nvidia/version");
    private static final Pattern VERSION = Pattern.compile("Kernel Module\\D*?(\\d+(\\.\\d+)+)");

    private Drivers() {}

    /** The version of NVIDIA's driver; nothing where there is none, or where the system does not tell. */
    static Optional<String> nvidia() {
        try {
            return Files.exists(NVIDIA) ? version(Files.readString(NVIDIA)) : Optional.empty();
        } catch (IOException unreadable) {
            return Optional.empty();
        }
    }

    /** {@code NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build …} → 580.65.06. */
    static Optional<String> version(String text) {
        for (String line : text.lines().toList()) {
            Matcher found = VERSION.matcher(line.replace("x86_64", "").replace("aarch64", ""));
            if (found.find()) {
                return Optional.of(found.group(1));
            }
        }
        return Optional.empty();
    }

    /** Versions by name, as far as a GPU is used; loads LibTorch. */
    static Map<String, String> all() {
        Map<String, String> versions = new LinkedHashMap<>();
        nvidia().ifPresent(version -> versions.put("NVIDIA driver", version));
        if (ChosenDevice.gpus() > 0) {
            Cuda.driver().ifPresent(version -> versions.put("driver's CUDA", version));
            versions.put("CUDA", Cuda.version(Context.versionCUDART()));
            if (Context.hasCuDNN()) {
                versions.put("cuDNN", cudnn(Context.versionRuntimeCuDNN()));
            }
        }
        return versions;
    }

    /** 91900 → 9.19.0. */
    static String cudnn(long version) {
        return version / 10_000 + "." + version / 100 % 100 + "." + version % 100;
    }
}
