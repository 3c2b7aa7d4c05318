package io.contrast4j.cli;

import io.contrast4j.spec.Reasons;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The SHA-256 of every checkpoint of a run. They are computed beside the training, on a thread of their own. */
final class CheckpointHashes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointHashes.class);

    private final Path folder;
    private final Map<Path, String> known = new ConcurrentHashMap<>();
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread hashing = new Thread(task, "checkpoint-hash");
        hashing.setDaemon(true);
        hashing.setPriority(Thread.MIN_PRIORITY);
        return hashing;
    });

    CheckpointHashes(Path folder) {
        this.folder = folder;
    }

    /** A checkpoint was written. */
    void saved(Path file) {
        known.remove(file);
        thread.execute(() -> hash(file));
    }

    /** By the names of the files that are there; of those whose hash is known by now. */
    Map<String, String> soFar() {
        Map<String, String> hashes = new TreeMap<>();
        known.forEach((file, hash) -> {
            if (Files.exists(file)) {
                hashes.put(file.getFileName().toString(), hash);
            }
        });
        return hashes;
    }

    /** By the names of all files that are there. */
    Map<String, String> all() {
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.pth")) {
                for (Path file : files) {
                    if (!known.containsKey(file)) {
                        hash(file);
                    }
                }
            } catch (IOException failed) {
                LOG.warn("{} cannot be listed: {}", folder, Reasons.of(failed));
            }
        }
        return soFar();
    }

    private void hash(Path file) {
        try {
            known.put(file, Sha256.of(file));
        } catch (IOException gone) {
            // Old checkpoints are removed at any time. What else may be wrong with a file, a resume will say.
            LOG.debug("no hash of {}: {}", file, Reasons.of(gone));
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
