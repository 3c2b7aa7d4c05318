package io.contrast4j.cli;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.GpuFailure;
import io.contrast4j.tensor.OutOfMemory;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/** The program {@code contrast4j}. */
@Command(
        name = "contrast4j",
        description = "Contrastive representation learning on the JVM, over LibTorch.",
        mixinStandardHelpOptions = true,
        versionProvider = Versions.class,
        subcommands = {
            InitCommand.class,
            TrainCommand.class,
            SweepCommand.class,
            ReportCommand.class,
            RunCommand.class,
            RunsCommand.class,
            ConfigCommand.class,
            DataCommand.class,
            ModelCommand.class,
            CheckpointCommand.class,
            EvalCommand.class,
            EmbedCommand.class,
            NeighboursCommand.class,
            IndexCommand.class,
            BenchCommand.class,
            DoctorCommand.class,
            CommandLine.HelpCommand.class
        },
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            " 0:done",
            " 1:failed",
            " 2:wrong usage or configuration",
            "130:interrupted; train --resume goes on"
        },
        footerHeading = "%nFirst run:%n",
        footer = "  contrast4j train conf/quickstart.conf")
public final class Main implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Main.class);

    @CommandLine.Spec
    private CommandLine.Model.@org.jspecify.annotations.Nullable CommandSpec spec;

    private Main() {}

    /** Runs the command and exits with its code. */
    public static void main(String[] args) {
        int code = commandLine().execute(args);
        if (!Interrupt.inProgress()) {
            System.exit(code);
        }
        // Else the machine is on its way down with a code of its own, and waits for this thread to return: see
        // Interrupt.
    }

    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new Main());
        line.setUsageHelpWidth(100);
        line.setExecutionExceptionHandler((failure, command, parsed) -> {
            if (failure instanceof UserError error) {
                command.getErr().println(prefixed(error.getMessage()));
                return error.exitCode();
            }
            if (failure instanceof RuntimeException runtime && OutOfMemory.is(runtime)) {
                command.getErr().println(prefixed(OutOfMemory.error(runtime).getMessage()));
                return UserError.FAILED;
            }
            Optional<String> said = GpuFailure.said(failure);
            if (said.isPresent()) {
                LOG.info("a GPU has failed", failure);
                UserError error = GpuFailure.error(failure, "The GPU", said.get(), "");
                command.getErr().println(prefixed(error.getMessage()));
                return error.exitCode();
            }
            // A bug: its place matters more than a friendly sentence.
            failure.printStackTrace(command.getErr());
            return UserError.FAILED;
        });
        line.setParameterExceptionHandler((wrong, args) -> {
            wrong.getCommandLine().getErr().println(prefixed(wrong.getMessage()));
            CommandLine.UnmatchedArgumentException.printSuggestions(
                    wrong, wrong.getCommandLine().getErr());
            String name = wrong.getCommandLine().getCommandSpec().qualifiedName();
            wrong.getCommandLine().getErr().println("Try '" + name + " --help'.");
            return UserError.USAGE;
        });
        return line;
    }

    private static String prefixed(String message) {
        return "contrast4j: " + message.replace("\n", "\ncontrast4j: ");
    }

    @Override
    public void run() {
        throw new ParameterException(java.util.Objects.requireNonNull(spec).commandLine(), "Which command?");
    }
}
