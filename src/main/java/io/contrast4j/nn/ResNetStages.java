package io.contrast4j.nn;

import io.contrast4j.spec.Problems;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The four stages of a ResNet: stage s, counted from 0, has {@code channels·2^s} channels, four times as many at its
 * output where blocks are bottlenecks, and but for the first halves the side.
 *
 * @param bottleneck whether blocks are bottlenecks
 * @param blocks number of blocks of each stage
 * @param channels channels of the stem and the first stage, 64 in all published networks
 * @param innerWidth factor on the channels inside a bottleneck: 2 for torchvision's wide_resnet50_2 and 101_2
 * @param zeroInitResidual whether every block starts as its shortcut alone
 */
public record ResNetStages(
        boolean bottleneck, List<Integer> blocks, int channels, double innerWidth, boolean zeroInitResidual) {
    private static final Map<Integer, List<Integer>> BLOCKS = Map.of(
            18, List.of(2, 2, 2, 2),
            34, List.of(3, 4, 6, 3),
            50, List.of(3, 4, 6, 3),
            101, List.of(3, 4, 23, 3),
            152, List.of(3, 8, 36, 3));

    public ResNetStages {
        blocks = List.copyOf(blocks);
        new Problems()
                .require(
                        blocks.size() == 4 && blocks.stream().allMatch(count -> count >= 1),
                        "blocks",
                        blocks,
                        "four numbers of at least 1")
                .atLeast("channels", channels, 1)
                .atLeast("innerWidth", innerWidth, 1.0 / channels)
                .require(bottleneck || innerWidth == 1, "innerWidth", innerWidth, "1 where blocks are no bottlenecks")
                .raise();
    }

    /** The published depths. */
    static Set<Integer> depths() {
        return new TreeSet<>(BLOCKS.keySet());
    }

    /**
     * The stages of a published depth.
     *
     * @param depth 18 or 34 (basic blocks), 50, 101 or 152 (bottlenecks)
     */
    public static ResNetStages of(int depth, int channels, double innerWidth, boolean zeroInitResidual) {
        return new ResNetStages(depth >= 50, blocks(depth), channels, innerWidth, zeroInitResidual);
    }

    /** The number of blocks of each stage of a published depth. */
    static List<Integer> blocks(int depth) {
        List<Integer> blocks = BLOCKS.get(depth);
        if (blocks == null) {
            throw new IllegalArgumentException("a ResNet has a depth out of " + depths() + ", not " + depth);
        }
        return blocks;
    }

    /** Channels at the output of a stage, counted from 0. */
    int outputs(int stage) {
        return (bottleneck ? 4 : 1) * channels << stage;
    }

    /** Channels at the output of the last stage. */
    public int features() {
        return outputs(blocks.size() - 1);
    }

    /**
     * The blocks of a stage with fresh weights.
     *
     * @param count number of blocks
     * @param shortcutName what projections are registered as
     */
    Sequence build(int stage, int count, String shortcutName) {
        int inner = (int) ((channels << stage) * innerWidth);
        Sequence row = new Sequence();
        for (int i = 0; i < count; i++) {
            int in = i > 0 ? outputs(stage) : stage > 0 ? outputs(stage - 1) : channels;
            int stride = stage > 0 && i == 0 ? 2 : 1;
            ResidualBlock block = new ResidualBlock(in, inner, outputs(stage), stride, bottleneck, shortcutName);
            if (zeroInitResidual) {
                block.startAsShortcut();
            }
            row.add(block, block::forward);
        }
        return row;
    }

    /** The blocks of a stage, as many as it has. */
    Sequence build(int stage, String shortcutName) {
        return build(stage, blocks.get(stage), shortcutName);
    }
}
