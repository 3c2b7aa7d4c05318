package io.contrast4j.e2e;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.contrast4j.tensor.ChosenDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Starts contrast4j by {@code tools/gpu/rehearse}, on GPUs that are not there: LibTorch's natives for CUDA over a CUDA runtime
 * whose kernels compute nothing.
 */
final class Rehearsal {
    private static final Path SCRIPT = Launcher.HOME.resolve("tools/gpu/rehearse");

    private final Launcher launcher;
    private final Path log;
    private final Map<String, String> settings = new LinkedHashMap<>();

    /** Without natives for CUDA on the class path the test is skipped. */
    Rehearsal(Path folder) throws IOException {
        assumeTrue(ChosenDevice.isCudaBuild(), "LibTorch's natives for CUDA are not here: run this with -Pgpu");
        launcher = new Launcher(folder);
        log = Files.createTempFile(folder, "cuda", ".log");
    }

    /** @param setting what follows CUDA_REHEARSAL_: DEVICES, MIB and so on */
    Rehearsal with(String setting, Object value) {
        settings.put("CUDA_REHEARSAL_" + setting, value.toString());
        return this;
    }

    Launcher.Result run(String... arguments) {
        List<String> command = new ArrayList<>(List.of(SCRIPT.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder process = Launcher.quiet(new ProcessBuilder(command));
        process.environment().putAll(settings);
        process.environment().put("CUDA_REHEARSAL_LOG", log.toString());
        return launcher.run(process);
    }

    /** What the runtime was asked for, in order: copies, synchronisations, events, allocations. */
    List<String> calls() {
        return Launcher.read(log).lines().toList();
    }
}
