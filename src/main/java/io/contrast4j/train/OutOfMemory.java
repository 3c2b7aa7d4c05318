package io.contrast4j.train;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.GpuMemory;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Device;

/** What LibTorch says when a step needs more memory than there is, and what to do then. */
public final class OutOfMemory {
    private static final Pattern ASKED = Pattern.compile("[Tt]ried to allocate (\\S+ (?:bytes|[KMG]iB))");
    private static final int LEAST = 2;
    private static final double GIB = 1L << 30;

    private OutOfMemory() {}

    /** Whether it is the message of one of LibTorch's allocators. */
    public static boolean is(RuntimeException failure) {
        String message = String.valueOf(failure.getMessage());
        return message.contains("out of memory") || message.contains("can't allocate memory");
    }

    /** One sentence where it is not known what took the memory: anything but the step of a training. */
    public static UserError error(RuntimeException cause) {
        Matcher asked = ASKED.matcher(String.valueOf(cause.getMessage()));
        return new UserError(
                UserError.FAILED,
                "There is not enough memory" + (asked.find() ? " for " + size(asked.group(1)) + " more" : "")
                        + "; choose a smaller batch, picture, network, queue or bank, or a smaller data set.",
                cause);
    }

    private static String size(String asked) {
        return asked.endsWith("bytes")
                ? String.format(Locale.ROOT, "%.1f GiB", Double.parseDouble(asked.split(" ")[0]) / GIB)
                : asked;
    }

    /**
     * The first of ¾, ½, ⅜, ¼, … of a batch with which a step is possible: found out by trying, as what a picture costs depends on
     * the network, its layers' algorithms and the method.
     */
    static Optional<Integer> fitting(int batchSize, IntPredicate trial) {
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
                        "cuda:%d, of which tensors had %.1f GiB,",
                        Math.max(0, device.index()),
                        GpuMemory.of(device).peak() / GIB)
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
