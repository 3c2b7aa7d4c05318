package io.contrast4j.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One run of a sweep, trained by a process of its own: whatever becomes of that, its memory is free afterwards, and the sweep
 * goes on. What it prints is printed; the last of what it says about errors is kept.
 */
final class SweepProcess {
    /** Between two looks whether the sweep is to stop. */
    private static final long LOOK_MILLIS = 100;

    /** What a process needs to end beside the time that it may take to save a checkpoint. */
    static final Duration MARGIN = Duration.ofSeconds(10);

    /** As much as is kept of what it says. */
    private static final int KEPT = 8192;

    private static final String COMPLAINT = "contrast4j: ";

    private final Process process;
    private final Duration grace;
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final Thread reader;

    private SweepProcess(Process process, Duration grace) {
        this.process = process;
        this.grace = grace;
        this.reader = new Thread(this::pass, "errors");
        reader.start();
    }

    /**
     * Starts it.
     *
     * @param conf what is trained, from where it was left if it was begun before
     * @param grace how long it may take to save its state when it is asked to end
     */
    static SweepProcess start(Path conf, Duration grace) throws IOException {
        return new SweepProcess(
                OwnProgram.with(List.of("train", conf.toString(), "--resume", "auto"))
                        .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                        .start(),
                grace);
    }

    private void pass() {
        try (InputStream in = process.getErrorStream()) {
            byte[] buffer = new byte[KEPT];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                // As it comes: a progress bar has no ends of lines.
                System.err.write(buffer, 0, read);
                System.err.flush();
                if (said.size() > KEPT) {
                    said.reset();
                }
                said.write(buffer, 0, read);
            }
        } catch (IOException ended) {
            // The process is gone, and its pipe with it.
        }
    }

    /**
     * Waits until it has ended. If this process is on its way down, it is asked to end, too.
     *
     * @return its exit code
     */
    int await() throws InterruptedException {
        while (!process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
            if (Interrupt.inProgress()) {
                // Not Process.destroy, which would close its output before it has said what it had to.
                process.toHandle().destroy();
                if (!process.waitFor(grace.plus(MARGIN).toMillis(), TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly().waitFor();
                }
            }
        }
        reader.join();
        return process.exitValue();
    }

    /** Why it failed, as far as it is known. */
    String reason() {
        String how = RankProcesses.how(process.exitValue());
        List<String> lines = said.toString(StandardCharsets.UTF_8)
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
        List<String> complaints =
                lines.stream().filter(line -> line.startsWith(COMPLAINT)).toList();
        if (!complaints.isEmpty()) {
            return complaints.get(0).substring(COMPLAINT.length());
        }
        return "it " + how + (lines.isEmpty() ? "" : "; the last it said: " + lines.get(lines.size() - 1));
    }
}
