package io.contrast4j.model;

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
import org.jspecify.annotations.Nullable;

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
        String recipe = recipe().orElseGet(this::usual);
        List<String> settings = new ArrayList<>(List.of("views=${recipes." + recipe + "}"));
        option("size").filter(size -> isOfOwnPictures()).ifPresent(size -> {
            settings.add("views.size=" + size);
            settings.add("views.evaluation { resize = " + size + ", size = " + size + " }");
        });
        if (isOfOwnPictures() && option("mean").isPresent() && option("std").isPresent()) {
            settings.add("views.normalization { mean = " + numbers("mean") + ", deviation = " + numbers("std") + " }");
        }
        if (recipe.equals("cmc")
                && option("view").filter("YCbCr"::equalsIgnoreCase).isPresent()) {
            settings.add("views.space=ycbcr");
        }
        return settings;
    }

    /** The recipe that was taken although nothing in the file says so; none where the file or its source does. */
    Optional<String> assumed() {
        return recipe().isPresent() ? Optional.empty() : Optional.of("recipes." + usual());
    }

    /** What the file's options say, or the only one of its source. */
    private Optional<String> recipe() {
        return switch (file.source().name()) {
            case "cmc", "pycontrast-two-view" -> Optional.of("cmc");
            case "insdis", "cmc-moco", "pycontrast" -> Optional.of("insdis");
            case "ring", "ring-moco" -> ringRecipe();
            case "selfcon", "selfcon-one-stage", "supcontrast" -> selfConRecipe();
            default -> isCifar() ? Optional.empty() : Optional.of("moco-v2");
        };
    }

    private String usual() {
        return switch (file.source().name()) {
            case "ring", "ring-moco" -> isCifar() ? "ring-32" : "moco-v2";
            case "selfcon", "selfcon-one-stage", "supcontrast" -> isCifar() ? "selfcon-cifar-10" : "selfcon-imagenet";
            default -> isCifar() ? "selfcon-cifar-10" : "moco-v2";
        };
    }

    /** By the switch of ring's configuration, or else by its data set. */
    private Optional<String> ringRecipe() {
        for (int size : new int[] {32, 64, 96}) {
            if (option("mocov2_" + size + "x" + size + "_transforms").isPresent()) {
                return Optional.of("ring-" + size);
            }
        }
        if (option("mocov2_transforms").isPresent()) {
            return Optional.of("moco-v2");
        }
        return switch (dataset()) {
            case "cifar10", "cifar100" -> Optional.of("ring-32");
            case "tinyimagenet" -> Optional.of("ring-64");
            case "stl10" -> Optional.of("ring-96");
            case "imagenet", "imagenet100" -> Optional.of("moco-v2");
            default -> Optional.empty();
        };
    }

    private Optional<String> selfConRecipe() {
        return switch (dataset()) {
            case "cifar10", "path" -> Optional.of("selfcon-cifar-10");
            case "cifar100" -> Optional.of("selfcon-cifar-100");
            case "tinyimagenet" -> Optional.of("selfcon-tiny-imagenet");
            case "imagenet", "imagenet100" -> Optional.of("selfcon-imagenet");
            default -> Optional.empty();
        };
    }

    /** SupContrast's {@code --dataset path}, whose size, mean and deviation are options of their own. */
    private boolean isOfOwnPictures() {
        return file.source().name().equals("supcontrast") && dataset().equals("path");
    }

    private String dataset() {
        return option("dataset").orElse("").toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    }

    /** {@code (0.5, 0.4, 0.3)} as a list. */
    private String numbers(String key) {
        return "[" + option(key).orElse("").replaceAll("[^-+0-9.eE,]", "") + "]";
    }

    /** An option as text, if it is set: what is false is not. */
    private Optional<String> option(String key) {
        Object options = file.options().orElse(Map.of());
        Object value = option(options, key);
        if (value == null) {
            // Ring has groups of options.
            value = option(option(options, "data_params"), key);
        }
        return value == null || value.equals(false) ? Optional.empty() : Optional.of(value.toString());
    }

    private static @Nullable Object option(@Nullable Object options, String key) {
        return options instanceof Namespace namespace
                ? namespace.attributes().get(key)
                : options instanceof Map<?, ?> map ? map.get(key) : null;
    }

    private UserError unknown() {
        return new UserError(
                UserError.FAILED,
                name + " (" + file.source().about()
                        + ") holds a network that cannot be told by its tensors; say what it is"
                        + " by settings such as encoder.type=selfcon-vgg, as the configuration of a run does.");
    }
}
