package io.contrast4j.cli;

import com.sun.management.UnixOperatingSystemMXBean;
import io.contrast4j.tensor.Cuda;
import io.contrast4j.tensor.Gpu;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch_nccl;

/** Looks at everything that contrast4j needs of a machine, and says what to do where something is missing. */
final class Doctor {
    private static final long GIB = 1L << 30;
    private static final long LEAST_MEMORY = 2 * GIB;
    private static final long LEAST_DISK = 2 * GIB;
    /** What LibTorch and OpenCV take when they are unpacked. */
    private static final long UNPACKED = GIB;

    private static final long LEAST_FILES = 1024;
    private static final List<String> NATIVES = List.of("javacpp", "openblas", "opencv", "pytorch");

    /** One library of each of them, where they are files. */
    private static final List<String> LIBRARIES = List.of(
            "libjnijavacpp.so", "libopenblas.so.0", "libjniopencv_core.so", "libjnitorch.so", "libtorch_cpu.so");

    private final Map<String, String> environment;
    private final List<String> classPath;
    private final Optional<Path> natives;

    /**
     * @param environment the variables of the process
     * @param natives {@link Natives#folder()}
     */
    Doctor(Map<String, String> environment, List<String> classPath, Optional<Path> natives) {
        this.environment = Map.copyOf(environment);
        this.natives = natives;
        this.classPath = classPath.stream()
                .map(entry -> Path.of(entry).getFileName())
                .filter(Objects::nonNull)
                .map(Path::toString)
                .toList();
    }

    /** One finding for each thing, in the order in which they depend on each other. */
    List<Finding> examine() {
        List<Finding> findings = new ArrayList<>();
        findings.add(platform());
        findings.add(Finding.ok(
                "java",
                Runtime.version() + ", " + System.getProperty("java.vm.name") + ", "
                        + System.getProperty("java.home")));
        findings.add(cache());
        findings.add(natives());
        Finding torch = libTorch();
        findings.add(torch);
        findings.add(openCv());
        if (torch.level() == Finding.Level.OK) {
            findings.add(gpu());
            findings.add(nccl());
        }
        findings.add(threads());
        findings.add(memory());
        findings.add(disk());
        findings.add(files());
        return findings;
    }

    private static Finding platform() {
        String name = Loader.getPlatform();
        String system = System.getProperty("os.name") + " " + System.getProperty("os.version");
        String found = name + " (" + system + ")";
        if (name.startsWith("linux-x86_64")) {
            return Finding.ok("platform", found);
        }
        return name.startsWith("macosx-arm64") || name.startsWith("windows-x86_64")
                ? Finding.warning("platform", found, "this platform has natives but is not tested; expect surprises.")
                : Finding.problem("platform", found, "use Linux x86-64, macOS arm64 or Windows x86-64.");
    }

    private Finding cache() {
        if (natives.isPresent()) {
            return Finding.ok("cache", "not needed, as the natives are unpacked already");
        }
        try {
            File folder = Loader.getCacheDir();
            if (folder == null) {
                throw new IOException("no folder can be written to");
            }
            if (!Files.isWritable(folder.toPath())) {
                throw new IOException(folder + " cannot be written to");
            }
            long room = Files.getFileStore(folder.toPath()).getUsableSpace();
            String found = folder + ", " + ThisMachine.gib(room) + " free";
            String wanted = System.getProperty("org.bytedeco.javacpp.cachedir", "");
            if (!wanted.isEmpty()
                    && !Path.of(wanted).toAbsolutePath().equals(folder.toPath().toAbsolutePath())) {
                return Finding.warning(
                        "cache",
                        found + ", as " + wanted + " cannot be used",
                        "name a folder that can be written to with -Dorg.bytedeco.javacpp.cachedir=DIR.");
            }
            return room < UNPACKED && !Natives.unpacked()
                    ? Finding.problem(
                            "cache",
                            found,
                            "unpacking the natives takes " + ThisMachine.gib(UNPACKED) + ": free some space, or set"
                                    + " CONTRAST4J_JAVA_ARGS=-Dorg.bytedeco.javacpp.cachedir=DIR.")
                    : Finding.ok("cache", found);
        } catch (IOException failed) {
            return Finding.problem(
                    "cache",
                    "the natives cannot be unpacked: " + failed.getMessage(),
                    "make the folder writable, or set CONTRAST4J_JAVA_ARGS=-Dorg.bytedeco.javacpp.cachedir=DIR.");
        }
    }

