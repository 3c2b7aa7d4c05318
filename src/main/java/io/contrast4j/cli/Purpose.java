package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.spec.UserError;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;

/** What a configuration's file is for: one that is for another command is told so, and not of its keys one by one. */
final class Purpose {
    private static final Set<String> TRAINING = onlyOf(RunConfig.class, EvalConfig.class);
    private static final Set<String> EVALUATION = onlyOf(EvalConfig.class, RunConfig.class);

    private Purpose() {}

    private static Set<String> onlyOf(Class<? extends Record> one, Class<? extends Record> other) {
        Set<String> sections = new HashSet<>(ConfigFile.sections(one));
        sections.removeAll(ConfigFile.sections(other));
        return sections;
    }

    /** @throws UserError if the file is about a sweep or an evaluation; one that may be either is left to its keys */
    static void requireTraining(Path file) {
        Set<String> sections = ConfigFile.sections(file);
        refuseSweep(file, sections);
        if (isOnly(sections, EVALUATION, TRAINING)) {
            String command = Stream.of("knn", "retrieval")
                    .filter(sections::contains)
                    .findFirst()
                    .orElse("linear");
            throw new UserError(
                    UserError.USAGE,
                    file + " is the configuration of an evaluation, not of a training: `contrast4j eval " + command
                            + " " + file + " model.path=MODEL` starts it.");
        }
    }

    /** @throws UserError if the file is about a sweep or a training; one that may be either is left to its keys */
    static void requireEvaluation(Path file) {
        Set<String> sections = ConfigFile.sections(file);
        refuseSweep(file, sections);
        if (isOnly(sections, TRAINING, EVALUATION)) {
            throw new UserError(
                    UserError.USAGE,
                    file + " is the configuration of a training, not of an evaluation: `contrast4j train " + file
                            + "` starts it, and the folder of its run is what to evaluate.");
        }
    }

    private static void refuseSweep(Path file, Set<String> sections) {
        if (sections.contains(SweepConfig.SECTION)) {
            throw new UserError(
                    UserError.USAGE,
                    file + " is a sweep file, of several runs: `contrast4j sweep " + file
                            + "` trains them, and lists them" + " with --list.");
        }
    }

    private static boolean isOnly(Set<String> sections, Set<String> some, Set<String> others) {
        return sections.stream().anyMatch(some::contains) && sections.stream().noneMatch(others::contains);
    }
}
