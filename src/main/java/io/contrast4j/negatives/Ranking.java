package io.contrast4j.negatives;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Which entries of each row of a table are the most similar ones: on a CPU by {@link RowRanking}, the rows dealt out to all
 * cores, elsewhere by LibTorch's sort.
 */
final class Ranking {
    /** Entries that LibTorch sorts at a time. What it takes to do so is many times as large: 1.5 GB for these. */
    private static final long SORTED_AT_ONCE = 1 << 26;

    private Ranking() {}

    /**
     * The columns of the ranks from … to−1 of each row, rank 0 being its largest entry; of equal entries the one further
     * left comes first. NaNs come last, or first where LibTorch sorts.
     *
     * @param scores N×n
     * @param from 0 … to
     * @param to at most n
     * @return N×(to−from) int64 on the device of the scores
     */
    static Tensor columns(Tensor scores, long from, long to) {
        Tensor table = scores.detach();
        if (from == to) {
            return table.narrow(1, from, 0).to(ScalarType.Long);
        }
        if (table.is_cpu() && table.scalar_type().intern() == ScalarType.Float) {
            return sorted(table.contiguous(), (int) from, (int) to, Integer.MAX_VALUE);
        }
        return sortedByLibTorch(table, from, to, SORTED_AT_ONCE);
    }

    /** @param limit entries of the rows that are sorted at a time */
    static Tensor sortedByLibTorch(Tensor table, long from, long to, long limit) {
        long rows = table.size(0);
        long part = Math.max(1, Math.min(rows, limit / table.size(1)));
        Tensor ranked = table.new_empty(new long[] {rows, to - from}, new TensorOptions(ScalarType.Long));
        for (long first = 0; first < rows; first += part) {
            try (Scope scope = Scope.open()) {
                Tensor some = table.narrow(0, first, Math.min(part, rows - first));
                Tensor columns = some.sort(new BoolOptional(true), 1, true).get1();
                ranked.narrow(0, first, some.size(0)).copy_(columns.narrow(1, from, to - from));
            }
        }
        return ranked;
    }

    /** @param limit bytes of the rows of a part, and of their ranks; a buffer cannot have more than 2 GiB */
    static Tensor sorted(Tensor table, int from, int to, int limit) {
        int rows = Math.toIntExact(table.size(0));
        int columns = Math.toIntExact(table.size(1));
        Tensor ranked = Tensors.empty(ScalarType.Long, rows, to - from);
        long rowBytes = Math.max((long) Float.BYTES * columns, (long) Long.BYTES * (to - from));
        int count = Math.max(Math.min(rows, Runtime.getRuntime().availableProcessors()), parts(rows, rowBytes, limit));
        // Buffers are made here: workers have no scope that native handles could belong to.
        List<Part> parts = new ArrayList<>();
        for (int p = 0; p < count; p++) {
            int first = (int) ((long) rows * p / count);
            int end = (int) ((long) rows * (p + 1) / count);
            FloatBuffer in = Tensors.bytes(table.narrow(0, first, end - first)).asFloatBuffer();
            LongBuffer out = Tensors.bytes(ranked.narrow(0, first, end - first)).asLongBuffer();
            parts.add(new Part(in, out, end - first));
        }
        parts.parallelStream().forEach(part -> {
            RowRanking ranking = new RowRanking(columns, from, to);
            for (int row = 0; row < part.rows; row++) {
                part.in.get(ranking.row());
                part.out.put(ranking.ranked());
            }
        });
        return ranked;
    }

    /** The number of equal parts, of a row at least, that have at most so many bytes each. */
    static int parts(int rows, long rowBytes, int limit) {
        long rowsOfPart = Math.max(1, limit / rowBytes);
        return (int) ((rows + rowsOfPart - 1) / rowsOfPart);
    }

    /** Some rows and where their ranks go. */
    private record Part(FloatBuffer in, LongBuffer out, int rows) {}
}
