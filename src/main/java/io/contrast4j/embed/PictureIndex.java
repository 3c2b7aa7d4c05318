package io.contrast4j.embed;

import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.TreeMap;
import org.apache.lucene.document.Document;
import org.apache.lucene.index.CorruptIndexException;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.IndexFormatTooNewException;
import org.apache.lucene.index.IndexFormatTooOldException;
import org.apache.lucene.index.IndexNotFoundException;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.StoredFields;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.store.LockObtainFailedException;
import org.apache.lucene.util.Bits;

/**
 * The vectors of a folder's pictures on disk, in a graph in which the most similar ones are found without comparing all: an
 * index of Apache Lucene. {@link PictureIndexer} writes it. May be searched by any number of threads at once; what is
 * changed on disk later is seen by who opens it again.
 */
public final class PictureIndex implements AutoCloseable {
    static final String FILE = "file";
    static final String STAMP = "stamp";
    static final String VECTOR = "vector";
    static final String IDENTITY = "contrast4j.model";
    static final String ABOUT = "contrast4j.about";
    static final String FOLDER = "contrast4j.folder";

    /** Paths through the graph that are followed at least: with fewer than that, neighbours are missed. */
    private static final int LEAST_CANDIDATES = 64;

    /** Vectors that queries are compared with at once. */
    private static final int BLOCK = 100;

    private final Path place;
    private final FSDirectory directory;
    private final DirectoryReader reader;
    private final IndexSearcher searcher;
    private final Map<String, String> about;

    /**
     * A picture that was found.
     *
     * @param name of its file in the folder that is indexed, with slashes
     * @param similarity the cosine of the angle between the vectors, −1 to 1
     */
    public record Hit(String name, float similarity) {}

    private PictureIndex(Path place, FSDirectory directory, DirectoryReader reader) throws IOException {
        this.place = place;
        this.directory = directory;
        this.reader = reader;
        this.searcher = new IndexSearcher(reader);
        this.about = reader.getIndexCommit().getUserData();
    }

    /**
     * Opens an index.
     *
     * @param place folder of the index
     * @param embedder whose vectors will be looked for
     * @return the index, to be closed
     * @throws UserError if there is none, it is damaged, or another model made it
     */
    public static PictureIndex open(Path place, Embedder embedder) {
        if (!Files.isDirectory(place)) {
            // Lucene would make the folder.
            throw unusable(place, new IndexNotFoundException(place + " is no folder"));
        }
        try {
            FSDirectory directory = FSDirectory.open(place);
            try {
                PictureIndex index = new PictureIndex(place, directory, DirectoryReader.open(directory));
                requireSame(place, index.about, embedder);
                return index;
            } catch (IOException | RuntimeException | Error failed) {
                directory.close();
                throw failed;
            }
        } catch (IOException failed) {
            throw unusable(place, failed);
        }
    }

    /** Vectors of another model lie in another space. */
    static void requireSame(Path place, Map<String, String> about, Embedder embedder) {
        if (!embedder.identity().equals(about.get(IDENTITY))) {
            throw new UserError(
                    UserError.USAGE,
                    "The index " + place + " was built by another model or with other settings ("
                            + about.getOrDefault(ABOUT, "unknown") + ", and not " + described(embedder)
                            + "); use those, or build it anew with --rebuild.");
        }
    }

    /** What an index says about the model that made it. */
    static String described(Embedder embedder) {
        return embedder.about() + ", " + embedder.output() + " of " + embedder.dimension() + " numbers, "
                + embedder.identity().substring(0, 8);
    }

    static UserError unusable(Path place, IOException reason) {
        if (reason instanceof IndexNotFoundException) {
            return new UserError(
                    UserError.USAGE,
                    "There is no index in " + place + "; make one with 'contrast4j index build'.",
                    reason);
        }
        if (reason instanceof LockObtainFailedException) {
            return new UserError(
                    UserError.FAILED, "Another process writes to the index " + place + "; wait until it ends.", reason);
        }
        if (reason instanceof CorruptIndexException
                || reason instanceof IndexFormatTooNewException
                || reason instanceof IndexFormatTooOldException
                || reason instanceof java.io.EOFException) {
            return new UserError(
                    UserError.FAILED,
                    "The index " + place + " is damaged or of another version; build it anew with --rebuild.",
                    reason);
        }
        return new UserError(
                UserError.FAILED,
                "The index " + place + " cannot be used (" + Reasons.of(reason) + "): " + Reasons.remedy(reason) + ".",
                reason);
    }

    /** {@return the number of pictures} */
    public int size() {
        return reader.numDocs();
    }

    /** {@return the folder that was indexed} */
    public Path folder() {
        return Path.of(about.getOrDefault(FOLDER, ""));
    }

    /**
     * The k pictures whose vectors are most similar, the most similar first: nearly always those, see {@link #recall}.
     *
     * @param query a vector of the embedder that made the index
     * @param k at least 1
     * @return k of them, or all where there are fewer
     * @throws UserError if the index cannot be read any more
     */
    public List<Hit> nearest(float[] query, int k) {
        try {
            // Lucene reserves memory for all of them.
            long candidates = Math.min(Math.max(1, reader.maxDoc()), Math.max(2L * k, LEAST_CANDIDATES));
            KnnFloatVectorQuery graph = new KnnFloatVectorQuery(VECTOR, unit(query), (int) candidates);
            List<Hit> hits = new ArrayList<>();
            for (ScoreDoc found : searcher.search(graph, k).scoreDocs) {
                // Lucene's scores are not negative: (1 + cosine)/2.
                hits.add(new Hit(searcher.storedFields().document(found.doc).get(FILE), 2 * found.score - 1));
            }
            return hits;
        } catch (IOException failed) {
            throw unusable(place, failed);
        }
    }

