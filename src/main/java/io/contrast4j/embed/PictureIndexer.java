package io.contrast4j.embed;

import io.contrast4j.data.PictureFolder;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.SerialMergeScheduler;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.store.Lock;

/**
 * Brings a {@link PictureIndex} up to date with a folder: pictures that are new or have changed are embedded, those that are
 * gone are taken out, the others stay as they are. A file has changed if its size or its time of modification has.
 */
public final class PictureIndexer {
    /** So that an interruption loses at most so many. */
    private static final int COMMIT_EVERY = 4096;

    /** The names of Lucene's commits, without which there is no index. */
    private static final Pattern COMMIT = Pattern.compile("(pending_)?segments_[a-z0-9]+");

    /**
     * The names that Lucene gives to other files: a segment's number, a suffix, and one of its own endings. {@code _MG_0001.JPG}
     * and {@code _img1.jpg} are a camera's.
     */
    private static final Pattern SEGMENT =
            Pattern.compile("_[a-z0-9]+(_[A-Za-z0-9_]+)?\\.(cf[se]|si|fnm|fd[tmx]|ti[mp]|tmd|doc|pos"
                    + "|pay|psm|nv[dm]|dv[dm]|tv[dxm]|liv|di[im]|kd[dim]|vec|vem|vex|vemf|veq|vemq|tmp)");

    private final Path place;
    private final Embedder embedder;

    /**
     * What was done.
     *
     * @param added pictures that were not in the index
     * @param changed pictures that were embedded again
     * @param removed pictures that are gone
     * @param kept pictures that are as they were
     * @param unreadable pictures that could not be read, and are not in the index
     */
    public record Update(int added, int changed, int removed, int kept, int unreadable) {
        /** {@return Pictures that are in the index now} */
        public int size() {
            return added + changed + kept;
        }
    }

    /** Is told how far it is. */
    public interface Progress {
        /**
         * Before the first picture is embedded.
         *
         * @param pictures that will be embedded
         */
        void begin(int pictures);

        /** A picture is done. */
        void done();

        /**
         * A picture cannot be read, and is not in the index.
         *
         * @param picture which one, and why
         */
        void unreadable(UnreadablePicture picture);
    }

    /**
     * For an index and the model whose vectors are in it.
     *
     * @param place the folder of the index, which need not be there yet
     * @param embedder which is not closed
     * @throws UserError if its vectors are too long to be indexed
     */
    public PictureIndexer(Path place, Embedder embedder) {
        this.place = place;
        this.embedder = embedder;
        if (embedder.dimension() > WideVectors.MOST) {
            throw new UserError(
                    UserError.USAGE,
                    "The output " + embedder.output() + " has " + embedder.dimension() + " numbers, and at most "
                            + WideVectors.MOST + " can be indexed; choose another one, such as pooled.");
        }
    }

    /**
     * Brings the index up to date.
     *
     * @param folder of pictures
     * @param progress is told of each picture
     * @return what was done
     * @throws UserError if the folder has no pictures, another model made the index or it is of another folder, a vector is not
     *     finite, or it cannot be written
     * @throws CancellationException as {@link Embedder#embed(java.util.List)}; what was there is kept
     */
    public Update update(Path folder, Progress progress) {
        requirePlace();
        return write(folder, files(folder), progress, IndexWriterConfig.OpenMode.CREATE_OR_APPEND);
    }

    /**
     * The same for an index that is made anew, whatever index is there.
     *
     * @param folder of pictures
     * @param progress is told of each picture
     * @return what was done
     * @throws UserError if the folder has no pictures, which leaves the index as it is, or the index cannot be written
     */
    public Update rebuild(Path folder, Progress progress) {
        requirePlace();
        Map<String, Path> files = files(folder);
        // Lucene itself replaces an index only if it can read it.
        try (FSDirectory directory = FSDirectory.open(place);
                Lock lock = directory.obtainLock(IndexWriter.WRITE_LOCK_NAME)) {
            // The commit last: as long as anything is left, it shows that this is an index.
            for (String name : Stream.of(directory.listAll())
                    .filter(name -> isSegment(name) || isCommit(name))
                    .sorted(Comparator.comparing(PictureIndexer::isCommit))
                    .toList()) {
                directory.deleteFile(name);
            }
        } catch (IOException failed) {
            throw PictureIndex.unusable(place, failed);
        }
        return write(folder, files, progress, IndexWriterConfig.OpenMode.CREATE);
    }

