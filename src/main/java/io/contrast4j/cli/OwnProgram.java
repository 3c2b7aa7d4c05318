package io.contrast4j.cli;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** This program once more, in a process of its own: with the same Java, flags and class path, and other arguments. */
final class OwnProgram {
    /** The process that has started this one; when that is gone, this one ends, too. */
    private static final String STARTER = "CONTRAST4J_LAUNCHER";

    private static final String TERMINAL = "-Dcontrast4j.terminal=";

    private static final String NOTHING = System.getProperty("os.name").startsWith("Windows") ? "NUL" : "/dev/null";

    private OwnProgram() {}

    /** To be started; it reads nothing. */
    static ProcessBuilder with(List<String> arguments) {
        return builder(arguments, true);
    }

    /** The same without progress bars. */
    static ProcessBuilder withoutTerminal(List<String> arguments) {
        return builder(arguments, false);
    }

    private static ProcessBuilder builder(List<String> arguments, boolean isOnTerminal) {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> isOnTerminal || !flag.startsWith(TERMINAL))
                .forEach(command::add);
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(Main.class.getName());
        command.addAll(arguments);
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectInput(ProcessBuilder.Redirect.from(new File(NOTHING)));
        builder.environment().put(STARTER, Long.toString(ProcessHandle.current().pid()));
        return builder;
    }

    /** Whether this process is one that this program has started. */
    static boolean isStartedByItself() {
        return System.getenv().containsKey(STARTER);
    }

    /** In such a process: ends it when the one that started it is gone without a word. */
    static void endWithStarter() {
        Optional.ofNullable(System.getenv(STARTER))
                .filter(pid -> pid.matches("\\d{1,18}"))
                .ifPresent(pid -> ProcessHandle.of(Long.parseLong(pid))
                        .map(ProcessHandle::onExit)
                        .orElse(CompletableFuture.completedFuture(null))
                        .thenRunAsync(() -> System.exit(Interrupt.INTERRUPTED)));
    }
}
