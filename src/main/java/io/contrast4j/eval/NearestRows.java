package io.contrast4j.eval;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The k rows of a table that have the largest inner products with each query, exactly: the first k of a stable sort. Of equal
 * products the one of the lower row comes first; what is no number is larger than all.
 *
 * <p>On a CPU, products are computed in tiles that fit the cache, and each is looked at while it is there: what is not above
 * the smallest of the k best so far, a comparison, is out. A sample of the rows tells beforehand above which product the k best
 * most likely are; where it was wrong, a tile is looked at again without it. So nearly all time is that of the products, and
 * memory is a few megabytes for each thread, whatever the numbers of rows are.
 */
public final class NearestRows {
    /** Queries that a caller gets at a time. */
    private static final int BLOCK = 1024;

    private static final int TILE_ROWS = 256;
    private static final int TILE_COLUMNS = 2048;

    /** Products that LibTorch sorts at a time. What it takes to do so is many times as large: 1.5 GB for these. */
    private static final long SORTED_AT_ONCE = 1 << 26;

    /** What a thread's candidates may take, in longs. */
    private static final int CANDIDATES = 1 << 20;

    private static final int LEAST_CAPACITY = 1024;

    private NearestRows() {}

    /**
     * The nearest rows of some queries.
     *
     * @param products B×k, from the largest on
     * @param rows B×k, int64: the numbers of the rows
     */
    public record Found(Tensor products, Tensor rows) {}

    /** Takes the nearest rows of some queries. */
    public interface Block {
        /**
         * @param first number of the first query
         * @param found freed afterwards
         */
        void take(long first, Found found);
    }

    /**
     * Of all queries, in order.
     *
     * @param queries N×D
     * @param table n×D
     * @param k at most n
     */
    public static void among(Tensor queries, Tensor table, int k, Block block) {
        blocks(queries, table, k, false, block);
    }

    /**
     * Of queries that are the rows of the table, each among the others.
     *
     * @param queries N×D, row i belonging to row i of the table
     * @param k at most N − 1
     */
    public static void amongOthers(Tensor queries, Tensor table, int k, Block block) {
        blocks(queries, table, k, true, block);
    }

    private static void blocks(Tensor queries, Tensor table, int k, boolean isOwn, Block block) {
        for (long first = 0; first < queries.size(0); first += BLOCK) {
            try (Scope scope = Scope.open()) {
                Tensor some = queries.narrow(0, first, Math.min(BLOCK, queries.size(0) - first));
                block.take(first, of(some, table, k, isOwn ? OptionalLong.of(first) : OptionalLong.empty()));
            }
        }
    }

    /**
     * Of one block of queries.
     *
     * @param own row of the first query, the others following, if queries are rows of the table; they are left out then
     */
    static Found of(Tensor queries, Tensor table, int k, OptionalLong own) {
        long others = table.size(0) - (own.isPresent() ? 1 : 0);
        if (k < 1 || k > others) {
            throw new IllegalArgumentException(k + " of " + others + " rows");
        }
        boolean isFloat = queries.scalar_type().intern() == ScalarType.Float;
        return queries.is_cpu() && isFloat ? tiled(queries, table, k, own) : sorted(queries, table, k, own);
    }

    private static Found sorted(Tensor queries, Tensor table, int k, OptionalLong own) {
        return sorted(queries, table, k, own, SORTED_AT_ONCE);
    }

    /** @param limit products that are sorted at a time */
    static Found sorted(Tensor queries, Tensor table, int k, OptionalLong own, long limit) {
        long count = queries.size(0);
        long part = Math.max(1, Math.min(count, limit / table.size(0)));
        Tensor products = queries.new_empty(count, k);
        Tensor rows = queries.new_empty(new long[] {count, k}, new TensorOptions(ScalarType.Long));
        for (long from = 0; from < count; from += part) {
            long size = Math.min(part, count - from);
            try (Scope scope = Scope.open()) {
                Tensor some = queries.narrow(0, from, size).mm(table.t());
                if (own.isPresent()) {
                    some.diagonal(own.getAsLong() + from, 0, 1).fill_(Tensors.scalar(Double.NEGATIVE_INFINITY));
                }
                T_TensorTensor_T all = some.sort(new BoolOptional(true), 1, true);
                products.narrow(0, from, size).copy_(all.get0().narrow(1, 0, k));
                rows.narrow(0, from, size).copy_(all.get1().narrow(1, 0, k));
            }
        }
        return new Found(products, rows);
    }