    /** The pictures by their names in the folder, with slashes on every system. */
    private static Map<String, Path> files(Path folder) {
        Map<String, Path> files = new LinkedHashMap<>();
        for (Path file : PictureFolder.files(folder)) {
            String name = PictureFolder.name(folder, file);
            if (files.put(name, file) != null) {
                throw new UserError(
                        UserError.USAGE,
                        "Two pictures in " + folder + " have the same name " + name
                                + " in this locale; rename one, or set one of UTF-8 (LC_ALL=C.UTF-8).");
            }
        }
        return files;
    }

    private static boolean isCommit(String name) {
        return COMMIT.matcher(name).matches();
    }

    private static boolean isSegment(String name) {
        return SEGMENT.matcher(name).matches();
    }

    /**
     * A folder with other files, such as that of the pictures, is no place for an index: Lucene deletes what it takes for
     * its own. Where there is no commit, all files are others.
     */
    private void requirePlace() {
        if (Files.exists(place) && !Files.isDirectory(place)) {
            throw new UserError(UserError.USAGE, place + " is a file; name a folder for the index.");
        }
        if (Files.isDirectory(place)) {
            try (Stream<Path> listed = Files.list(place)) {
                List<String> names = listed.map(file -> file.getFileName().toString())
                        .filter(name -> !name.equals(IndexWriter.WRITE_LOCK_NAME))
                        .sorted()
                        .toList();
                boolean isIndex = names.stream().anyMatch(PictureIndexer::isCommit);
                names.stream()
                        .filter(name -> !isIndex || !(isSegment(name) || isCommit(name)))
                        .findFirst()
                        .ifPresent(name -> {
                            throw new UserError(
                                    UserError.USAGE,
                                    "The folder " + place + " has other files than an index's (" + name
                                            + "); name another one.");
                        });
            } catch (IOException failed) {
                throw PictureIndex.unusable(place, failed);
            }
        }
    }

    private Update write(Path folder, Map<String, Path> files, Progress progress, IndexWriterConfig.OpenMode mode) {
        IndexWriterConfig config = new IndexWriterConfig()
                .setCodec(WideVectors.codec())
                .setOpenMode(mode)
                .setCommitOnClose(false)
                // Merges at fixed points: the same pictures make the same graph.
                .setMergeScheduler(new SerialMergeScheduler());
        try (FSDirectory directory = FSDirectory.open(place);
                IndexWriter writer = new IndexWriter(directory, config)) {
            Map<String, String> known = Map.of();
            if (mode != IndexWriterConfig.OpenMode.CREATE && DirectoryReader.indexExists(directory)) {
                try (DirectoryReader reader = DirectoryReader.open(directory)) {
                    Map<String, String> about = reader.getIndexCommit().getUserData();
                    known = PictureIndex.stamps(reader);
                    PictureIndex.requireSame(place, about, embedder);
                    if (!known.isEmpty()) {
                        requireSame(folder, about);
                    }
                }
            } else {
                // An interruption before the first commit would leave files that nothing shows to be an index's.
                commit(writer, folder);
            }
            Update update = write(writer, folder, files, known, progress);
            commit(writer, folder);
            return update;
        } catch (CancellationException interrupted) {
            // Lucene forgets about it when it closes.
            Thread.currentThread().interrupt();
            throw interrupted;
        } catch (Unwritable failed) {
            throw PictureIndex.unusable(place, failed.reason);
        } catch (IOException failed) {
            throw PictureIndex.unusable(place, failed);
        }
    }

    /** All pictures of another folder would be taken out. */
    private void requireSame(Path folder, Map<String, String> about) throws IOException {
        String before = about.getOrDefault(PictureIndex.FOLDER, "");
        if (before.equals(recorded(folder))
                || (Files.isDirectory(Path.of(before)) && Files.isSameFile(Path.of(before), folder))) {
            return;
        }
        throw new UserError(
                UserError.USAGE,
                "The index " + place + " is of the pictures in " + before + ", and not of those in " + folder
                        + "; name another --index, or make it anew with --rebuild.");
    }

