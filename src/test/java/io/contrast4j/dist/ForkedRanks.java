package io.contrast4j.dist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Processes that are started as torchrun starts them, each with a program of the tests; those left are ended at the end. */
public final class ForkedRanks implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 600;

    private final Path folder;
    private final Rendezvous place = ThreadRanks.freePlace();
    private final List<Process> processes = new ArrayList<>();

    /** What one printed, and how it ended. */
    public record Ended(int exitCode, String printed) {}

    /** @param folder what they print goes there */
    public ForkedRanks(Path folder) {
        this.folder = folder;
    }

    /** Starts one of several, or, of a world of one, one that knows of no others. */
    public Process start(Class<?> program, int rank, int size, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Dorg.bytedeco.javacpp.maxBytes=0",
                "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                "-cp",
                System.getProperty("java.class.path"),
                program.getName()));
        command.addAll(Arrays.asList(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(out(processes.size()).toFile());
        if (size > 1) {
            builder.environment().put("RANK", "" + rank);
            builder.environment().put("WORLD_SIZE", "" + size);
            builder.environment().put("LOCAL_RANK", "" + rank);
            builder.environment().put("LOCAL_WORLD_SIZE", "" + size);
            builder.environment().put("MASTER_ADDR", place.host());
            builder.environment().put("MASTER_PORT", "" + place.port());
        }
        builder.environment().put("OMP_NUM_THREADS", "1");
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    /** Where the process of this number, counted from the first that was started, prints. */
    public Path out(int number) {
        return folder.resolve(number + ".out");
    }

    /** Waits for all, in the order in which they were started. */
    public List<Ended> await() throws IOException, InterruptedException {
        List<Ended> ended = new ArrayList<>();
        for (int i = 0; i < processes.size(); i++) {
            if (!processes.get(i).waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("process " + i + " does not end: " + Files.readString(out(i)));
            }
            ended.add(new Ended(processes.get(i).exitValue(), Files.readString(out(i))));
        }
        return ended;
    }

    @Override
    public void close() {
        processes.forEach(Process::destroyForcibly);
    }
}
