package io.contrast4j.tensor;

import io.contrast4j.spec.UserError;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What LibTorch says when it needs more memory than there is. */
public final class OutOfMemory {
    private static final Pattern ASKED = Pattern.compile("[Tt]ried to allocate (\\S+ (?:bytes|[KMG]iB))");

    /** Of the caching allocator of GPUs. The number is that of cuda:N. */
    private static final Pattern GPU =
            Pattern.compile("GPU (\\d+) has a total capacity of (\\S+ \\S+) of which (\\S+ \\S+) is free");

    private static final double GIB = 1L << 30;

    private OutOfMemory() {}

    /** Whether it, or what has caused it, is the message of one of LibTorch's allocators or of CUDA's libraries. */
    public static boolean is(Throwable failure) {
        return said(failure).isPresent();
    }

    private static Optional<String> said(Throwable failure) {
        return Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
                .takeWhile(cause -> !(cause instanceof UserError))
                .map(cause -> String.valueOf(cause.getMessage()))
                .filter(message -> message.contains("out of memory")
                        || message.contains("can't allocate memory")
                        || message.contains("_STATUS_ALLOC_FAILED"))
                .findFirst();
    }

    /** One sentence where it is not known what took the memory. */
    public static UserError error(RuntimeException cause) {
        Matcher asked = ASKED.matcher(said(cause).orElse(""));
        return error(
                cause,
                asked.find() ? size(asked.group(1)) + " more" : "",
                "choose a smaller batch, picture, network, queue or bank, or a smaller data set");
    }

    /**
     * One sentence about what does not fit.
     *
     * @param what noun; empty if it is not known
     * @param advice what to do
     */
    public static UserError error(RuntimeException cause, String what, String advice) {
        String place = gpu(cause).map(gpu -> " on " + gpu).orElse("");
        return new UserError(
                UserError.FAILED,
                "There is not enough memory" + place + (what.isEmpty() ? "" : " for " + what) + "; " + advice + ".",
                cause);
    }

    /**
     * Makes something large.
     *
     * @throws UserError if there is no memory for it, as {@link #error(RuntimeException, String, String)}
     */
    public static <T> T told(String what, String advice, Supplier<T> made) {
        try {
            return made.get();
        } catch (RuntimeException failure) {
            throw is(failure) ? error(failure, what, advice) : failure;
        }
    }

    /** {@code cuda:0 (23.69 GiB, of which 1.02 GiB are free)}; empty if it was not a GPU's memory. */
    public static Optional<String> gpu(RuntimeException failure) {
        Matcher gpu = GPU.matcher(said(failure).orElse(""));
        return gpu.find()
                ? Optional.of(
                        "cuda:" + gpu.group(1) + " (" + gpu.group(2) + ", of which " + gpu.group(3) + " are free)")
                : Optional.empty();
    }

    private static String size(String asked) {
        return asked.endsWith("bytes") ? gib(Double.parseDouble(asked.split(" ")[0])) : asked;
    }

    static String gib(double bytes) {
        return String.format(Locale.ROOT, "%.1f GiB", bytes / GIB);
    }
}