    private static String recorded(Path folder) {
        return folder.toAbsolutePath().normalize().toString();
    }

    private void commit(IndexWriter writer, Path folder) throws IOException {
        writer.setLiveCommitData(Map.of(
                        PictureIndex.IDENTITY, embedder.identity(),
                        PictureIndex.ABOUT, PictureIndex.described(embedder),
                        PictureIndex.FOLDER, recorded(folder))
                .entrySet());
        writer.commit();
    }

    private Update write(
            IndexWriter writer, Path folder, Map<String, Path> files, Map<String, String> known, Progress progress)
            throws IOException {
        TreeSet<String> gone = new TreeSet<>(known.keySet());
        gone.removeAll(files.keySet());
        for (String name : gone) {
            writer.deleteDocuments(new Term(PictureIndex.FILE, name));
        }
        List<String> names = new ArrayList<>();
        List<String> stamps = new ArrayList<>();
        for (Map.Entry<String, Path> file : files.entrySet()) {
            String stamp = stamp(file.getValue());
            if (!stamp.equals(known.get(file.getKey()))) {
                names.add(file.getKey());
                stamps.add(stamp);
            }
        }
        progress.begin(names.size());
        Counts counts = new Counts();
        embedder.embedEach(
                names.stream().map(name -> Picture.of(files.get(name))).toList(), new Embedder.Receiver() {
                    @Override
                    public void vector(int index, float[] vector) {
                        String name = names.get(index);
                        requireFinite(name, vector);
                        unchecked(() -> writer.updateDocument(
                                new Term(PictureIndex.FILE, name), document(name, stamps.get(index), vector)));
                        if (known.containsKey(name)) {
                            counts.changed++;
                        } else {
                            counts.added++;
                        }
                        if ((counts.added + counts.changed) % COMMIT_EVERY == 0) {
                            unchecked(() -> commit(writer, folder));
                        }
                        progress.done();
                    }

                    @Override
                    public void unreadable(UnreadablePicture picture) {
                        unchecked(
                                () -> writer.deleteDocuments(new Term(PictureIndex.FILE, names.get(picture.index()))));
                        counts.unreadable++;
                        progress.unreadable(picture);
                        progress.done();
                    }
                });
        return new Update(counts.added, counts.changed, gone.size(), files.size() - names.size(), counts.unreadable);
    }

    /** What is no number is near to nothing, and Lucene takes none. */
    private void requireFinite(String name, float[] vector) {
        for (float value : vector) {
            if (!Float.isFinite(value)) {
                throw new UserError(
                        UserError.FAILED,
                        "The output " + embedder.output() + " of " + embedder.about()
                                + " is not finite for the picture "
                                + name + ": its training diverged, or its input has another normalization than it was"
                                + " trained on.");
            }
        }
    }

    private static final class Counts {
        private int added;
        private int changed;
        private int unreadable;
    }

    /** A file that has gone since it was listed is found out when it is read. */
    private static String stamp(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return attributes.size() + " " + attributes.lastModifiedTime().to(TimeUnit.MICROSECONDS);
        } catch (IOException gone) {
            return "";
        }
    }

    private static Document document(String name, String stamp, float[] vector) {
        Document document = new Document();
        document.add(new StringField(PictureIndex.FILE, name, Field.Store.YES));
        document.add(new StoredField(PictureIndex.STAMP, stamp));
        document.add(new KnnFloatVectorField(
                PictureIndex.VECTOR, PictureIndex.unit(vector), VectorSimilarityFunction.DOT_PRODUCT));
        return document;
    }

    private interface Writing {
        void run() throws IOException;
    }

    private static void unchecked(Writing writing) {
        try {
            writing.run();
        } catch (IOException failed) {
            throw new Unwritable(failed);
        }
    }

    /** A full disk, on its way through the embedder. */
    private static final class Unwritable extends RuntimeException {
        private final transient IOException reason;

        Unwritable(IOException reason) {
            super(reason);
            this.reason = reason;
        }
    }
}
