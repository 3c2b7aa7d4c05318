package io.contrast4j.tensor;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.global.torch;

/**
 * A GPU.
 *
 * @param number N of cuda:N
 * @param memory all of it, in bytes
 * @param capability 10 times its compute capability: 80 is 8.0
 */
public record Gpu(int number, String name, long memory, int capability) {
    private static final Pattern CODE = Pattern.compile("code=(sm|compute)_(\\d+)(?![\\da-z])");
    private static final double GIB = 1L << 30;

    /** Why LibTorch cannot compute on it; empty if it can. */
    public Optional<String> unfit() {
        return unfit(torch.getCUDAHooks().showConfig().getString());
    }

    /**
     * @param config what LibTorch was built with: {@code … -gencode;arch=compute_80,code=sm_80;… }. Code of a capability runs on GPUs
     *     of the same first number and a second one that is not less; code of a virtual architecture on all later GPUs
     */
    Optional<String> unfit(String config) {
        List<MatchResult> codes = CODE.matcher(config).results().toList();
        boolean isFit = codes.isEmpty() || codes.stream().anyMatch(this::runs);
        return isFit
                ? Optional.empty()
                : Optional.of(String.format(
                        Locale.ROOT,
                        "cuda:%d (%s) is of compute capability %s, and this build of LibTorch has code for %s only",
                        number,
                        name,
                        dotted(capability),
                        codes.stream()
                                .map(code -> dotted(Integer.parseInt(code.group(2))))
                                .distinct()
                                .collect(Collectors.joining(", "))));
    }

    private boolean runs(MatchResult code) {
        int made = Integer.parseInt(code.group(2));
        return capability >= made && (code.group(1).equals("compute") || capability / 10 == made / 10);
    }

    private static String dotted(int capability) {
        return capability / 10 + "." + capability % 10;
    }

    /** {@code cuda:0 NVIDIA A100-SXM4-80GB, 79.3 GiB, compute capability 8.0}. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "cuda:%d %s, %.1f GiB, compute capability %s",
                number,
                name,
                memory / GIB,
                dotted(capability));
    }
}