    private static Found tiled(Tensor queries, Tensor table, int k, OptionalLong own) {
        int count = Math.toIntExact(queries.size(0));
        Tensor products = Tensors.empty(ScalarType.Float, count, k);
        Tensor rows = Tensors.empty(ScalarType.Long, count, k);
        int capacity = (int) Math.min(Math.max(LEAST_CAPACITY, 4L * k), table.size(0));
        int threads = torch.get_num_threads();
        int fair = Math.max(1, (count + threads - 1) / threads);
        int height = Math.max(1, Math.min(Math.min(TILE_ROWS, fair), CANDIDATES / capacity));
        int tiles = (count + height - 1) / height;
        Tensor left = queries.contiguous();
        Optional<Sample> sample = Sample.of(table, k);
        // Each thread has some tiles; a stream over tiles would take the threads of whoever else uses the pool.
        IntStream.range(0, Math.min(threads, tiles)).parallel().forEach(thread -> {
            for (int tile = thread; tile < tiles; tile += threads) {
                int from = tile * height;
                int size = Math.min(height, count - from);
                try (Scope scope = Scope.open()) {
                    Tensor some = left.narrow(0, from, size);
                    Candidates found = new Candidates(size, k, capacity, own.isPresent() ? own.getAsLong() + from : -1);
                    sample.ifPresent(few -> found.expect(few.thresholds(some)));
                    scan(some, table, found);
                    if (!found.isComplete()) {
                        found.expect(Candidates.nothing(size));
                        scan(some, table, found);
                    }
                    found.write(products.narrow(0, from, size), rows.narrow(0, from, size));
                }
            }
        });
        return new Found(products, rows);
    }

    private static void scan(Tensor queries, Tensor table, Candidates found) {
        int size = Math.toIntExact(queries.size(0));
        int all = Math.toIntExact(table.size(0));
        int width = Math.min(TILE_COLUMNS, all);
        Tensor tile = Tensors.empty(ScalarType.Float, size, width);
        FloatBuffer values = Tensors.bytes(tile).asFloatBuffer();
        float[] row = new float[width];
        for (int first = 0; first < all; first += width) {
            int columns = Math.min(width, all - first);
            try (Scope scope = Scope.open()) {
                torch.mm_out(
                        tile.narrow(1, 0, columns),
                        queries,
                        table.narrow(0, first, columns).t());
            }
            for (int query = 0; query < size; query++) {
                values.get(query * width, row, 0, columns);
                found.add(query, row, columns, first);
            }
        }
    }

    /**
     * Rows at equal distances all over a large table. Of m of its n rows, m·k/n are among the k nearest in the mean: that which is
     * well behind so many tells a product that most likely, not surely, k rows are above.
     *
     * @param rows m×D
     * @param place which of them it is, by their products
     */
    private record Sample(Tensor rows, int place) {
        private static final int SIZE = 2048;
        private static final int LEAST = 64;

        /** Deviations of the number of the k nearest in a sample. */
        private static final double SAFE = 4;

        static Optional<Sample> of(Tensor table, int k) {
            long stride = table.size(0) / SIZE;
            double mean = (double) SIZE * k / table.size(0);
            int place = (int) Math.ceil(mean + SAFE * (Math.sqrt(mean) + 1));
            return stride < 2 || place >= SIZE
                    ? Optional.empty()
                    : Optional.of(new Sample(table.index_select(0, everyNth(stride)), place));
        }

        private static Tensor everyNth(long stride) {
            return Tensors.of(LongStream.range(0, SIZE).map(i -> i * stride).toArray(), SIZE);
        }

        float[] thresholds(Tensor queries) {
            Candidates found = new Candidates(Math.toIntExact(queries.size(0)), place, Math.max(LEAST, 4 * place), -1);
            scan(queries, rows, found);
            return found.least();
        }
    }

    /**
     * For each of some queries the best so far, and others. A candidate is one number: the product's bits, so that larger
     * products are larger numbers, before those of the row's number, inverted.
     */
    private static final class Candidates {
        private static final long LOW = 0xffff_ffffL;

