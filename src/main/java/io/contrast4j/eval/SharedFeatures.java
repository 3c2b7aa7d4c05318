package io.contrast4j.eval;

import io.contrast4j.dist.Exchange;
import io.contrast4j.dist.Ranks;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Puts together the features of a data set, of which rank r of R has computed the batches r, r + R, …. */
record SharedFeatures(Ranks ranks) {
    /** @throws java.util.concurrent.CancellationException on all ranks if one of them is to stop */
    void checkStop(boolean isStopped) {
        double stopped = Exchange.sum(ranks, isStopped ? 1 : 0)[0];
        Stopping.check(() -> stopped > 0);
    }

    /**
     * The features of all ranks in the order of the data set. New tensors belong to the caller's scope.
     *
     * @param own those of this rank, in the order of its batches; 0×0 if it has none
     * @param sizes features of each of its batches: fewer than others where pictures are left out
     * @param device of the features
     */
    Features gathered(Features own, List<Integer> sizes, Device device) {
        if (ranks.world().isAlone()) {
            return own;
        }
        int size = ranks.world().size();
        long rows = own.values().size(0);
        long[] shapes = Tensors.longs(ranks.gather(
                Tensors.of(new long[] {rows, own.values().size(1), sizes.size()}, 1, 3)));
        long most = column(shapes, 0).max().orElse(0);
        long width = column(shapes, 1).max().orElse(0);
        long batches = column(shapes, 2).max().orElse(0);
        if (most == 0) {
            return own;
        }
        // All send equally many rows; what fills them up is left out again.
        Tensor values = Tensors.to(Tensors.zeros(ScalarType.Float, most, width), device);
        Tensor labels = Tensors.to(Tensors.zeros(ScalarType.Long, most), device);
        if (rows > 0) {
            values.narrow(0, 0, rows).copy_(own.values());
            labels.narrow(0, 0, rows).copy_(own.labels());
        }
        long[] lengths = new long[Math.toIntExact(batches)];
        for (int i = 0; i < sizes.size(); i++) {
            lengths[i] = sizes.get(i);
        }
        long[] all = Tensors.longs(ranks.gather(Tensors.of(lengths, 1, batches)));
        long[] order = order(all, size, Math.toIntExact(batches), most);
        Tensor chosen = Tensors.to(Tensors.of(order, order.length), device);
        return new Features(
                ranks.gather(values).index_select(0, chosen),
                ranks.gather(labels).index_select(0, chosen));
    }

    private static LongStream column(long[] shapes, int column) {
        return LongStream.iterate(column, i -> i < shapes.length, i -> i + 3).map(i -> shapes[(int) i]);
    }

    /** Where each feature is: batch after batch, one of each rank in turn. */
    private static long[] order(long[] lengths, int ranks, int batches, long most) {
        List<Long> order = new ArrayList<>();
        long[] next = new long[ranks];
        for (int batch = 0; batch < batches; batch++) {
            for (int rank = 0; rank < ranks; rank++) {
                for (long i = 0; i < lengths[rank * batches + batch]; i++) {
                    order.add(rank * most + next[rank]++);
                }
            }
        }
        return order.stream().mapToLong(i -> i).toArray();
    }
}
