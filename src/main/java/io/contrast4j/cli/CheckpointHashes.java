package io.contrast4j.cli;

import com.google.gson.JsonPrimitive;
import io.contrast4j.spec.Reasons;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The SHA-256 of every checkpoint of a run, as it was when it was written. */
final class CheckpointHashes {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointHashes.class);

    private final Path folder;
    private final Map<String, String> known = new ConcurrentHashMap<>();

    /** Begins with the hashes that a run which is resumed has noted. */
    CheckpointHashes(RunFolder run) {
        this.folder = run.checkpoints();
        run.recorded("checkpoints").entrySet().forEach(hash -> {
            if (hash.getValue() instanceof JsonPrimitive value) {
                known.put(hash.getKey(), value.getAsString());
            }
        });
    }

    /**
     * A checkpoint is about to be written, perhaps in the place of another.
     *
     * @return whether a hash was known: it is of the file before, and must be nowhere when the new one is there
     */
    boolean forget(Path file) {
        return known.remove(file.getFileName().toString()) != null;
    }

    /** A checkpoint was written: computes its hash, about a second for each GB. */
    void saved(Path file) {
        try {
            known.put(file.getFileName().toString(), Sha256.of(file));
        } catch (IOException gone) {
            // What may be wrong with a file, a resume will say.
            LOG.debug("no hash of {}: {}", file, Reasons.of(gone));
        }
    }

    /** By the names of the files that are there; of those whose hash is known by now. */
    Map<String, String> soFar() {
        known.keySet().removeIf(name -> !Files.exists(folder.resolve(name)));
        return new TreeMap<>(known);
    }

    /** By the names of all files that are there, but for those that point to others. */
    Map<String, String> all() {
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.pth")) {
                for (Path file : files) {
                    if (!Files.isSymbolicLink(file)
                            && !known.containsKey(file.getFileName().toString())) {
                        saved(file);
                    }
                }
            } catch (IOException failed) {
                LOG.warn("{} cannot be listed: {}", folder, Reasons.of(failed));
            }
        }
        return soFar();
    }
}
