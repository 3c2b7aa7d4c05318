package io.contrast4j.checkpoint;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of one run: a folder of {@code .pth} files.
 *
 * <p>A name that ends in a number ({@code epoch-12}, {@code step-4000}) is a point of the run: the latest is the one with
 * the highest number, and only the last few are kept. Any other name ({@code best}) is kept until it is saved again, and
 * is never the latest. A name may also {@linkplain #point stand for} another one.
 *
 * <p>A checkpoint is there completely or not at all, also after a power cut: see {@link PthFile#write}. What a killed
 * process leaves behind is never read, and is removed at the next save. One process writes to a folder at a time.
 */
public final class CheckpointStore {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointStore.class);
    private static final String ENDING = ".pth";
    // At most 18 digits, so that the number fits 64 bits.
    private static final Pattern NUMBERED = Pattern.compile(".*?(\\d{1,18})");

    private final Path folder;
    private final int keep;

    /** @param keep how many numbered checkpoints are kept, at least 1 */
    public CheckpointStore(Path folder, int keep) {
        new Problems().atLeast("keep", keep, 1).raise();
        this.folder = folder;
        this.keep = keep;
    }

    /** Where the checkpoint of a name is, whether it exists or not. */
    public Path file(String name) {
        return folder.resolve(name + ENDING);
    }

    /** {@link #save(String, Map, Set)} without anything that is spared. */
    public Path save(String name, Map<?, ? extends @Nullable Object> content) {
        return save(name, content, Set.of());
    }

    /**
     * Saves a checkpoint, then removes the numbered ones that are too many. The content's tensors stay the caller's.
     *
     * @param spared names of numbered ones that are kept beside the last few
     * @return the file
     * @throws UserError if it cannot be written; the checkpoints that were there are then all still there
     */
    public Path save(String name, Map<?, ? extends @Nullable Object> content, Set<String> spared) {
        Path file = file(name);
        try {
            Files.createDirectories(folder);
            removeLeftovers();
            PthFile.writeTo(file, content);
        } catch (IOException failed) {
            String previous = Files.exists(file)
                    ? "the one it was to replace is"
                    : undamaged()
                            .map(intact -> "the previous one " + intact + " is")
                            .orElse("");
            throw new UserError(
                    UserError.FAILED,
                    "The checkpoint " + file + " could not be written (" + Reasons.of(failed) + "), "
                            + (previous.isEmpty() ? "and there is no previous one" : "but " + previous + " intact")
                            + ": " + Reasons.remedy(failed) + " and resume.",
                    failed);
        }
        removeOld(number(file).orElse(Long.MAX_VALUE), spared);
        return file;
    }

    /**
     * Lets another name, such as {@code latest}, stand for a checkpoint: a link to its file, which is replaced in one go.
     * It is for people and scripts; nothing here reads it, and where the file system knows no links there is none.
     */
    public void point(String pointer, String name) {
        Path link = file(pointer);
        Path part = folder.resolve(link.getFileName() + AtomicFile.PART);
        try {
            Files.deleteIfExists(part);
            try {
                Files.createSymbolicLink(part, file(name).getFileName());
            } catch (IOException | UnsupportedOperationException notAllowed) {
                // As on Windows, to most users.
                Files.createLink(part, file(name));
            }
            Files.move(part, link, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException failed) {
            LOG.warn("{} could not be made to stand for {}: {}", link, name, Reasons.of(failed));
        } catch (UnsupportedOperationException noLinks) {
            LOG.debug("{}: no links", link);
        }
    }

    /**
     * The checkpoint with the highest number among those that are undamaged; nothing if none was ever saved.
     *
     * @throws UserError if there are checkpoints and all of them are damaged
     */
    public Optional<Path> latest() {
        Optional<Path> undamaged = undamaged();
        if (undamaged.isEmpty() && !numbered().isEmpty()) {
            throw new UserError(
                    UserError.FAILED,
                    "All checkpoints in " + folder + " are damaged: remove them to start from the beginning.");
        }
        return undamaged;
    }

    /** Whether a numbered checkpoint is there, damaged or not: where none is, a run begins anew. */
    public boolean hasNumbered() {
        return !numbered().isEmpty();
    }

    private Optional<Path> undamaged() {
        for (Path file : numbered()) {
            Optional<String> damage = PthFile.damage(file);
            if (damage.isEmpty()) {
                return Optional.of(file);
            }
            LOG.warn("{} is damaged ({}): it is passed over", file, damage.get());
        }
        return Optional.empty();
    }

    /**
     * Reads a checkpoint of this folder; its tensors belong to the caller's scope.
     *
     * @throws UserError as {@link PthFile#readMap}
     */
    public Map<?, ? extends @Nullable Object> load(String name) {
        return PthFile.readMap(file(name));
    }

    /** The numbered checkpoints, the latest first. */
    private List<Path> numbered() {
        List<Path> files = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try {
                for (Path file : list("*" + ENDING)) {
                    if (number(file).isPresent()) {
                        files.add(file);
                    }
                }
            } catch (IOException failed) {
                throw new UserError(
                        UserError.FAILED,
                        "The folder " + folder + " cannot be read (" + Reasons.of(failed) + "): check its permissions.",
                        failed);
            }
        }
        files.sort(Comparator.<Path>comparingLong(file -> number(file).orElseThrow())
                .thenComparing(Comparator.naturalOrder())
                .reversed());
        return files;
    }

    private static OptionalLong number(Path file) {
        Matcher numbered = NUMBERED.matcher(name(file));
        return numbered.matches() ? OptionalLong.of(Long.parseLong(numbered.group(1))) : OptionalLong.empty();
    }

    private static String name(Path file) {
        String name = file.getFileName().toString();
        return name.substring(0, name.length() - ENDING.length());
    }

    private void removeLeftovers() throws IOException {
        for (Path leftover : list("*" + ENDING + AtomicFile.PART)) {
            LOG.info("removing {}, which an earlier process did not finish", leftover);
            Files.deleteIfExists(leftover);
        }
    }

    /** Files of later points are damaged, else the run would have gone on from there: they take nobody's place. */
    private void removeOld(long saved, Set<String> spared) {
        List<Path> files = numbered().stream()
                .filter(file -> number(file).orElseThrow() <= saved)
                .toList();
        for (Path old : files.subList(Math.min(keep, files.size()), files.size())) {
            if (spared.contains(name(old))) {
                continue;
            }
            try {
                Files.deleteIfExists(old);
            } catch (IOException failed) {
                // The new checkpoint is safe; one too many does no harm to the run.
                LOG.warn("the old checkpoint {} could not be removed: {}", old, Reasons.of(failed));
            }
        }
    }

    private List<Path> list(String glob) throws IOException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> matching = Files.newDirectoryStream(folder, glob)) {
            matching.forEach(files::add);
        }
        return files;
    }
}
