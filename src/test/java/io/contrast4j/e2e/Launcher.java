package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.cli.Said;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/** Starts the launcher in a folder. What it prints goes to files beside that folder's own. */
final class Launcher {
    /** The project's folder. */
    static final Path HOME = Path.of(System.getProperty("contrast4j.home", ".")).toAbsolutePath();

    static final Path SCRIPT = HOME.resolve("tools/contrast4j");
    private static final long PATIENCE_SECONDS = 900;

    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final Path folder;

    /** @param folder the current directory of the processes */
    Launcher(Path folder) {
        this.folder = folder;
    }

    /** A configuration among the test resources. */
    static Path conf(String name) {
        try {
            return Path.of(Objects.requireNonNull(Launcher.class.getResource("/e2e/" + name), name)
                    .toURI());
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /**
     * Small steps on one thread: threads that wait for each other would make them many times slower on a machine that has
     * other work. Likewise, a run of a second is over before code that was optimised for it pays off.
     */
    static ProcessBuilder quiet(ProcessBuilder process) {
        process.environment().put("OMP_NUM_THREADS", "1");
        process.environment().put("CONTRAST4J_JAVA_ARGS", "-XX:TieredStopAtLevel=1");
        process.environment().remove("JAVA_TOOL_OPTIONS");
        // Those of the last build by the launcher, so that it takes this one's classes as they are.
        Path built = HOME.resolve("target/maven-args");
        process.environment().put("CONTRAST4J_MAVEN_ARGS", Files.exists(built) ? read(built) : "");
        return process;
    }

    Result run(String... arguments) {
        return start(arguments).await();
    }

    /** What a command says without the launcher, in this process, which saves the second that a start takes. */
    static Result here(String... arguments) {
        Said said = Said.by(arguments);
        return new Result(said.code(), said.out(), said.err());
    }

    Started start(String... arguments) {
        List<String> command = new ArrayList<>(withInterrupts());
        command.add(SCRIPT.toString());
        command.addAll(List.of(arguments));
        return start(quiet(new ProcessBuilder(command)));
    }

    Result run(ProcessBuilder process) {
        return start(process).await();
    }

    Started start(ProcessBuilder process) {
        try {
            Path printed = Files.createDirectories(folder.resolve("printed"));
            int number = NUMBER.incrementAndGet();
            Path out = printed.resolve(number + ".out");
            Path err = printed.resolve(number + ".err");
            return new Started(
                    process.directory(folder.toFile())
                            .redirectOutput(out.toFile())
                            .redirectError(err.toFile())
                            .start(),
                    out,
                    err);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A build that was started in the background may ignore Ctrl-C, and hands that down to what it starts. */
    private static List<String> withInterrupts() {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return List.of();
        }
        String ignored = read(status)
                .lines()
                .filter(line -> line.startsWith("SigIgn:"))
                .findFirst()
                .orElse("SigIgn: 0");
        boolean interrupt = (Long.parseUnsignedLong(ignored.substring(7).trim(), 16) & 2) != 0;
        return interrupt ? List.of("env", "--default-signal=INT") : List.of();
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A process under way. */
    record Started(Process process, Path out, Path err) {
        Result await() {
            try {
                if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new AssertionError("still running after " + PATIENCE_SECONDS + " s: " + printed());
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                throw new IllegalStateException(e);
            }
            Result result = new Result(process.exitValue(), read(out), read(err));
            assertThat(result.err())
                    .as("the classes are newer than the sources, so that nothing is to be built")
                    .doesNotContain("building");
            return result;
        }

        /** Waits until something has happened, or the process has ended. Returns whether it runs still. */
        boolean until(BooleanSupplier happened) {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
            while (process.isAlive() && !happened.getAsBoolean()) {
                if (System.nanoTime() > end) {
                    process.destroyForcibly();
                    throw new AssertionError("nothing happened in " + PATIENCE_SECONDS + " s: " + printed());
                }
                pause();
            }
            return process.isAlive();
        }

        /** Short beside a step, long beside a look: who waits for hundreds of processes must not take their core. */
        private static void pause() {
            try {
                TimeUnit.MILLISECONDS.sleep(2);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        Result kill() {
            process.destroyForcibly();
            return await();
        }

        /** @param name INT or TERM */
        Result signal(String name) {
            try {
                new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                        .start()
                        .waitFor();
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return await();
        }

        private String printed() {
            return read(out) + read(err);
        }
    }

    /** What a process left: its exit code and what it printed. */
    record Result(int exitCode, String out, String err) {
        Result succeeded() {
            assertThat(exitCode).as(() -> out + err).isZero();
            return this;
        }

        /** It ended with this code and sentences, not with a stack trace. */
        Result failed(int code, String... parts) {
            assertThat(exitCode).as(() -> out + err).isEqualTo(code);
            assertThat(err).contains(parts).doesNotContain("\tat ", "Exception");
            return this;
        }

        /** The lines that say what is wrong. */
        List<String> complaints() {
            return err.lines().filter(line -> line.startsWith("contrast4j: ")).toList();
        }
    }
}
