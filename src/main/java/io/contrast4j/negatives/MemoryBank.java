package io.contrast4j.negatives;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * One feature for every training item (Wu et al., 2018): an n×D table whose row y follows the item's feature v by row ←
 * u/‖u‖ with u = m·row + (1−m)·v.
 *
 * <p>All rows are read before any is written; where an item occurs more than once in a batch, its last occurrence wins.
 */
public final class MemoryBank implements NegativeStore {
    /** Name of the rows in the state. */
    static final String ROWS = "memory";

    private final double momentum;
    private final Tensor rows;

    /**
     * @param momentum m, the share of the old row that is kept, 0 to 1
     * @param start what the rows are before their first update
     */
    @TypeName("memory-bank")
    public record Config(double momentum, Start start) implements NegativeStore.Config {
        public Config {
            new Problems().between("momentum", momentum, 0, 1).raise();
        }

        /** Started as in CMC. */
        public Config(double momentum) {
            this(momentum, Start.UNIFORM);
        }

        @Override
        public MemoryBank build(long items, long dim, ScalarType type, Device device) {
            return new MemoryBank(this, items, dim, type, device);
        }

        @Override
        public long rows(long items) {
            return items;
        }
    }

    /** A bank of n rows drawn from LibTorch's default generator: seed it first. */
    public MemoryBank(Config config, long n, long dim, ScalarType type, Device device) {
        this(config.momentum(), config.start().rows(n, dim, type, device));
    }

    /** @param rows n×D; owned by this bank */
    MemoryBank(double momentum, Tensor rows) {
        this.momentum = momentum;
        this.rows = rows;
    }

    @Override
    public Rows rows() {
        return Rows.of(rows);
    }

    /** All rows, n×D; live, so never changed before a step's backward pass is done. */
    public Tensor keys() {
        return rows;
    }

    @Override
    public Optional<Tensor> rowsOf(Tensor indices) {
        return Optional.of(rows.index_select(0, on(indices)));
    }

    @Override
    public void commit(Tensor keys, Tensor indices) {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            long[] items = Tensors.longs(indices);
            long[] winners = lastOccurrences(items);
            Tensor positions = on(Tensors.of(winners, winners.length));
            Tensor targets = on(
                    Tensors.of(Arrays.stream(winners).map(w -> items[(int) w]).toArray(), winners.length));
            Tensor fresh = keys.detach().index_select(0, positions).mul(new Scalar(1 - momentum));
            Tensor mixed =
                    rows.index_select(0, targets).mul(new Scalar(momentum)).add_(fresh);
            rows.index_copy_(0, targets, Tensors.unitRows(mixed));
        }
    }

    @Override
    public long population() {
        return rows.size(0);
    }

    private Tensor on(Tensor tensor) {
        return Tensors.to(tensor, rows.device());
    }

    private static long[] lastOccurrences(long[] items) {
        Set<Long> seen = new HashSet<>();
        return IntStream.iterate(items.length - 1, i -> i >= 0, i -> i - 1)
                .filter(i -> seen.add(items[i]))
                .asLongStream()
                .toArray();
    }

    @Override
    public Map<String, Object> state() {
        return Map.of(ROWS, rows);
    }

    @Override
    public void restore(Map<String, ?> state, String source) {
        StateDict.copy(Map.of(ROWS, rows), state, source);
    }

    @Override
    public void close() {
        rows.close();
    }
}