    private Finding natives() {
        String platform = Loader.getPlatform().replace("-gpu", "");
        List<String> missing = new ArrayList<>();
        if (natives.isPresent()) {
            Path folder = natives.orElseThrow();
            LIBRARIES.stream()
                    .filter(library -> !Files.exists(folder.resolve(library)))
                    .forEach(missing::add);
            return missing.isEmpty()
                    ? Finding.ok("natives", folder + ", for " + (hasGpuNatives() ? "CUDA" : "the CPU"))
                    : Finding.problem(
                            "natives",
                            "not in " + folder + ": " + String.join(", ", missing),
                            "the image or package is not complete: make it again.");
        }
        for (String artifact : NATIVES) {
            if (classPath.stream().noneMatch(jar -> jar.startsWith(artifact + "-") && jar.contains(platform))) {
                missing.add(artifact);
            }
        }
        return missing.isEmpty()
                ? Finding.ok("natives", "of " + platform + " for " + (hasGpuNatives() ? "CUDA" : "the CPU"))
                : Finding.problem(
                        "natives",
                        "not on the class path for " + platform + ": " + String.join(", ", missing),
                        "build on this machine, or with -Djavacpp.platform=" + platform + ".");
    }

    private boolean hasGpuNatives() {
        return natives.isPresent()
                ? Files.exists(natives.orElseThrow().resolve("libtorch_cuda.so"))
                : classPath.stream().anyMatch(jar -> jar.startsWith("pytorch-") && jar.endsWith("-gpu.jar"));
    }

    private Finding libTorch() {
        try {
            long start = System.nanoTime();
            Loader.load(torch.class);
            double seconds = (System.nanoTime() - start) / 1e9;
            try (Scope scope = Scope.open()) {
                Tensor rows = Tensors.of(new float[] {1, 2, 3, 4}, 2, 2);
                double sum = Tensors.scalar(rows.matmul(rows).sum());
                if (sum != 54) {
                    return Finding.problem(
                            "libtorch", "a product of matrices is wrong", "unpack it again: remove the cache folder.");
                }
            }
            return Finding.ok(
                    "libtorch",
                    Versions.all().get("pytorch")
                            + String.format(Locale.ROOT, ", loaded in %.1f s, computes", seconds));
        } catch (LinkageError | RuntimeException broken) {
            return Finding.problem("libtorch", "does not load: " + reason(broken), remedy());
        }
    }

    private String remedy() {
        return hasGpuNatives()
                ? "the CUDA build needs CUDA 13, cuDNN 9 and NCCL 2 of the machine and glibc 2.35: use an image with"
                        + " them, add their folders to LD_LIBRARY_PATH, or use the CPU build."
                : "look at the library it names; if the cache folder was copied or cut off, remove it.";
    }

    private static Finding openCv() {
        try {
            Loader.load(opencv_core.class);
            Loader.load(opencv_imgproc.class);
            Loader.load(opencv_imgcodecs.class);
            return Finding.ok("opencv", Versions.all().get("opencv") + ", loaded");
        } catch (LinkageError | RuntimeException broken) {
            return Finding.problem(
                    "opencv",
                    "does not load: " + reason(broken),
                    "look at the library it names; if the cache folder was copied or cut off, remove it.");
        }
    }

