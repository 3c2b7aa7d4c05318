package io.contrast4j.embed;

import io.contrast4j.data.PictureFolder;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
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

    private static final Pattern OF_LUCENE = Pattern.compile("_.+|(pending_)?segments_.+|write\\.lock");

    private final Path place;
    private final Embedder embedder;

    /** What was done. */
    public record Update(int added, int changed, int removed, int kept, int unreadable) {
        /** Pictures that are in the index now. */
        public int size() {
            return added + changed + kept;
        }
    }

    /** Is told how far it is. */
    public interface Progress {
        /** Before the first picture is embedded. */
        void begin(int pictures);

        /** A picture is done. */
        void done();

        /** A picture cannot be read, and is not in the index. */
        void unreadable(UnreadablePicture picture);
    }

    /** @param place the folder of the index, which need not be there yet */
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
     * @throws UserError if the folder has no pictures, another model made the index, or it cannot be written
     */
    public Update update(Path folder, Progress progress) {
        return write(folder, progress, IndexWriterConfig.OpenMode.CREATE_OR_APPEND);
    }

    /** The same for an index that is made anew, whatever index is there. */
    public Update rebuild(Path folder, Progress progress) {
        requirePlace();
        // Lucene itself replaces an index only if it can read it.
        try (FSDirectory directory = FSDirectory.open(place);
                Lock lock = directory.obtainLock(IndexWriter.WRITE_LOCK_NAME)) {
            for (String name : directory.listAll()) {
                if (!name.equals(IndexWriter.WRITE_LOCK_NAME)) {
                    directory.deleteFile(name);
                }
            }
        } catch (IOException failed) {
            throw PictureIndex.unusable(place, failed);
        }
        return write(folder, progress, IndexWriterConfig.OpenMode.CREATE);
    }

    /** A folder with other files, such as that of the pictures, is no place for an index. */
    private void requirePlace() {
        if (Files.exists(place) && !Files.isDirectory(place)) {
            throw new UserError(UserError.USAGE, place + " is a file; name a folder for the index.");
        }
        if (Files.isDirectory(place)) {
            try (Stream<Path> files = Files.list(place)) {
                files.map(file -> file.getFileName().toString())
                        .filter(name -> !OF_LUCENE.matcher(name).matches())
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

    private Update write(Path folder, Progress progress, IndexWriterConfig.OpenMode mode) {
        requirePlace();
        Map<String, Path> files = new LinkedHashMap<>();
        for (Path file : PictureFolder.files(folder)) {
            files.put(folder.relativize(file).toString().replace('\\', '/'), file);
        }
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
                    PictureIndex.requireSame(place, reader.getIndexCommit().getUserData(), embedder);
                    known = PictureIndex.stamps(reader);
                }
            }
            Update update = write(writer, folder, files, known, progress);
            commit(writer, folder);
            return update;
        } catch (Unwritable failed) {
            throw PictureIndex.unusable(place, failed.reason);
        } catch (IOException failed) {
            throw PictureIndex.unusable(place, failed);
        }
    }

    private void commit(IndexWriter writer, Path folder) throws IOException {
        writer.setLiveCommitData(Map.of(
                        PictureIndex.IDENTITY, embedder.identity(),
                        PictureIndex.ABOUT, PictureIndex.described(embedder),
                        PictureIndex.FOLDER, folder.toAbsolutePath().normalize().toString())
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
