package io.contrast4j.embed;

import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.RowProducts;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Finds among N known vectors those of the highest cosine similarity, exactly: by the products of a block of queries with all
 * rows at a time. Its memory is that of the rows, 4·N·D bytes outside of Java's heap, and in each call 4·N bytes for each of
 * up to 256 queries, which are so few that it is at most 64 MiB, or one. May be used by any number of threads at once; {@link
 * #close} waits for them.
 */
public final class Neighbours implements AutoCloseable {
    private static final int BLOCK = 256;

    /** Numbers that are copied at once, and products that are in memory at once. */
    private static final int LARGEST = 1 << 24;

    private final Tensor rows;
    private final int count;
    private final int dimension;
    private final Use use = new Use("the index of neighbours");

    private Neighbours(Tensor rows, int count, int dimension) {
        this.rows = rows;
        this.count = count;
        this.dimension = dimension;
    }

    /**
     * A vector that was found.
     *
     * @param row its position among those known
     * @param similarity the cosine of the angle to the query, −1 to 1
     */
    public record Hit(int row, float similarity) {}

    /**
     * Makes vectors ready to be searched.
     *
     * @param vectors N of one length D; they are copied
     * @return their neighbours, to be closed
     * @throws IllegalArgumentException if there is none, or lengths differ
     */
    public static Neighbours of(float[][] vectors) {
        int dimension = length(vectors);
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Tensor rows = Tensors.empty(ScalarType.Float, vectors.length, dimension);
            int block = Math.max(1, LARGEST / dimension);
            for (int start = 0; start < vectors.length; start += block) {
                int end = (int) Math.min(vectors.length, (long) start + block);
                copy(vectors, start, end, rows);
            }
            return new Neighbours(Scope.keep(rows), vectors.length, dimension);
        }
    }

    /** All of them at once need not fit an array of Java's. */
    private static void copy(float[][] vectors, int start, int end, Tensor rows) {
        try (Scope scope = Scope.open()) {
            rows.narrow(0, start, (long) end - start)
                    .copy_(Tensors.unitRows(tensor(vectors, start, end, Math.toIntExact(rows.size(1)))));
        }
    }

    private static int length(float[][] vectors) {
        if (vectors.length == 0 || vectors[0].length == 0) {
            throw new IllegalArgumentException("there is no vector");
        }
        return vectors[0].length;
    }

    private static Tensor tensor(float[][] vectors, int from, int to, int dimension) {
        float[] joined = new float[Math.multiplyExact(to - from, dimension)];
        for (int i = from; i < to; i++) {
            if (vectors[i].length != dimension) {
                throw new IllegalArgumentException("vector " + i + " has " + vectors[i].length + " numbers, and not "
                        + dimension + " as the others");
            }
            System.arraycopy(vectors[i], 0, joined, (i - from) * dimension, dimension);
        }
        return Tensors.of(joined, to - from, dimension);
    }

    /** {@return the number N of vectors} */
    public int size() {
        return count;
    }

    /**
     * The k most similar vectors, the most similar first; of equal ones the earlier first. Where the last of the k is as
     * similar as others that are left out, which of those is found is not said.
     *
     * @param query of the length D
     * @param k at least 1; all of them where there are fewer
     * @return k of them, or all where there are fewer
     * @throws IllegalArgumentException if the query has another length
     * @throws IllegalStateException if this is closed
     */
    public List<Hit> nearest(float[] query, int k) {
        return nearest(new float[][] {query}, k).get(0);
    }

    /**
     * {@link #nearest(float[], int)} for many queries.
     *
     * @param queries each of the length D
     * @param k at least 1
     * @return those of each query, in the same order
     */
    public List<List<Hit>> nearest(float[][] queries, int k) {
        if (k < 1) {
            throw new IllegalArgumentException("k = " + k + " must be at least 1");
        }
        return use.of(() -> search(queries, Math.min(k, count)));
    }

    private List<List<Hit>> search(float[][] queries, int most) {
        List<List<Hit>> found = new ArrayList<>();
        int step = Math.max(1, Math.min(BLOCK, LARGEST / count));
        for (int start = 0; start < queries.length; start += step) {
            int end = Math.min(queries.length, start + step);
            try (Scope scope = Scope.open();
                    NoGrad noGrad = NoGrad.open()) {
                Tensor block = Tensors.unitRows(tensor(queries, start, end, dimension));
                T_TensorTensor_T top = products(block).topk(most, 1, true, true);
                float[] similarities = Tensors.floats(top.get0());
                long[] places = Tensors.longs(top.get1());
                for (int query = 0; query < end - start; query++) {
                    found.add(hits(similarities, places, query * most, most));
                }
            }
        }
        return found;
    }

    /** Their threads share the rows of the first table: that should be the one that has enough. */
    private Tensor products(Tensor queries) {
        return queries.size(0) < torch.get_num_threads()
                ? RowProducts.of(rows, queries).t()
                : RowProducts.of(queries, rows);
    }

    private static List<Hit> hits(float[] similarities, long[] places, int from, int count) {
        List<Hit> hits = new ArrayList<>();
        for (int i = from; i < from + count; i++) {
            hits.add(new Hit((int) places[i], similarities[i]));
        }
        hits.sort(Comparator.comparing(Hit::similarity).reversed().thenComparing(Hit::row));
        return hits;
    }

    /** Waits for the calls under way on other threads, then frees the vectors. Later calls are refused. */
    @Override
    public void close() {
        use.close(rows::close);
    }
}
