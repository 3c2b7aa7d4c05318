package io.contrast4j.embed;

import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;

/**
 * Finds among N known vectors those of the highest cosine similarity, exactly: by the products of a block of queries with all
 * rows at a time. Its memory is that of the rows, 4·N·D bytes. May be used by any number of threads at once.
 */
public final class Neighbours implements AutoCloseable {
    private static final int BLOCK = 256;

    private final Tensor rows;
    private final int count;
    private final int dimension;

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
     * @param vectors N of one length D; they are copied
     * @throws IllegalArgumentException if there is none, or lengths differ
     */
    public static Neighbours of(float[][] vectors) {
        int dimension = length(vectors);
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            return new Neighbours(
                    Scope.keep(Tensors.unitRows(tensor(vectors, 0, vectors.length, dimension))),
                    vectors.length,
                    dimension);
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

    /** The number N of vectors. */
    public int size() {
        return count;
    }

    /**
     * The k most similar vectors, the most similar first; of equal ones the earlier first.
     *
     * @param k at least 1; all of them where there are fewer
     */
    public List<Hit> nearest(float[] query, int k) {
        return nearest(new float[][] {query}, k).get(0);
    }

    /** {@link #nearest(float[], int)} for many queries. */
    public List<List<Hit>> nearest(float[][] queries, int k) {
        if (k < 1) {
            throw new IllegalArgumentException("k = " + k + " must be at least 1");
        }
        List<List<Hit>> found = new ArrayList<>();
        int most = Math.min(k, count);
        for (int start = 0; start < queries.length; start += BLOCK) {
            int end = Math.min(queries.length, start + BLOCK);
            try (Scope scope = Scope.open();
                    NoGrad noGrad = NoGrad.open()) {
                Tensor block = Tensors.unitRows(tensor(queries, start, end, dimension));
                T_TensorTensor_T top = block.mm(rows.t()).topk(most, 1, true, true);
                float[] similarities = Tensors.floats(top.get0());
                long[] places = Tensors.longs(top.get1());
                for (int query = 0; query < end - start; query++) {
                    found.add(hits(similarities, places, query * most, most));
                }
            }
        }
        return found;
    }

    private static List<Hit> hits(float[] similarities, long[] places, int from, int count) {
        List<Hit> hits = new ArrayList<>();
        for (int i = from; i < from + count; i++) {
            hits.add(new Hit((int) places[i], similarities[i]));
        }
        hits.sort(Comparator.comparing(Hit::similarity).reversed().thenComparing(Hit::row));
        return hits;
    }

    @Override
    public void close() {
        rows.close();
    }
}
