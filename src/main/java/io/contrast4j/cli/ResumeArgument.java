package io.contrast4j.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Stack;
import picocli.CommandLine.IParameterConsumer;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;

/**
 * What follows {@code --resume}, if anything does: the next argument, unless it is an option, an override or a
 * configuration.
 */
final class ResumeArgument implements IParameterConsumer {
    @Override
    public void consumeParameters(Stack<String> arguments, ArgSpec option, CommandSpec command) {
        boolean isGiven = !arguments.isEmpty() && isPlace(arguments.peek());
        option.setValue(isGiven ? arguments.pop() : "auto");
    }

    private static boolean isPlace(String argument) {
        boolean isOverride = argument.contains("=") && !Files.exists(Path.of(argument));
        return !argument.startsWith("-") && !argument.endsWith(".conf") && !isOverride;
    }
}
