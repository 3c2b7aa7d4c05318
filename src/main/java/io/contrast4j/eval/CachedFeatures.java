package io.contrast4j.eval;

import io.contrast4j.data.Batching;
import io.contrast4j.data.EpochOrder;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Vectors that were computed once and stay in memory, so that a pass takes milliseconds. There is one view of each picture
 * then, and no augmentation.
 */
public final class CachedFeatures implements FeatureSource, AutoCloseable {
    private final Map<String, Tensor> vectors;
    private final Tensor labels;
    private final EpochOrder order;
    private final Batching batching;
    private final Runnable close;

    /**
     * @param vectors of each output N×D; they stay the caller's
     * @param labels N, int64, on the same device
     * @param order in which an epoch goes through the rows
     */
    public CachedFeatures(Map<String, Tensor> vectors, Tensor labels, EpochOrder order, Batching batching) {
        this(vectors, labels, order, batching, () -> {});
    }

    private CachedFeatures(
            Map<String, Tensor> vectors, Tensor labels, EpochOrder order, Batching batching, Runnable close) {
        this.vectors = new LinkedHashMap<>(vectors);
        this.labels = labels;
        this.order = order;
        this.batching = batching;
        this.close = close;
    }

    /**
     * Keeps what one pass of another source gives; owned by the caller.
     *
     * @param order in which an epoch goes through so many rows
     */
    public static CachedFeatures of(
            FeatureSource once, IntFunction<EpochOrder> order, Batching batching, BooleanSupplier stop) {
        Map<String, List<Tensor>> pieces = new LinkedHashMap<>();
        List<Tensor> labels = new ArrayList<>();
        Arena whole = new Arena();
        try (Arena parts = new Arena()) {
            once.pass(0, stop, (batch, some, classes) -> {
                some.forEach((name, rows) ->
                        pieces.computeIfAbsent(name, none -> new ArrayList<>()).add(parts.own(rows::clone)));
                labels.add(parts.own(classes::clone));
            });
            Map<String, Tensor> joined = new LinkedHashMap<>();
            pieces.forEach((name, some) -> joined.put(name, whole.own(() -> joined(some))));
            Tensor all = whole.own(() -> joined(labels));
            return new CachedFeatures(joined, all, order.apply(Math.toIntExact(all.size(0))), batching, whole::close);
        } catch (RuntimeException | Error failed) {
            whole.close();
            throw failed;
        }
    }

    private static Tensor joined(List<Tensor> pieces) {
        try (Scope scope = Scope.open()) {
            return Scope.keep(torch.cat(new TensorVector(pieces.toArray(new Tensor[0]))));
        }
    }

    /** The rows of each output. */
    public Map<String, Tensor> vectors() {
        return Map.copyOf(vectors);
    }

    /** The length of the vectors of each output. */
    public Map<String, Long> lengths() {
        Map<String, Long> lengths = new LinkedHashMap<>();
        vectors.forEach((name, rows) -> lengths.put(name, rows.size(1)));
        return lengths;
    }

    @Override
    public int batches() {
        return batching.count(order.size());
    }

    @Override
    public void pass(long epoch, BooleanSupplier stop, Taker taker) {
        int[] rows = order.indices(epoch);
        for (int batch = 0; batch < batches(); batch++) {
            Stopping.check(stop);
            try (Scope scope = Scope.open()) {
                int start = batch * batching.size();
                int end = Math.min(start + batching.size(), rows.length);
                if (order instanceof EpochOrder.Sequential) {
                    taker.take(
                            batch,
                            picked(all -> all.narrow(0, start, end - start)),
                            labels.narrow(0, start, end - start));
                    continue;
                }
                long[] some = Arrays.stream(rows, start, end).asLongStream().toArray();
                Tensor chosen = Tensors.to(Tensors.of(some, some.length), labels.device());
                taker.take(batch, picked(all -> all.index_select(0, chosen)), labels.index_select(0, chosen));
            }
        }
    }

    private Map<String, Tensor> picked(UnaryOperator<Tensor> some) {
        Map<String, Tensor> picked = new LinkedHashMap<>();
        vectors.forEach((name, rows) -> picked.put(name, some.apply(rows)));
        return picked;
    }

    @Override
    public void close() {
        close.run();
    }
}
