package io.contrast4j.tensor;

import io.contrast4j.spec.UserError;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What LibTorch says when a GPU does not do what it is told: memory errors that cannot be corrected, a card that has fallen off its
 * bus, a kernel that has failed. Whatever runs on a GPU is found out about by some later call, and most failures are those of all later calls, too.
 */
public final class GpuFailure {
    /** Through a Java callback it has come with the name of its exception. The rest of LibTorch's message are hints for who debugs kernels, and frames. */
    private static final Pattern SAID = Pattern.compile(
            "\\A(?:[\\w.$]+(?:Exception|Error): )*(CUDA|CUDA driver|cuDNN|cuDNN Frontend|cuFFT|cusolver) error: ([^\\n]+)");

    /** What kernels of a program do wrong, not the card. */
    private static final Pattern OF_PROGRAMS =
            Pattern.compile("assert|illegal memory access|invalid argument|misaligned");

    private GpuFailure() {}

    /** What it said, in LibTorch's words; empty if it is something else. */
    public static Optional<String> said(Throwable failure) {
        return Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
                .takeWhile(cause -> !(cause instanceof UserError))
                .map(cause -> SAID.matcher(String.valueOf(cause.getMessage())))
                .filter(Matcher::find)
                .map(said -> (said.group(1).equals("CUDA") ? "" : said.group(1) + ": ")
                        + said.group(2).strip())
                .findFirst();
    }

    /**
     * Whether a GPU has failed for good. Memory that it was to copy from must not be freed then: LibTorch would find the failure in a
     * destructor and end the process without a word of this program.
     */
    public static boolean isLasting() {
        return Cuda.gpus().stream().anyMatch(gpu -> CudaRuntime.isBroken(gpu));
    }

    /**
     * One sentence.
     *
     * @param device whose GPU it was, such as "cuda:0 (NVIDIA A100)"
     * @param said by {@link #said(Throwable)}
     * @param kept what is said about what has been done until then; empty or beginning with "; "
     */
    public static UserError error(Throwable cause, String device, String said, String kept) {
        String advice = OF_PROGRAMS.matcher(said).find()
                ? "if it comes again at the same place, it is a bug: please report it with the log"
                : "look at nvidia-smi and the kernel's messages (dmesg, Xid), and reset or replace the card if it comes again";
        return new UserError(
                UserError.FAILED,
                String.format(Locale.ROOT, "%s has failed: %s%s; %s.", device, said, kept, advice),
                cause);
    }
}
