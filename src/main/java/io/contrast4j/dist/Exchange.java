package io.contrast4j.dist;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What can be said with the methods of {@link Ranks}. */
public final class Exchange {
    private Exchange() {}

    /** Puts the mean over all ranks in the place of each tensor of floating-point numbers; some may share their memory. */
    public static void mean(Ranks ranks, List<Tensor> tensors) {
        int size = ranks.world().size();
        if (size > 1) {
            // Divided together: two that share their memory would be divided twice.
            FlatTensors.change(tensors, flat -> {
                ranks.sum(List.of(flat));
                flat.div_(Tensors.scalar(size));
            });
        }
    }

    /** The sum of each number over all ranks, the same bits on all. */
    public static double[] sum(Ranks ranks, double... numbers) {
        try (Scope scope = Scope.open()) {
            Tensor sums = Tensors.of(numbers, numbers.length);
            ranks.sum(List.of(sums));
            return Tensors.doubles(sums);
        }
    }

    /** Returns when all ranks have come here. */
    public static void barrier(Ranks ranks) {
        sum(ranks, 1);
    }

    /**
     * A text that rank 0 makes, however long that takes, and all get; the others wait for it without any time-out as long as
     * rank 0 is there.
     */
    public static String byFirst(Ranks ranks, Supplier<String> text) {
        return ranks instanceof ProcessRanks processes ? processes.tell(text) : text.get();
    }

    /** The text of every rank, in their order. */
    public static List<String> texts(Ranks ranks, String text) {
        byte[] own = text.getBytes(StandardCharsets.UTF_8);
        try (Scope scope = Scope.open()) {
            long[] lengths = Tensors.longs(ranks.gather(Tensors.of(new long[] {own.length}, 1)));
            int longest = (int) LongStream.of(lengths).max().orElse(0);
            List<String> texts = new ArrayList<>();
            if (longest == 0) {
                return Arrays.stream(lengths).mapToObj(length -> "").toList();
            }
            Tensor padded = Tensors.zeros(ScalarType.Byte, 1, longest);
            Tensors.bytes(padded).put(own);
            byte[] all = new byte[Math.multiplyExact(longest, lengths.length)];
            Tensors.bytes(ranks.gather(padded)).get(all);
            for (int rank = 0; rank < lengths.length; rank++) {
                texts.add(new String(all, rank * longest, (int) lengths[rank], StandardCharsets.UTF_8));
            }
            return texts;
        }
    }
}
