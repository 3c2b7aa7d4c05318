package io.contrast4j.cli;

import io.contrast4j.checkpoint.CheckpointStore;
import io.contrast4j.data.Fingerprint;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What a run goes on from, as it was found. Of several processes the first finds it.
 *
 * @param earlier the folder that the run goes on in; none for a new run
 * @param lock of that folder
 * @param checkpoint that it goes on from; none for one that begins
 * @param branch whether the checkpoint is that of another run
 */
record Resumption(Optional<RunFolder> earlier, Optional<RunLock> lock, Optional<Path> checkpoint, boolean branch) {
    /**
     * @param rendered the configuration to go on with
     * @param allowed in what it may differ from that of the checkpoint
     * @param data fingerprints of the parts of the data
     * @throws io.contrast4j.spec.UserError if another process works on the run, all its checkpoints are damaged, or something
     *     has changed that may not
     */
    static Resumption find(
            RunConfig config, String rendered, Resume resume, AllowedChanges allowed, Map<String, Fingerprint> data) {
        Optional<RunFolder> earlier = resume.folder(config);
        Optional<RunLock> lock = earlier.map(run -> RunLock.take(run.path()));
        earlier.ifPresent(RunFolder::startLog);
        Optional<Path> checkpoint = earlier.isPresent()
                ? new CheckpointStore(
                                earlier.get().checkpoints(), config.checkpoint().keepLast())
                        .latest()
                : resume.checkpoint();
        checkpoint.ifPresent(file -> allowed.check(file, rendered, data));
        return new Resumption(earlier, lock, checkpoint, resume.checkpoint().isPresent());
    }

    /** The checkpoint of another run that this one branches off from. */
    Optional<Path> branchedOff() {
        return branch ? checkpoint : Optional.empty();
    }
}
