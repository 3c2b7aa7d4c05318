package io.contrast4j.cli;

import io.contrast4j.checkpoint.CheckpointStore;
import io.contrast4j.checkpoint.CheckpointWriter;
import io.contrast4j.checkpoint.Snapshot;
import io.contrast4j.metrics.Meters;
import io.contrast4j.tensor.Scope;
import io.contrast4j.train.CheckpointPlan;
import io.contrast4j.train.Ranking;
import io.contrast4j.train.RunCheckpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of a run, made while it trains: training waits for a copy of the state; writing it, removing the ones
 * that are too many, pointing {@code latest.pth} and {@code best.pth} to theirs, and hashing happen beside it.
 */
final class RunCheckpoints implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RunCheckpoints.class);

    private static final String LATEST = "latest";
    private static final String BEST = "best";
    private static final String NUMBERED = "step-";

    private final CheckpointStore store;
    private final RunCheckpoint content;
    private final Ranking ranking;
    private final CheckpointHashes hashes;
    private final Meters meters;
    private final Runnable changed;
    private final CheckpointWriter writer = new CheckpointWriter();

    /** @param changed is told, on the writing thread, when other checkpoints are known with their hashes */
    RunCheckpoints(
            RunFolder folder,
            CheckpointPlan plan,
            RunCheckpoint content,
            CheckpointHashes hashes,
            Meters meters,
            Runnable changed) {
        this.store = new CheckpointStore(folder.checkpoints(), plan.keepLast());
        this.content = content;
        this.ranking = new Ranking(plan);
        this.hashes = hashes;
        this.meters = meters;
        this.changed = changed;
    }

    /** What was measured at the ends of earlier epochs, by their last steps. */
    void known(Map<Long, Map<String, Double>> epochs) {
        epochs.forEach((step, metrics) -> {
            if (Files.exists(store.file(NUMBERED + step))) {
                ranking.add(step, metrics);
            }
        });
    }

    /**
     * Begins to save the state as it is.
     *
     * @param step the number of steps done
     * @param metrics of the epoch that has just ended; empty in the middle of one
     * @throws io.contrast4j.spec.UserError if the checkpoint before could not be written
     */
    void save(long step, Map<String, Double> metrics) {
        if (!metrics.isEmpty()) {
            ranking.add(step, metrics);
        }
        List<Long> best = ranking.best();
        String name = NUMBERED + step;
        start(name, tree -> {
            Set<String> spared = best.stream().map(good -> NUMBERED + good).collect(Collectors.toSet());
            forget(name);
            Path file = store.save(name, tree, spared);
            store.point(LATEST, name);
            if (!best.isEmpty() && Files.exists(store.file(NUMBERED + best.get(0)))) {
                store.point(BEST, NUMBERED + best.get(0));
            }
            hashes.saved(file);
            changed.run();
        });
    }

    /** Saves the state for a look at it, and returns when it is there. */
    Path inspection() {
        String name = "nonfinite";
        start(name, tree -> {
            forget(name);
            hashes.saved(store.save(name, tree));
        });
        writer.finish();
        return store.file(name);
    }

    /** Killed after the file was replaced, the run must not go on with a note of the hash that it had before. */
    private void forget(String name) {
        if (hashes.forget(store.file(name))) {
            changed.run();
        }
    }

    private void start(String name, CheckpointWriter.Destination destination) {
        long start = System.nanoTime();
        writer.finish();
        long waited = System.nanoTime();
        Snapshot snapshot;
        try (Scope scope = Scope.open()) {
            snapshot = Snapshot.of(content.content());
        }
        long copied = System.nanoTime();
        meters.checkpointCopy().record(copied - waited, TimeUnit.NANOSECONDS);
        writer.start(snapshot, tree -> {
            long begun = System.nanoTime();
            destination.write(tree);
            long done = System.nanoTime();
            meters.checkpointSave().record(done - begun, TimeUnit.NANOSECONDS);
            LOG.info(
                    "checkpoint {}: training waited {} ms for the one before and {} ms for the copy; written in {} ms",
                    name,
                    millis(waited - start),
                    millis(copied - waited),
                    millis(done - begun));
        });
    }

    private static long millis(long nanos) {
        return Duration.ofNanos(nanos).toMillis();
    }

    /** @throws io.contrast4j.spec.UserError if a checkpoint could not be written */
    void check() {
        writer.check();
    }

    /** Waits until all is written. @throws io.contrast4j.spec.UserError if a checkpoint could not be */
    void finish() {
        writer.finish();
    }

    /** The newest that is there. */
    Optional<Path> latest() {
        return store.latest();
    }

    @Override
    public void close() {
        try {
            writer.close();
        } catch (RuntimeException failed) {
            // Where nothing else has failed before, it was thrown by finish() already.
            LOG.warn("{}", failed.getMessage());
        }
    }
}