    /** The innermost cause names the library that is missing. */
    private static String reason(Throwable broken) {
        Throwable cause = broken;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage()).lines().findFirst().orElse("") + " ("
                + cause.getClass().getSimpleName() + ")";
    }

    private Finding gpu() {
        Optional<String> driver = Drivers.nvidia();
        String drivers = driver.map(version -> "NVIDIA driver " + version).orElse("no NVIDIA driver");
        if (!hasGpuNatives()) {
            boolean isGiven = new GivenGpus(environment).any();
            return driver.isEmpty() && !isGiven
                    ? Finding.ok("gpu", "none: " + drivers)
                    : Finding.warning(
                            "gpu",
                            (isGiven
                                            ? "a GPU is here"
                                                    + driver.map(version -> ", NVIDIA driver " + version)
                                                            .orElse("")
                                            : drivers)
                                    + ", but the CPU build of LibTorch",
                            "to compute on the GPU, " + new GivenGpus(environment).remedy() + ".");
        }
        Optional<Cuda.Obstacle> obstacle = Cuda.obstacle();
        if (obstacle.isPresent()) {
            String found = obstacle.get().found();
            return Finding.warning(
                    "gpu",
                    "none is usable, as " + found
                            + driver.map(version -> " (NVIDIA driver " + version + ")")
                                    .orElse(""),
                    obstacle.get().remedy() + ".");
        }
        List<Gpu> gpus = Cuda.gpus();
        String found =
                (gpus.isEmpty() ? "cuda:0" : gpus.stream().map(Gpu::toString).collect(Collectors.joining("; "))) + "; "
                        + Drivers.all().entrySet().stream()
                                .map(one -> one.getKey() + " " + one.getValue())
                                .collect(Collectors.joining(", "));
        List<String> unfit = gpus.stream().flatMap(gpu -> gpu.unfit().stream()).toList();
        return unfit.isEmpty()
                ? Finding.ok("gpu", found)
                : Finding.warning("gpu", found, String.join("; ", unfit) + ": take another GPU.");
    }

    private Finding nccl() {
        if (!hasGpuNatives()) {
            return Finding.ok("nccl", "not needed by the CPU build");
        }
        try {
            Loader.load(torch_nccl.class);
            return Finding.ok("nccl", "loaded");
        } catch (LinkageError | RuntimeException broken) {
            return Finding.warning(
                    "nccl",
                    "does not load: " + reason(broken),
                    "several GPUs cannot work together without it: install libnccl2 for CUDA 13.");
        }
    }

    private Finding threads() {
        int cores = ThisMachine.cores();
        String blas = environment.getOrDefault("OPENBLAS_NUM_THREADS", "");
        String openMp = environment.getOrDefault("OMP_NUM_THREADS", "");
        String found = cores + (cores == 1 ? " core" : " cores") + ", OPENBLAS_NUM_THREADS "
                + (blas.isEmpty() ? "not set" : blas) + ", OMP_NUM_THREADS " + (openMp.isEmpty() ? "not set" : openMp);
        if (!blas.equals("1")) {
            return Finding.warning(
                    "threads",
                    found,
                    "set OPENBLAS_NUM_THREADS=1: its threads and those of OpenMP wait for each other, and a step takes"
                            + " twice as long.");
        }
        if (openMp.matches("\\d{1,6}") && Integer.parseInt(openMp) > cores) {
            return Finding.warning("threads", found, "set OMP_NUM_THREADS to " + cores + " or leave it out.");
        }
        return Finding.ok("threads", found);
    }

    private static Finding memory() {
        long whole = ThisMachine.memory();
        String found = ThisMachine.gib(whole) + ", of which " + ThisMachine.gib(ThisMachine.unused())
                + " are unused; Java's heap takes "
                + ThisMachine.gib(Runtime.getRuntime().maxMemory()) + " at most";
        return whole < LEAST_MEMORY
                ? Finding.warning(
                        "memory",
                        found,
                        "only small networks fit: give the machine or container " + ThisMachine.gib(LEAST_MEMORY)
                                + " or more.")
                : Finding.ok("memory", found);
    }

    private static Finding disk() {
        // Where runs go; in an image that is a volume below a folder that cannot be written to.
        Path runs = Path.of("runs").toAbsolutePath();
        Path here = Files.isDirectory(runs) ? runs : Path.of("").toAbsolutePath();
        try {
            FileStore store = Files.getFileStore(here);
            String found = ThisMachine.gib(store.getUsableSpace()) + " free in " + here;
            if (!Files.isWritable(here)) {
                return Finding.warning(
                        "disk", here + " cannot be written to", "runs go there: choose another folder with out=DIR.");
            }
            return store.getUsableSpace() < LEAST_DISK
                    ? Finding.warning("disk", found, "free some space, or choose another folder with out=DIR.")
                    : Finding.ok("disk", found);
        } catch (IOException failed) {
            return Finding.warning("disk", here + ": " + failed.getMessage(), "choose another folder with out=DIR.");
        }
    }

    private static Finding files() {
        if (!(ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix)) {
            return Finding.ok("files", "the system sets no limit on open files");
        }
        long most = unix.getMaxFileDescriptorCount();
        String found = "at most " + most + " open at once, " + unix.getOpenFileDescriptorCount() + " now";
        return most < LEAST_FILES
                ? Finding.warning("files", found, "raise the limit: ulimit -n 4096.")
                : Finding.ok("files", found);
    }
}
