package io.contrast4j.checkpoint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint whose source is known.
 *
 * @param source the program that wrote it
 * @param tree all of it
 * @param place where the state dict is
 * @param parts name of the part → name within the part → {@link org.bytedeco.pytorch.Tensor} or {@link TensorInfo}, in
 *     the file's order
 * @param unknown keys of the state dict that are in no part
 */
public record Recognized(
        Source source,
        @Nullable Object tree,
        List<String> place,
        Map<String, Map<String, Object>> parts,
        List<String> unknown) {
    private static final Pattern BUFFER = Pattern.compile("(.*\\.)?(running_mean|running_var|num_batches_tracked)");

    /** Which of the sources a tree is from, if any. */
    public static Optional<Recognized> in(@Nullable Object tree) {
        return Sources.all().stream()
                .map(source -> source.recognize(tree))
                .flatMap(Optional::stream)
                .findFirst();
    }

    /** The tensors of a part; empty if the file has none. */
    public Map<String, Object> part(String name) {
        return parts.getOrDefault(name, Map.of());
    }

    /** What the optimizer saved, untouched; nothing if the file has no optimizer. */
    public Optional<Object> optimizer() {
        return source.optimizer().flatMap(trained -> Optional.ofNullable(Trees.at(tree, trained.at())));
    }

    /**
     * The parameters in the order in which the optimizer numbers them, as {@code encoder.conv1.weight}: part and name.
     * Buffers are no parameters.
     */
    public List<String> trained() {
        List<String> names = new ArrayList<>();
        source.optimizer()
                .ifPresent(trained -> trained.parts()
                        .forEach(part -> part(part).keySet().stream()
                                .filter(name -> !isBuffer(name))
                                .filter(name -> trained.names().isEmpty()
                                        || trained.names().contains(name))
                                .forEach(name -> names.add(part + "." + name))));
        return names;
    }

    /** Whether a tensor of this name is part of a network's state but not trained: a running mean. */
    static boolean isBuffer(String name) {
        return BUFFER.matcher(name).matches();
    }

    /** A part with the names of a torchvision ResNet: what has no place in one is left out. */
    Map<String, Object> torchvision(String part) {
        Map<String, Object> renamed = new LinkedHashMap<>();
        part(part).forEach((name, tensor) -> {
            String other = torchvisionName(part, name);
            if (!other.isEmpty()) {
                renamed.put(other, tensor);
            }
        });
        return renamed;
    }

    /** What a tensor of a part is called in a torchvision ResNet; empty if it has no place in one. */
    String torchvisionName(String part, String name) {
        List<Source.Rule> rules = source.parts().stream()
                .filter(candidate -> candidate.name().equals(part))
                .findFirst()
                .map(Source.Part::torchvision)
                .orElse(List.of());
        return Source.Rule.apply(rules, name);
    }

    /** The options of the run, as they were saved. */
    public Optional<Object> options() {
        for (String key : List.of("opt", "args", "hyper_parameters")) {
            Object value = Trees.at(tree, List.of(key));
            if (value != null) {
                return Optional.of(value);
            }
        }
        return Optional.empty();
    }
}
