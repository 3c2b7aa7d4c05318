package io.contrast4j.negatives;

import io.contrast4j.tensor.Tensors;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Which entries of a row are the most similar ones.
 *
 * <p>On a CPU this is a bucket sort: a row's range of values is cut into equal buckets, entries are counted, and only
 * those in the buckets that the wanted ranks fall into are sorted. A full sort, or LibTorch's top-k of a tenth of
 * the row, takes several times as long.
 */
final class Ranking {
    /** Entries of a bucket in the mean, if they were spread evenly. */
    private static final int PER_BUCKET = 8;

    private static final int MAX_BUCKETS = 1 << 14;

    /** Larger buckets are left to the library's sort. */
    private static final int SMALL = 48;

    private Ranking() {}

    /**
     * The columns of the ranks from … to−1 of each row, rank 0 being its largest entry; of equal entries the one further
     * left comes first.
     *
     * @param scores N×n, finite
     * @param from 0 … to
     * @param to at most n
     * @return N×(to−from) int64 on the device of the scores
     */
    static Tensor columns(Tensor scores, long from, long to) {
        Tensor table = scores.detach();
        if (table.is_cpu() && table.scalar_type().intern() == ScalarType.Float && to > from) {
            return sorted(table.contiguous(), (int) from, (int) to);
        }
        return table.sort(new BoolOptional(true), 1, true).get1().narrow(1, from, to - from);
    }

    private static Tensor sorted(Tensor table, int from, int to) {
        int rows = Math.toIntExact(table.size(0));
        int columns = Math.toIntExact(table.size(1));
        T_TensorTensor_T range = table.aminmax(new LongOptional(1), false);
        float[] least = Tensors.floats(range.get0());
        float[] most = Tensors.floats(range.get1());
        Tensor ranked = Tensors.empty(ScalarType.Long, rows, to - from);
        // Buffers are made here: workers have no scope that native handles could belong to.
        int workers = Math.min(rows, Runtime.getRuntime().availableProcessors());
        List<Worker> parts = new ArrayList<>();
        for (int w = 0; w < workers; w++) {
            int first = (int) ((long) rows * w / workers);
            int count = (int) ((long) rows * (w + 1) / workers) - first;
            FloatBuffer in = Tensors.bytes(table.narrow(0, first, count)).asFloatBuffer();
            LongBuffer out = Tensors.bytes(ranked.narrow(0, first, count)).asLongBuffer();
            parts.add(new Worker(in, out, first, count, columns, from, to));
        }
        parts.parallelStream().forEach(part -> part.run(least, most));
        return ranked;
    }

    /** Sorts some of the rows, one after the other. */
    private static final class Worker {
        private final FloatBuffer in;
        private final LongBuffer out;
        private final int first;
        private final int count;
        private final int from;
        private final int to;
        private final float[] row;
        private final int[] ends;
        private long[] members = new long[0];
        private final long[] ranked;

        Worker(FloatBuffer in, LongBuffer out, int first, int count, int columns, int from, int to) {
            this.in = in;
            this.out = out;
            this.first = first;
            this.count = count;
            this.from = from;
            this.to = to;
            this.row = new float[columns];
            this.ends = new int[Math.max(1, Math.min(MAX_BUCKETS, columns / PER_BUCKET)) + 2];
            this.ranked = new long[to - from];
        }

        void run(float[] least, float[] most) {
            for (int i = 0; i < count; i++) {
                in.get(row);
                sort(least[first + i], most[first + i]);
                out.put(ranked);
            }
        }

        private void sort(float least, float most) {
            int buckets = ends.length - 2;
            float range = most - least;
            float scale = range > 0 ? buckets / range : 0;
            Arrays.fill(ends, 0);
            for (float value : row) {
                ends[(int) ((most - value) * scale)]++;
            }
            int low = 0;
            int below = 0;
            while (below + ends[low] <= from) {
                below += ends[low++];
            }
            // Counts become the places where buckets start, from the first wanted bucket on.
            int high = low;
            int place = 0;
            while (below + place < to) {
                int size = ends[high];
                ends[high++] = place;
                place += size;
            }
            if (members.length < place) {
                members = new long[place + place / 4];
            }
            for (int column = 0; column < row.length; column++) {
                int bucket = (int) ((most - row[column]) * scale);
                if (bucket >= low && bucket < high) {
                    members[ends[bucket]++] = key(row[column], column);
                }
            }
            int start = 0;
            for (int bucket = low; bucket < high; bucket++) {
                sort(start, ends[bucket]);
                start = ends[bucket];
            }
            for (int r = 0; r < ranked.length; r++) {
                ranked[r] = members[from - below + r] & 0xFFFF_FFFFL;
            }
        }

        /** Ascending keys are descending values, then ascending columns. */
        private static long key(float value, int column) {
            int bits = Float.floatToRawIntBits(value + 0f); // −0 becomes 0
            int ascending = bits ^ (bits >> 31 & 0x7FFF_FFFF);
            return (long) ~ascending << 32 | column;
        }

        private void sort(int start, int end) {
            if (end - start > SMALL) {
                Arrays.sort(members, start, end);
                return;
            }
            for (int i = start + 1; i < end; i++) {
                long moving = members[i];
                int j = i - 1;
                while (j >= start && members[j] > moving) {
                    members[j + 1] = members[j];
                    j--;
                }
                members[j + 1] = moving;
            }
        }
    }
}
