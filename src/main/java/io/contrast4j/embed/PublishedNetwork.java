package io.contrast4j.embed;

import io.contrast4j.checkpoint.Namespace;
import io.contrast4j.checkpoint.Recognized;
import io.contrast4j.spec.UserError;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Works out from names and shapes what network a published checkpoint holds, and takes its source's recipe for the views.
 * The answer is a list of settings, {@code key=value}, so that users can put theirs on top.
 */
final class PublishedNetwork {
    private static final Map<List<Integer>, Integer> BASIC = Map.of(List.of(2, 2, 2, 2), 18, List.of(3, 4, 6, 3), 34);
    private static final Map<List<Integer>, Integer> BOTTLENECKS = Map.of(
            List.of(3, 4, 6, 3), 50,
            List.of(3, 4, 23, 3), 101,
            List.of(3, 8, 36, 3), 152);
    private static final int STAGES = 4;
    private static final int CMC_STEM = 64;
    private static final int CIFAR_KERNEL = 3;

    private final Recognized file;
    private final String name;
    private final Map<String, long[]> shapes;
    private final Map<String, long[]> heads;

    /**
     * @param name of the file, for messages
     * @param shapes of one encoder's tensors, by their names in it
     * @param heads shapes of the parts beside it, such as {@code head.0.weight}
     */
    PublishedNetwork(Recognized file, String name, Map<String, long[]> shapes, Map<String, long[]> heads) {
        this.file = file;
        this.name = name;
        this.shapes = shapes;
        this.heads = heads;
    }

    /** The settings of {@code encoder}. */
    List<String> encoder() {
        if (shapes.containsKey("conv_block_1.0.weight")) {
            return List.of("encoder.type=alexnet", "encoder.feature-dim=" + out("fc8.0.weight"));
        }
        if (shapes.containsKey("features.0.weight") && shapes.containsKey("l2.weight")) {
            return resNet(
                    "ring-resnet",
                    IntStream.rangeClosed(4, 7).mapToObj(i -> "features." + i).toList(),
                    "features.0.weight",
                    "feature-dim=" + out("l2.weight"));
        }
        if (!shapes.containsKey("conv1.weight") || !shapes.containsKey("layer4.0.conv1.weight")) {
            throw unknown();
        }
        List<String> stages = IntStream.rangeClosed(1, STAGES)
                .mapToObj(stage -> "layer" + stage)
                .toList();
        if (shapes.keySet().stream().anyMatch(key -> key.contains(".shortcut.") || key.startsWith("selfcon_layer."))
                || isSelfCon()) {
            return selfCon(stages);
        }
        boolean isCmc =
                List.of("cmc", "insdis", "cmc-moco").contains(file.source().name());
        if (out("conv1.weight") == CMC_STEM && shapes.containsKey("fc.weight") && (isCmc || planes() != CMC_STEM)) {
            return List.of(
                    "encoder.type=resnet",
                    "encoder.depth=" + depth(stages),
                    "encoder.width=" + (double) planes() / CMC_STEM,
                    "encoder.feature-dim=" + out("fc.weight"));
        }
        if (out("conv1.weight") != planes()) {
            throw unknown();
        }
        return torchvision(stages);
    }

    private boolean isSelfCon() {
        return file.source().name().startsWith("selfcon")
                || file.source().name().equals("supcontrast");
    }

    /** Channels of the first stage; its blocks' outputs have four times as many where they are bottlenecks. */
    private long planes() {
        return isBottleneck("layer1") ? out("layer1.0.conv3.weight") / 4 : out("layer1.0.conv1.weight");
    }

    private List<String> torchvision(List<String> stages) {
        String head = head(shapes, "fc");
        double inner = isBottleneck(stages.get(0)) ? (double) out("layer1.0.conv1.weight") / out("conv1.weight") : 1;
        return resNet(
                "torchvision-resnet",
                stages,
                "conv1.weight",
                "head=" + head,
                "inner-width=" + inner,
                "feature-dim=" + (head.equals("none") ? features() : headOut(shapes, "fc")));
    }

    private List<String> selfCon(List<String> stages) {
        List<Integer> exits = IntStream.range(1, STAGES)
                .filter(stage ->
                        shapes.keySet().stream().anyMatch(key -> key.startsWith("selfcon_layer." + (stage - 1) + ".")))
                .boxed()
                .toList();
        String head = head(heads, "head");
        List<String> more = new ArrayList<>(List.of("exits=" + exits));
        if (!exits.isEmpty()) {
            more.add("exit-size=" + exitSize(exits.get(0), stages));
        }
        if (!head.equals("none")) {
            more.add("head=" + head);
            more.add("feature-dim=" + headOut(heads, "head"));
        } else if (heads.containsKey("f_fc.weight")) {
            more.add("feature-dim=" + heads.get("f_fc.weight")[0]);
        }
        return resNet("selfcon-resnet", stages, "conv1.weight", more.toArray(new String[0]));
    }

