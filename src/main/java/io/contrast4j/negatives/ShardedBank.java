package io.contrast4j.negatives;

import io.contrast4j.dist.Ranks;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A {@link MemoryBank} of which each rank has its share of the rows: rank r of R those from r·L on, L = ⌈n/R⌉. Its numbers are
 * those of the bank in one process. What is committed are the features of all ranks; each takes those of its own items, so that
 * nothing is sent for it.
 *
 * <p>Its state is that of the whole bank, and so independent of the number of ranks. For it the rows of all ranks are put
 * together: all ranks must ask for it at the same time. A rank that is given a state takes its part.
 */
public final class ShardedBank implements NegativeStore {
    private final MemoryBank own;
    private final ShardedRows rows;

    /**
     * A bank of n rows drawn from LibTorch's default generator as one process draws them: seed it first, on all ranks alike.
     *
     * @param ranks must be open as long as this is used
     */
    public ShardedBank(MemoryBank.Config config, long n, long dim, ScalarType type, Device device, Ranks ranks) {
        long length = ShardedRows.length(n, ranks);
        long first = ranks.world().rank() * length;
        try (Scope scope = Scope.open()) {
            Tensor whole = config.start().rows(n, dim, type, Tensors.device("cpu"));
            Tensor part = part(whole, first, length).clone();
            whole.close();
            this.own = new MemoryBank(config.momentum(), Scope.keep(Tensors.to(part, device)));
        }
        this.rows = new ShardedRows(ranks, own.keys(), n);
    }

    /** The rows of this rank, filled up with zeros where the whole has no more. */
    private static Tensor part(Tensor whole, long first, long length) {
        long from = Math.min(first, whole.size(0));
        Tensor there = whole.narrow(0, from, Math.min(length, whole.size(0) - from));
        Tensor part = whole.new_zeros(length, whole.size(1));
        part.narrow(0, 0, there.size(0)).copy_(there);
        return part;
    }

    @Override
    public Rows rows() {
        return rows;
    }

    /** {@inheritDoc} Each rank asks for the rows of its own items, equally many on all. */
    @Override
    public Optional<Tensor> rowsOf(Tensor indices) {
        return Optional.of(rows.each(indices));
    }

    /** {@inheritDoc} Features and positions of all ranks. */
    @Override
    public void commit(Tensor keys, Tensor indices) {
        try (Scope scope = Scope.open()) {
            long[] items = Tensors.longs(indices);
            long first = rows.first();
            long[] mine = IntStream.range(0, items.length)
                    .filter(i -> items[i] >= first && items[i] < first + own.population())
                    .mapToLong(i -> i)
                    .toArray();
            if (mine.length > 0) {
                Tensor chosen = Tensors.of(mine, mine.length);
                long[] local = IntStream.range(0, mine.length)
                        .mapToLong(i -> items[(int) mine[i]] - first)
                        .toArray();
                own.commit(
                        keys.detach().index_select(0, Tensors.to(chosen, keys.device())),
                        Tensors.of(local, local.length));
            }
        }
    }

    @Override
    public long population() {
        return rows.count();
    }

    @Override
    public Map<String, Object> state() {
        return Map.of(MemoryBank.ROWS, rows.all());
    }

    @Override
    public void restore(Map<String, ?> state, String source) {
        try (Scope scope = Scope.open()) {
            Tensor whole = own.keys().new_empty(rows.count(), own.keys().size(1));
            StateDict.copy(Map.of(MemoryBank.ROWS, whole), state, source);
            own.keys().copy_(part(whole, rows.first(), own.population()));
        }
    }

    @Override
    public void close() {
        own.close();
    }
}
