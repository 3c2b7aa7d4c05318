package io.contrast4j.negatives;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The features of the last batches (He et al., "Momentum Contrast for Unsupervised Visual Representation Learning",
 * 2020): a K×D table in which feature b of a batch goes to row (p + b) mod K, from a write position p that moves on by
 * the size N of the batch.
 *
 * <p>Any N will do: K need not be a multiple of it, and of a batch larger than the queue the last K features stay.
 * Features are kept as they are given.
 */
public final class FeatureQueue implements NegativeStore {
    private static final String ROWS = "queue";
    private static final String POSITION = "position";
    private static final String AGES = "ages";

    private final long items;
    private final Tensor rows;
    private final Tensor ages;
    private long position;

    /**
     * @param size number K of features that are kept, at least 1
     * @param start what the rows are before they are written
     */
    @TypeName("queue")
    public record Config(int size, Start start) implements NegativeStore.Config {
        public Config {
            new Problems().atLeast("size", size, 1).raise();
        }

        /** Started as in CMC. */
        public Config(int size) {
            this(size, Start.UNIFORM);
        }

        @Override
        public FeatureQueue build(long items, long dim, ScalarType type, Device device) {
            return new FeatureQueue(this, items, dim, type, device);
        }

        @Override
        public long rows(long items) {
            return size;
        }
    }

    /**
     * A queue of K rows drawn from LibTorch's default generator: seed it first.
     *
     * @param items size of the data set that features come from
     */
    public FeatureQueue(Config config, long items, long dim, ScalarType type, Device device) {
        this.items = items;
        this.rows = config.start().rows(config.size(), dim, type, device);
        try (Scope scope = Scope.open()) {
            this.ages = Scope.keep(Tensors.zeros(ScalarType.Long, config.size()));
        }
    }

    @Override
    public Rows rows() {
        return Rows.of(rows);
    }

    /** All rows, n×D; live, so never changed before a step's backward pass is done. */
    public Tensor keys() {
        return rows;
    }

    /** None: which picture a row came from is not kept. */
    @Override
    public Optional<Tensor> rowsOf(Tensor indices) {
        return Optional.empty();
    }

    @Override
    public void commit(Tensor keys, Tensor indices) {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            ages.add_(new Scalar(1L));
            long size = rows.size(0);
            long batch = keys.size(0);
            long next = Math.max(0, batch - size);
            while (next < batch) {
                long row = (position + next) % size;
                long run = Math.min(batch - next, size - row);
                rows.narrow(0, row, run).copy_(keys.detach().narrow(0, next, run));
                ages.narrow(0, row, run).zero_();
                next += run;
            }
            position = (position + batch) % size;
        }
    }

    /** Items of the data set, which is what NCE's noise is uniform over; not the length of the queue. */
    @Override
    public long population() {
        return items;
    }

    /** The row that the next feature goes to. */
    public long position() {
        return position;
    }

    /** {@code queue_age}, as {@link #age}. */
    @Override
    public Map<String, Double> monitors() {
        return Map.of("queue_age", age());
    }

    /** Mean number of steps since a row was written, or since the start for random ones. */
    public double age() {
        try (Scope scope = Scope.open()) {
            return Tensors.scalar(ages.sum()) / rows.size(0);
        }
    }

    @Override
    public Map<String, Object> state() {
        return Map.of(ROWS, rows, POSITION, position, AGES, ages);
    }

    /**
     * @param state as {@link #state()} returned it. The rows may also lie the other way, D×K, as the MoCo repositories
     *     keep them (K = D is taken for K×D); without ages, all rows are new.
     */
    @Override
    public void restore(Map<String, ?> state, String source) {
        long size = rows.size(0);
        if (!(state.get(POSITION) instanceof Long at) || at < 0 || at >= size) {
            throw new UserError(
                    UserError.FAILED,
                    source + " has no write position of a queue of " + size
                            + " features; use the store it was trained with.");
        }
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Map<String, Object> tensors = new HashMap<>(state);
            tensors.remove(POSITION);
            tensors.computeIfPresent(ROWS, (name, value) -> value instanceof Tensor table ? upright(table) : value);
            tensors.putIfAbsent(AGES, Tensors.zeros(ScalarType.Long, size));
            StateDict.copy(Map.of(ROWS, rows, AGES, ages), tensors, source);
        }
        position = at;
    }

    private Tensor upright(Tensor table) {
        boolean across = table.dim() == 2
                && rows.size(0) != rows.size(1)
                && table.size(0) == rows.size(1)
                && table.size(1) == rows.size(0);
        return across ? table.t() : table;
    }

    @Override
    public void close() {
        rows.close();
        ages.close();
    }
}
