package io.contrast4j.cli;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.ChosenDevice;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether this process was given GPUs, by the machine or by {@code docker run --gpus}, that a build of LibTorch without CUDA
 * cannot use. The kernel's list of drivers does not tell: a container sees it without having been given anything.
 */
final class GivenGpus {
    private static final Logger LOG = LoggerFactory.getLogger(GivenGpus.class);
    /** What the NVIDIA container toolkit takes for none. */
    private static final Set<String> NONE = Set.of("", "none", "void");

    private final Map<String, String> environment;

    /** @param environment the variables of the process */
    GivenGpus(Map<String, String> environment) {
        this.environment = environment;
    }

    boolean any() {
        if (!NONE.contains(environment.getOrDefault("NVIDIA_VISIBLE_DEVICES", ""))) {
            return true;
        }
        try (DirectoryStream<Path> found = Files.newDirectoryStream(Path.of("/dev"), "nvidia[0-9]*")) {
            return found.iterator().hasNext();
        } catch (IOException unreadable) {
            return false;
        }
    }

    /** What to do to compute on them. */
    String remedy() {
        return environment.containsKey("CONTRAST4J_IMAGE")
                ? "take the image that was built with VARIANT=gpu"
                : "set CONTRAST4J_MAVEN_ARGS=-Pgpu";
    }

    /**
     * Says in one sentence that GPUs were given in vain.
     *
     * @param name the device that was asked for: auto, cpu, cuda or cuda:N
     * @throws UserError if a GPU was asked for
     */
    void compare(String name) {
        if (name.equals("cpu") || ChosenDevice.isCudaBuild()) {
            return;
        }
        if (name.startsWith("cuda")) {
            throw new UserError(
                    UserError.USAGE,
                    "device = " + name + ": no GPU is usable here, as this is LibTorch's build for the CPU; "
                            + remedy()
                            + ", or use device=cpu.");
        }
        if (any()) {
            LOG.warn(
                    "a GPU is here, but this is LibTorch's build for the CPU, which cannot use it; to compute on it, {}",
                    remedy());
        }
    }
}
