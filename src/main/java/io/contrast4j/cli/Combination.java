package io.contrast4j.cli;

import com.google.gson.JsonElement;
import io.contrast4j.config.ConfigFile;
import io.contrast4j.config.Fragment;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One run of a sweep. Its folder has, beside those of its tries, {@code run.conf}, which trains it, and {@code failure.txt},
 * which says why it failed, if it has.
 *
 * @param name of the run
 * @param settings what is special about it, by the columns of tables
 * @param file its configuration, without what it is called and where it goes
 * @param sweep the folder of the whole sweep
 */
record Combination(String name, Map<String, String> settings, ConfigFile file, Path sweep) {
    private static final String PLACE = "sweep";

    /** How far it is. */
    enum State {
        NEW,
        UNFINISHED,
        COMPLETE,
        FAILED,
        /** There is a run of its name that was made with another configuration. */
        CHANGED;

        String shown() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** @throws io.contrast4j.config.InvalidConfig if it is not valid, or files that it reads are not there */
    RunConfig config() {
        return complete().bind(RunConfig.class);
    }

    /** The same for a machine that need not have its files. */
    RunConfig configAnywhere() {
        return complete().bindWithoutFiles(RunConfig.class);
    }

    private ConfigFile complete() {
        return file.with(Map.of("name", Fragment.of(name, PLACE), "out", Fragment.of(sweep.toString(), PLACE)));
    }

    Path folder() {
        return sweep.resolve(name);
    }

    /** The file that {@code train} gets. */
    Path conf() {
        return folder().resolve("run.conf");
    }

    private Path failure() {
        return folder().resolve("failure.txt");
    }

    /** The folder of its run. */
    Optional<RunFolder> run() {
        return RunFolder.latest(folder()).filter(run -> Files.exists(run.runJson()));
    }

    State state() {
        if (!changes().isEmpty()) {
            return State.CHANGED;
        }
        String status =
                run().map(run -> run.recorded().get("status").getAsString()).orElse("");
        if (status.equals("complete")) {
            return State.COMPLETE;
        }
        if (status.equals("failed") || Files.exists(failure())) {
            return State.FAILED;
        }
        return RunFolder.latest(folder()).isPresent() ? State.UNFINISHED : State.NEW;
    }

    /** The keys in which the run that is there differs, but for what never matters for its weights. */
    Set<String> changes() {
        Optional<Path> there = RunFolder.latest(folder()).map(RunFolder::config).filter(Files::exists);
        return there.map(conf -> AllowedChanges.NONE.differing(
                        Flattened.of(text(conf)), Flattened.of(complete().render(RunConfig.class))))
                .orElse(Set.of());
    }

    /** Why it failed; empty if it has not. */
    String whyFailed() {
        if (Files.exists(failure())) {
            return text(failure()).strip();
        }
        return run().map(run -> run.recorded("results").get("message"))
                .map(JsonElement::getAsString)
                .orElse("");
    }

    /** Writes the file to be trained, and forgets that it has failed. */
    void prepare() {
        try {
            Files.createDirectories(folder());
            Files.writeString(conf(), complete().render(RunConfig.class));
            Files.deleteIfExists(failure());
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    folder() + " cannot be written to (" + Reasons.of(failed) + "); choose another one with out=DIR.",
                    failed);
        }
    }

    /** Remembers that it has failed. */
    void failed(String why) {
        try {
            Files.writeString(failure(), why + "\n");
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED, failure() + " cannot be written (" + Reasons.of(failed) + ").", failed);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    file + " cannot be read (" + Reasons.of(failed) + "); check the file and its permissions.",
                    failed);
        }
    }
}