    /** An exit after a stage has all the stages behind it once more, with half, as many or twice the blocks. */
    private String exitSize(int exit, List<String> stages) {
        String at = "selfcon_layer." + (exit - 1);
        if (shapes.containsKey(at + ".weight")) {
            return "fc";
        }
        String last = stages.get(STAGES - 1);
        int there = blocks(last);
        int here = blocks(at + "." + (STAGES - 1 - exit));
        return here == there ? "same" : here > there ? "large" : "small";
    }

    private List<String> resNet(String type, List<String> stages, String convolution, String... more) {
        List<String> settings = new ArrayList<>(List.of("encoder.type=" + type));
        settings.add("encoder.depth=" + depth(stages));
        settings.add("encoder.channels=" + out(convolution));
        settings.add("encoder.stem=" + (isCifar() ? "cifar" : "imagenet"));
        Arrays.stream(more).forEach(setting -> settings.add("encoder." + setting));
        return settings;
    }

    private boolean isCifar() {
        long[] first = shapes.getOrDefault("conv1.weight", shapes.get("features.0.weight"));
        return first != null && first[2] == CIFAR_KERNEL;
    }

    private boolean isBottleneck(String stage) {
        return shapes.containsKey(stage + ".0.conv3.weight");
    }

    private int depth(List<String> stages) {
        List<Integer> blocks = stages.stream().map(this::blocks).toList();
        Integer depth = (isBottleneck(stages.get(0)) ? BOTTLENECKS : BASIC).get(blocks);
        if (depth == null) {
            throw unknown();
        }
        return depth;
    }

    private int blocks(String stage) {
        int count = 0;
        while (shapes.containsKey(stage + "." + count + ".conv1.weight")) {
            count++;
        }
        return count;
    }

    private long features() {
        return planes() * (isBottleneck("layer1") ? 4 : 1) << (STAGES - 1);
    }

    /** One linear layer, two with a ReLU in between, or none. */
    private static String head(Map<String, long[]> shapes, String name) {
        return shapes.containsKey(name + ".weight")
                ? "linear"
                : shapes.containsKey(name + ".2.weight") ? "mlp" : "none";
    }

    private static long headOut(Map<String, long[]> shapes, String name) {
        return shapes.getOrDefault(name + ".weight", shapes.getOrDefault(name + ".2.weight", new long[] {0}))[0];
    }

    private long out(String tensor) {
        long[] shape = shapes.get(tensor);
        if (shape == null || shape.length == 0) {
            throw unknown();
        }
        return shape[0];
    }

    /** The settings of {@code views}: how the source's own evaluation makes an input of a picture. */
    List<String> views() {
        String recipe = switch (file.source().name()) {
            case "cmc", "pycontrast-two-view" -> "cmc";
            case "insdis", "cmc-moco", "pycontrast" -> "insdis";
            case "ring", "ring-moco" -> isCifar() ? "ring-32" : "moco-v2";
            case "selfcon", "selfcon-one-stage", "supcontrast" -> selfConRecipe();
            default -> isCifar() ? "selfcon-cifar-10" : "moco-v2";
        };
        List<String> settings = new ArrayList<>(List.of("views=${recipes." + recipe + "}"));
        if (recipe.equals("cmc")
                && option("view").filter("YCbCr"::equalsIgnoreCase).isPresent()) {
            settings.add("views.space=ycbcr");
        }
        return settings;
    }

    private String selfConRecipe() {
        String dataset = option("dataset").orElse("").toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
        return switch (dataset) {
            case "cifar10" -> "selfcon-cifar-10";
            case "cifar100" -> "selfcon-cifar-100";
            case "tinyimagenet" -> "selfcon-tiny-imagenet";
            case "imagenet", "imagenet100" -> "selfcon-imagenet";
            default -> isCifar() ? "selfcon-cifar-10" : "selfcon-imagenet";
        };
    }

    private Optional<String> option(String key) {
        Object options = file.options().orElse(Map.of());
        Object value = options instanceof Namespace namespace
                ? namespace.attributes().get(key)
                : options instanceof Map<?, ?> map ? map.get(key) : null;
        return value instanceof String text ? Optional.of(text) : Optional.empty();
    }

    private UserError unknown() {
        return new UserError(
                UserError.FAILED,
                name + " (" + file.source().about()
                        + ") holds a network that cannot be told by its tensors; say what it is"
                        + " by settings such as encoder.type=selfcon-vgg, as the configuration of a run does.");
    }
}
