package io.contrast4j.negatives;

import io.contrast4j.dist.Ranks;
import io.contrast4j.tensor.NoGrad;
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
 * <p>Its state, which rank 0 has once it is {@linkplain #assemble assembled}, is that of the whole bank, and so independent of
 * the number of ranks. A rank that is given a state takes its part.
 */
public final class ShardedBank implements NegativeStore {
    /** Numbers that go from each rank to all at a time where the bank is put together: 32 MB of float32. */
    private static final long BLOCK = 1 << 23;

    private final MemoryBank own;
    private final ShardedRows rows;

    /** The whole, on the CPU of rank 0, until the bank changes. */
    private Optional<Tensor> whole = Optional.empty();

    /**
     * A bank of n rows drawn from LibTorch's default generator as one process draws them: seed it first, on all ranks alike.
     *
     * @param ranks must be open as long as this is used
     */
    public ShardedBank(MemoryBank.Config config, long n, long dim, ScalarType type, Device device, Ranks ranks) {
        long length = ShardedRows.length(n, ranks);
        long first = ranks.world().rank() * length;
        try (Scope scope = Scope.open()) {
            Tensor all = config.start().rows(n, dim, type, Tensors.device("cpu"));
            Tensor part = part(all, first, length);
            all.close();
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
        forget();
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

    /** {@inheritDoc} A piece at a time: the whole is in the memory of rank 0's host only. */
    @Override
    public void assemble() {
        forget();
        boolean isFirst = rows.ranks().world().isFirst();
        long length = own.population();
        long dim = own.keys().size(1);
        long block = Math.max(1, BLOCK / dim);
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            int size = rows.ranks().world().size();
            Tensor all = Tensors.empty(own.keys().scalar_type().intern(), isFirst ? size : 0, length, dim);
            for (long from = 0; from < length; from += block) {
                try (Scope piece = Scope.open()) {
                    long count = Math.min(block, length - from);
                    Tensor gathered = rows.ranks().gather(own.keys().narrow(0, from, count));
                    if (isFirst) {
                        all.narrow(1, from, count).copy_(gathered.view(size, count, dim));
                    }
                }
            }
            if (isFirst) {
                whole = Optional.of(Scope.keep(all.view(-1, dim).narrow(0, 0, rows.count())));
            }
        }
    }

    private void forget() {
        whole.ifPresent(Tensor::close);
        whole = Optional.empty();
    }

    /**
     * {@inheritDoc} On other ranks than the first, the rows of this rank.
     *
     * @throws IllegalStateException on the first rank if it was not assembled since the last change: a part must not be taken
     *     for the whole
     */
    @Override
    public Map<String, Object> state() {
        if (whole.isEmpty() && rows.ranks().world().isFirst()) {
            throw new IllegalStateException(
                    "the bank is dealt out, and its state was asked for before it was assembled");
        }
        return Map.of(MemoryBank.ROWS, whole.orElse(own.keys()));
    }

    @Override
    public void restore(Map<String, ?> state, String source) {
        forget();
        try (Scope scope = Scope.open()) {
            Tensor all = Tensors.empty(
                    own.keys().scalar_type().intern(), rows.count(), own.keys().size(1));
            StateDict.copy(Map.of(MemoryBank.ROWS, all), state, source);
            own.keys().copy_(part(all, rows.first(), own.population()));
        }
    }

    @Override
    public void close() {
        forget();
        own.close();
    }
}
