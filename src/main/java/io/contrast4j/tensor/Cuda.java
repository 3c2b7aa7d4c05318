package io.contrast4j.tensor;

import io.contrast4j.tensor.CudaRuntime.Answer;
import java.io.File;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;

/** CUDA as this process finds it: its GPUs, and what keeps LibTorch from using them. */
public final class Cuda {
    /** The linker's words for a library that is not there. */
    private static final Pattern NOT_FOUND = Pattern.compile("(lib[^/\\s]+): cannot open shared object file");

    private static final Obstacle NO_DRIVER = new Obstacle(
            "there is no NVIDIA driver here",
            "install the driver, 580 or later, and give a container its GPUs (docker run --gpus all)");

    private static final String LIBRARIES =
            "install CUDA 13, cuDNN 9 and NCCL 2, add their folders to LD_LIBRARY_PATH, or"
                    + " take the image that was built with VARIANT=gpu";

    private Cuda() {}

    /**
     * Why no GPU is usable.
     *
     * @param found what is wrong, in words that may stand behind "as"
     * @param remedy what to do about it
     */
    public record Obstacle(String found, String remedy) {
        @Override
        public String toString() {
            return found + "; " + remedy;
        }
    }

    /** Looked at once: neither the driver nor the number of its GPUs changes in the life of a process. */
    private static final class Found {
        static final Optional<Obstacle> OBSTACLE = find();

        private Found() {}
    }

    /** Asked before anything is computed: a GPU that has failed does not tell its name any more. */
    private static final class Described {
        static final List<Gpu> GPUS = described();

        private Described() {}
    }

    /** Whether the native libraries in use are those for CUDA, with or without a GPU. */
    public static boolean isBuild() {
        return Loader.loadProperties().getProperty("platform.extension", "").equals("-gpu");
    }

    /** What keeps LibTorch from using GPUs; empty where it has one at least. */
    public static Optional<Obstacle> obstacle() {
        return Found.OBSTACLE;
    }

    /** The GPUs that are usable here, in their order; empty where nothing is known of them beyond their number. */
    public static List<Gpu> gpus() {
        return Described.GPUS;
    }

    private static List<Gpu> described() {
        try {
            int count = obstacle().isPresent() ? 0 : torch.cuda_device_count();
            return IntStream.range(0, count).mapToObj(CudaRuntime::gpu).toList();
        } catch (LinkageError unknown) {
            return List.of();
        }
    }

    /** The version of CUDA that the driver is of, such as 13.1; empty where there is no driver, or in the build for the CPU. */
    public static Optional<String> driver() {
        try {
            int version = isBuild() ? CudaRuntime.answer().driver() : 0;
            return version > 0 ? Optional.of(version(version)) : Optional.empty();
        } catch (LinkageError unknown) {
            return Optional.empty();
        }
    }

    /** 13010 → 13.1. */
    public static String version(long number) {
        return number / 1000 + "." + number % 1000 / 10;
    }

    private static Optional<Obstacle> find() {
        if (!isBuild()) {
            return Optional.of(new Obstacle("this is LibTorch's build for the CPU", "take the one for CUDA"));
        }
        Optional<Obstacle> missing = missingLibrary();
        if (missing.isPresent()) {
            return missing;
        }
        try {
            // Before LibTorch asks, which would print a warning of its own.
            Answer answer = CudaRuntime.answer();
            String visible = System.getenv().getOrDefault("CUDA_VISIBLE_DEVICES", "not set");
            return answer.error() == 0 ? Optional.empty() : Optional.of(obstacle(answer, visible));
        } catch (LinkageError notLoaded) {
            return torch.cuda_is_available() ? Optional.empty() : Optional.of(unloaded(notLoaded));
        }
    }

    /** LibTorch computes on without its library for CUDA, as if it were the build for the CPU. */
    private static Optional<Obstacle> missingLibrary() {
        if (torch.getCUDAHooks().hasCUDART()) {
            return Optional.empty();
        }
        File folder = new File(Loader.load(torch.class)).getParentFile();
        try {
            System.load(new File(folder, System.mapLibraryName("torch_cuda")).getPath());
            return Optional.empty();
        } catch (LinkageError notLoaded) {
            return Optional.of(unloaded(notLoaded));
        }
    }

    /** @param notLoaded by LibTorch's library for CUDA or by the classes that ask CUDA's runtime, which need the driver's */
    static Obstacle unloaded(LinkageError notLoaded) {
        Throwable cause = notLoaded;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
        Matcher missing = NOT_FOUND.matcher(message);
        if (!missing.find()) {
            return new Obstacle("LibTorch's library for CUDA does not load (" + message + ")", LIBRARIES);
        }
        return missing.group(1).startsWith("libcuda.so")
                ? NO_DRIVER
                : new Obstacle(
                        "LibTorch's library for CUDA needs " + missing.group(1) + ", which is not found", LIBRARIES);
    }

    /** @param visible what CUDA_VISIBLE_DEVICES says */
    static Obstacle obstacle(Answer answer, String visible) {
        return switch (answer.error()) {
            case CudaRuntime.OLD_DRIVER ->
                answer.driver() == 0
                        ? NO_DRIVER
                        : new Obstacle(
                                String.format(
                                        Locale.ROOT,
                                        "the NVIDIA driver is of CUDA %s, and this build of LibTorch needs one of CUDA %d",
                                        version(answer.driver()),
                                        answer.runtime() / 1000),
                                "install the driver 580 or later");
            case CudaRuntime.NO_DEVICE ->
                new Obstacle(
                        "the NVIDIA driver shows no GPU (CUDA_VISIBLE_DEVICES is " + visible + ")",
                        "look at nvidia-smi and CUDA_VISIBLE_DEVICES, and give a container its GPUs (docker run --gpus all)");
            default ->
                new Obstacle(
                        "CUDA does not start: " + answer.message() + " (error " + answer.error() + ")",
                        "look at nvidia-smi and at the kernel's messages (dmesg)");
        };
    }
}