        private final int k;
        private final long own;
        private final long[][] keys;
        private final int[] counts;
        /** What is not above it is out. Nothing is, below NaN. */
        private final float[] thresholds;

        Candidates(int queries, int k, int capacity, long own) {
            this.k = k;
            this.own = own;
            this.keys = new long[queries][capacity];
            this.counts = new int[queries];
            this.thresholds = nothing(queries);
        }

        /** Thresholds that nothing is below. */
        static float[] nothing(int queries) {
            float[] thresholds = new float[queries];
            Arrays.fill(thresholds, Float.NaN);
            return thresholds;
        }

        /** Begins again, with products that k rows are thought to be above. */
        void expect(float[] guesses) {
            System.arraycopy(guesses, 0, thresholds, 0, thresholds.length);
            Arrays.fill(counts, 0);
        }

        /** Whether there were k, for all queries. */
        boolean isComplete() {
            return Arrays.stream(counts).allMatch(count -> count >= k);
        }

        /** For each query the k-th largest product. */
        float[] least() {
            float[] least = new float[keys.length];
            for (int query = 0; query < keys.length; query++) {
                selectLargest(keys[query], counts[query], k);
                least[query] = threshold(keys[query]);
            }
            return least;
        }

        void add(int query, float[] products, int columns, int first) {
            long[] best = keys[query];
            int count = counts[query];
            float threshold = thresholds[query];
            long itself = own < 0 ? -1 : own + query - first;
            for (int i = 0; i < columns; i++) {
                float product = products[i];
                if (!(product <= threshold) && i != itself) {
                    if (count == best.length) {
                        selectLargest(best, count, k);
                        count = k;
                        threshold = threshold(best);
                        if (product <= threshold) {
                            continue;
                        }
                    }
                    best[count++] = key(product, first + i);
                }
            }
            counts[query] = count;
            thresholds[query] = threshold;
        }

        /** The smallest of the k best. A later row must be above it, as of equal ones the lower row is the nearer. */
        private float threshold(long[] best) {
            long least = best[0];
            for (int i = 1; i < k; i++) {
                least = Math.min(least, best[i]);
            }
            float product = product(least);
            return Float.isNaN(product) ? Float.POSITIVE_INFINITY : product;
        }

        void write(Tensor products, Tensor rows) {
            FloatBuffer values = Tensors.bytes(products).asFloatBuffer();
            LongBuffer numbers = Tensors.bytes(rows).asLongBuffer();
            for (int query = 0; query < keys.length; query++) {
                long[] best = keys[query];
                selectLargest(best, counts[query], k);
                Arrays.sort(best, 0, k);
                for (int i = k - 1; i >= 0; i--) {
                    values.put(product(best[i]));
                    numbers.put(~best[i] & LOW);
                }
            }
        }

        private static long key(float product, int row) {
            // Of both zeros neither is larger.
            int bits = Float.floatToIntBits(product + 0f);
            int ordered = bits ^ (bits >> 31 & Integer.MAX_VALUE);
            return (long) ordered << Integer.SIZE | ~row & LOW;
        }

        private static float product(long key) {
            int ordered = (int) (key >> Integer.SIZE);
            return Float.intBitsToFloat(ordered ^ (ordered >> 31 & Integer.MAX_VALUE));
        }
    }

    /** Brings the k largest of the first n, which are all different, to the front (Hoare's selection). */
    private static void selectLargest(long[] values, int n, int k) {
        int low = 0;
        int high = n - 1;
        while (low < high) {
            long pivot = median(values[low], values[low + high >>> 1], values[high]);
            int i = low;
            int j = high;
            while (i <= j) {
                while (values[i] > pivot) {
                    i++;
                }
                while (values[j] < pivot) {
                    j--;
                }
                if (i <= j) {
                    long swapped = values[i];
                    values[i++] = values[j];
                    values[j--] = swapped;
                }
            }
            if (k - 1 <= j) {
                high = j;
            } else if (k - 1 >= i) {
                low = i;
            } else {
                return;
            }
        }
    }

    private static long median(long a, long b, long c) {
        return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
    }
}
