package io.contrast4j.train;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.GpuMemory;
import io.contrast4j.tensor.OutOfMemory;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Device;

/** What to do where a step of a training needs more memory than there is. */
final class FittingBatch {
    private static final int LEAST = 2;
    private static final double MIB = 1L << 20;

    private FittingBatch() {}

    /**
     * The first of ¾, ½, ⅜, ¼, … of a batch with which a step is possible: found out by trying, as what a picture costs depends on
     * the network, its layers' algorithms and the method.
     */
    static Optional<Integer> of(int batchSize, IntPredicate trial) {
        return IntStream.iterate(batchSize, size -> size >= LEAST, size -> size / 2)
                .flatMap(size -> IntStream.of(size * 3 / 4, size / 2))
                .filter(size -> size >= LEAST)
                .filter(trial)
                .boxed()
                .findFirst();
    }

    /**
     * One sentence for who can do something about it.
     *
     * @param fitting a batch size that was tried, if one was found
     * @param saved what is said about the state
     */
    static UserError error(
            RuntimeException cause, Device device, int batchSize, long step, Optional<Integer> fitting, String saved) {
        String where = device.is_cuda()
                ? String.format(
                        Locale.ROOT,
                        "%s, with at most %.0f MiB of tensors at a time,",
                        OutOfMemory.gpu(cause).orElse("cuda:" + Math.max(0, device.index())),
                        GpuMemory.of(device).peak() / MIB)
                : "the CPU";
        String advice = fitting.map(size -> "a step of " + size + " was tried and fits: set train.batch-size=" + size
                        + " (train.accumulate makes larger steps of small batches), or train.precision=bf16")
                .orElse("set a smaller train.batch-size or views.size, or train.precision=bf16");
        return new UserError(
                UserError.FAILED,
                "The memory of " + where + " is not enough for train.batch-size = " + batchSize + " at step " + step
                        + "; " + advice + saved + ".",
                cause);
    }
}