    /** Divided by its length, which is at least 1e-12. */
    static float[] unit(float[] vector) {
        double sum = 0;
        for (float value : vector) {
            sum += (double) value * value;
        }
        double length = Math.max(Math.sqrt(sum), 1e-12);
        float[] unit = new float[vector.length];
        for (int i = 0; i < unit.length; i++) {
            unit[i] = (float) (vector[i] / length);
        }
        return unit;
    }

    /**
     * Which share of the k most similar pictures the graph finds, of those that an exact search finds. The queries are
     * pictures of the index, evenly spread; none counts as its own neighbour. All vectors are read, but only those of the
     * queries and of {@value #BLOCK} others are in memory at once; all names are.
     *
     * @param queries how many are asked for; all of them where there are fewer
     * @param k at least 1
     * @return 0 to 1; 1 for an index of fewer than two pictures
     */
    public double recall(int queries, int k) {
        try {
            List<String> names = new ArrayList<>();
            each((name, values) -> names.add(name));
            names.sort(Comparator.naturalOrder());
            int asked = Math.min(queries, names.size());
            int most = Math.min(k, names.size() - 1);
            if (most < 1 || asked < 1) {
                return 1;
            }
            Map<String, float[]> chosen = new TreeMap<>();
            for (int i = 0; i < asked; i++) {
                chosen.put(names.get((int) ((long) i * names.size() / asked)), new float[0]);
            }
            each((name, values) -> {
                if (chosen.containsKey(name)) {
                    chosen.put(name, values.vectorValue().clone());
                }
            });
            Exact exact = new Exact(chosen, most);
            each((name, values) -> exact.add(name, values.vectorValue().clone()));
            exact.compare();
            long hits = 0;
            for (Map.Entry<String, float[]> query : chosen.entrySet()) {
                float farthest = exact.farthest(query.getKey());
                // Pictures that are there twice are as good as each other: what counts is how near.
                hits += nearest(query.getValue(), most + 1).stream()
                        .filter(hit -> !hit.name().equals(query.getKey()))
                        .limit(most)
                        .filter(hit -> hit.similarity() >= farthest - 1e-5f)
                        .count();
            }
            return (double) hits / ((long) asked * most);
        } catch (IOException failed) {
            throw unusable(place, failed);
        }
    }

    /** The similarities of the nearest vectors, of vectors that come one after the other. */
    private static final class Exact {
        private final List<String> queries;
        private final float[][] vectors;
        private final int most;
        /** The least one first. */
        private final Map<String, PriorityQueue<Float>> best = new HashMap<>();

        private final List<String> names = new ArrayList<>();
        private final List<float[]> block = new ArrayList<>();

        Exact(Map<String, float[]> queries, int most) {
            this.queries = List.copyOf(queries.keySet());
            this.vectors = queries.values().toArray(new float[0][]);
            this.most = most;
            this.queries.forEach(query -> best.put(query, new PriorityQueue<>()));
        }

        void add(String name, float[] vector) {
            names.add(name);
            block.add(vector);
            if (block.size() == BLOCK) {
                compare();
            }
        }

        /** All queries with the vectors that have come since the last time. */
        void compare() {
            if (block.isEmpty()) {
                return;
            }
            try (Neighbours known = Neighbours.of(block.toArray(new float[0][]))) {
                List<List<Neighbours.Hit>> found = known.nearest(vectors, most + 1);
                for (int i = 0; i < queries.size(); i++) {
                    String query = queries.get(i);
                    PriorityQueue<Float> nearest = Objects.requireNonNull(best.get(query));
                    for (Neighbours.Hit hit : found.get(i)) {
                        if (!names.get(hit.row()).equals(query)) {
                            nearest.add(hit.similarity());
                        }
                    }
                    while (nearest.size() > most) {
                        nearest.remove();
                    }
                }
            }
            names.clear();
            block.clear();
        }

        /** The similarity of the farthest one of a query's nearest. */
        float farthest(String query) {
            return Objects.requireNonNull(best.get(query)).element();
        }
    }

    /** Sees the vectors of the index. */
    private interface Visitor {
        /** @param values stands at the picture's vector, which is only valid during the call */
        void picture(String name, FloatVectorValues values) throws IOException;
    }

    private void each(Visitor visitor) throws IOException {
        for (LeafReaderContext leaf : reader.leaves()) {
            FloatVectorValues values = leaf.reader().getFloatVectorValues(VECTOR);
            Bits live = leaf.reader().getLiveDocs();
            if (values == null) {
                continue;
            }
            StoredFields stored = leaf.reader().storedFields();
            for (int doc = values.nextDoc(); doc != DocIdSetIterator.NO_MORE_DOCS; doc = values.nextDoc()) {
                if (live == null || live.get(doc)) {
                    visitor.picture(stored.document(doc).get(FILE), values);
                }
            }
        }
    }

    /** What each file was when it was indexed. */
    static Map<String, String> stamps(DirectoryReader reader) throws IOException {
        Map<String, String> stamps = new HashMap<>();
        for (LeafReaderContext leaf : reader.leaves()) {
            Bits live = leaf.reader().getLiveDocs();
            for (int doc = 0; doc < leaf.reader().maxDoc(); doc++) {
                if (live == null || live.get(doc)) {
                    Document document = leaf.reader().storedFields().document(doc);
                    stamps.put(document.get(FILE), document.get(STAMP));
                }
            }
        }
        return stamps;
    }

    @Override
    public void close() {
        try {
            reader.close();
            directory.close();
        } catch (IOException failed) {
            throw unusable(place, failed);
        }
    }
}
