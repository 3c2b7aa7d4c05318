package io.contrast4j.cli;

import io.contrast4j.checkpoint.CheckpointStore;
import io.contrast4j.spec.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What a run goes on from. */
sealed interface Resume {
    /** Nothing: it is a new run. */
    record Nothing() implements Resume {}

    /** The latest run of its name, in its folder; nothing if there is none. */
    record Auto() implements Resume {}

    /** A run that is named, in its folder. */
    record OfRun(Path folder) implements Resume {}

    /** A checkpoint that is named. A new run branches off there, and the run that made it stays as it is. */
    record OfCheckpoint(Path file) implements Resume {}

    /**
     * @param place {@code auto}, the folder of a run, or the file of a checkpoint
     * @throws UserError if it is none of these
     */
    static Resume from(String place) {
        Path path = Path.of(place);
        if (place.equals("auto")) {
            return new Auto();
        }
        if (Files.isRegularFile(path)) {
            return new OfCheckpoint(path);
        }
        if (Files.exists(path.resolve("config.conf")) || Files.isDirectory(path.resolve("checkpoints"))) {
            return new OfRun(path);
        }
        throw new UserError(
                UserError.USAGE,
                "--resume " + place + ": there is no run and no checkpoint; give auto, the folder of a run such as"
                        + " runs/NAME/TIME, or a file in its checkpoints.");
    }

    /** The folder of the run that goes on; none for a new one. */
    default Optional<RunFolder> folder(RunConfig config) {
        if (this instanceof OfRun run) {
            return Optional.of(new RunFolder(run.folder(), true));
        }
        return this instanceof Auto ? RunFolder.latest(config) : Optional.empty();
    }

    /** Whether there is a checkpoint to go on from, damaged or not. */
    default boolean takesUp(RunConfig config) {
        return checkpoint().isPresent()
                || folder(config)
                        .filter(run -> new CheckpointStore(run.checkpoints(), 1).hasNumbered())
                        .isPresent();
    }

    /** The checkpoint that was named, if one was. */
    default Optional<Path> checkpoint() {
        return this instanceof OfCheckpoint checkpoint ? Optional.of(checkpoint.file()) : Optional.empty();
    }
}
