package io.contrast4j.checkpoint;

import io.contrast4j.spec.UserError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Makes of a checkpoint whose source is known the tree that another program reads. Strict: a key that is in no known part
 * is an error, and so is a part that the target needs and the file has not.
 */
public final class Conversion {
    private static final String ENCODER = "encoder";
    private static final String KEY_ENCODER = "key-encoder";
    private static final List<String> TWO_VIEWS = List.of("encoder-l", "encoder-ab");

    private final Recognized from;
    private final String file;
    private final Set<String> used = new LinkedHashSet<>();

    /**
     * @param from loaded, not only listed
     * @param file to be named in messages
     * @throws UserError if it has keys that are in no part of its source
     */
    public Conversion(Recognized from, String file) {
        this.from = from;
        this.file = file;
        if (!from.unknown().isEmpty()) {
            List<String> unknown = from.unknown();
            throw new UserError(
                    UserError.FAILED,
                    file + " was taken for " + from.source().about() + ", but has " + unknown.size()
                            + " keys that these do not have: "
                            + String.join(", ", unknown.subList(0, Math.min(3, unknown.size())))
                            + (unknown.size() > 3 ? ", …" : "") + "; convert it with --to pth or --to safetensors.");
        }
    }

    /**
     * The backbone of one encoder as torchvision's ResNet has it.
     *
     * @param part which encoder
     * @param head whether the layers {@code fc} that follow it are kept
     */
    public OrderedDict torchvision(String part, Head head) {
        OrderedDict dict = new OrderedDict();
        resNet(part).forEach((name, tensor) -> {
            if (head == Head.KEEP || !name.startsWith("fc.")) {
                dict.put(name, tensor);
            }
        });
        return dict;
    }

    /** What becomes of the last layers of an encoder. */
    public enum Head {
        KEEP,
        DROP
    }

    /** The parts that have no place in what was made. */
    public List<String> leftOut() {
        return from.parts().keySet().stream()
                .filter(part -> !used.contains(part))
                .toList();
    }

    private Map<String, Object> part(String name) {
        used.add(name);
        return from.part(name);
    }

    /**
     * MoCo's layout: {@code epoch}, {@code arch}, {@code state_dict}, {@code optimizer}.
     *
     * @param query the part that becomes the query encoder
     */
    public Map<String, Object> moco(String query) {
        OrderedDict state = new OrderedDict();
        part("queue").forEach((name, tensor) -> state.put("module." + name, queue(name, (Tensor) tensor)));
        Map<String, String> renamed = new LinkedHashMap<>();
        for (String part : query.equals(ENCODER) ? List.of(ENCODER, KEY_ENCODER) : List.of(query)) {
            if (part.equals(query) || !from.part(part).isEmpty()) {
                String prefix = part.equals(query) ? "module.encoder_q." : "module.encoder_k.";
                Map<String, Object> names = resNet(part);
                names.forEach((name, tensor) -> state.put(prefix + name, tensor));
                // In the same order, as renaming keeps it.
                List<String> old = new ArrayList<>(from.part(part).keySet());
                List<String> young = new ArrayList<>(names.keySet());
                for (int i = 0; i < Math.min(old.size(), young.size()); i++) {
                    renamed.put(part + "." + old.get(i), prefix + young.get(i));
                }
            }
        }
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("epoch", epoch("next"));
        tree.put(
                "arch",
                from.tree() instanceof Map<?, ?> root && root.get("arch") instanceof String arch ? arch : arch(query));
        tree.put("state_dict", state);
        optimizer(
                        state.keySet().stream()
                                .map(Object::toString)
                                .filter(this::isParameter)
                                .toList(),
                        renamed)
                .ifPresent(saved -> tree.put("optimizer", saved));
        return tree;
    }

    /** CMC's layout, that of InsDis and of its MoCo: {@code opt}, {@code model}, {@code contrast}, {@code optimizer}, {@code epoch}. */
    public Map<String, Object> cmc() {
        Map<String, String> prefixes = new LinkedHashMap<>();
        prefixes.put(TWO_VIEWS.get(0), "encoder.module.l_to_ab.");
        prefixes.put(TWO_VIEWS.get(1), "encoder.module.ab_to_l.");
        prefixes.put(ENCODER, "encoder.module.");
        Map<String, Object> tree = run(prefixes, List.of(ENCODER));
        Map<String, Object> contrast = part("contrast");
        Map<String, Object> whole = new LinkedHashMap<>();
        whole.put("opt", tree.get("opt"));
        whole.put("model", tree.get("model"));
        if (!contrast.isEmpty()) {
            whole.put("contrast", new OrderedDict(contrast));
        }
        tree.forEach(whole::putIfAbsent);
        if (!from.part(KEY_ENCODER).isEmpty()) {
            OrderedDict average = new OrderedDict();
            part(KEY_ENCODER).forEach((name, tensor) -> average.put("encoder.module." + name, tensor));
            whole.put("model_ema", average);
        }
        return whole;
    }

    /** SelfCon's and SupContrast's layout: {@code opt}, {@code model}, {@code optimizer}, {@code epoch}. */
    public Map<String, Object> selfCon() {
        Map<String, String> prefixes = new LinkedHashMap<>();
        for (Source.Part part : from.source().parts()) {
            if (from.source().name().startsWith("selfcon")
                    || from.source().name().equals("supcontrast")) {
                prefixes.put(part.name(), part.prefix());
            }
        }
        if (prefixes.isEmpty()) {
            throw new UserError(
                    UserError.FAILED,
                    file + " is " + from.source().about()
                            + ", whose networks SelfCon does not have; convert it with --to" + " torchvision.");
        }
        return run(prefixes, List.of(ENCODER));
    }

    private Map<String, Object> run(Map<String, String> prefixes, List<String> fallback) {
        OrderedDict model = new OrderedDict();
        Map<String, String> renamed = new LinkedHashMap<>();
        prefixes.forEach((part, prefix) -> part(part).forEach((name, tensor) -> {
            model.put(prefix + name, tensor);
            renamed.put(part + "." + name, prefix + name);
        }));
        if (model.isEmpty()) {
            throw missing(fallback.get(0));
        }
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("opt", options());
        tree.put("model", model);
        optimizer(
                        model.keySet().stream()
                                .map(Object::toString)
                                .filter(this::isParameter)
                                .toList(),
                        renamed)
                .ifPresent(saved -> tree.put("optimizer", saved));
        tree.put("epoch", epoch("finished"));
        return tree;
    }

    /** The scripts expect the options as attributes. */
    private Namespace options() {
        Object options = from.options().orElse(Map.of());
        if (options instanceof Namespace namespace) {
            return new Namespace(texts(namespace.attributes()));
        }
        return new Namespace(options instanceof Map<?, ?> map ? texts(map) : Map.of());
    }

    private static Map<String, @Nullable Object> texts(Map<?, ?> map) {
        Map<String, @Nullable Object> texts = new LinkedHashMap<>();
        map.forEach((key, value) -> texts.put(String.valueOf(key), Plain.of(value)));
        return texts;
    }

    /** Sources count the epoch that is finished, or the one to run next. */
    private Object epoch(String meaning) {
        long epoch = from.tree() instanceof Map<?, ?> root && root.get("epoch") instanceof Long saved ? saved : 0;
        boolean next = from.source().epoch().equals("next");
        return epoch + (meaning.equals("next") ? next ? 0 : 1 : next ? -1 : 0);
    }

    /**
     * The state of the optimizer with other numbers: what was kept for a parameter follows it to its place among the
     * target's.
     */
    private Optional<Map<String, Object>> optimizer(List<String> parameters, Map<String, String> renamed) {
        List<String> trained = from.trained();
        if (trained.isEmpty()
                || !(from.optimizer().orElse(null) instanceof Map<?, ?> saved)
                || !(saved.get("state") instanceof Map<?, ?> state)
                || !(saved.get("param_groups") instanceof List<?> groups)
                || groups.size() != 1
                || !(groups.get(0) instanceof Map<?, ?> group)
                || !(group.get("params") instanceof List<?> numbers)) {
            return Optional.empty();
        }
        if (numbers.size() != trained.size()) {
            throw new UserError(
                    UserError.FAILED,
                    file + " has an optimizer of " + numbers.size() + " parameters, but " + trained.size()
                            + " in the parts that it trains; the file is inconsistent.");
        }
        Map<Object, Object> moved = new LinkedHashMap<>();
        List<Object> positions = new ArrayList<>();
        Map<String, Object> kept = new LinkedHashMap<>();
        for (int i = 0; i < trained.size(); i++) {
            Object entry = state.get(numbers.get(i));
            String name = renamed.get(trained.get(i));
            if (entry != null && name != null) {
                kept.put(name, entry);
            }
        }
        for (int i = 0; i < parameters.size(); i++) {
            positions.add((long) i);
            Object entry = kept.get(parameters.get(i));
            if (entry != null) {
                moved.put((long) i, entry);
            }
        }
        Map<String, @Nullable Object> options = texts(group);
        options.put("params", positions);
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("state", moved);
        tree.put("param_groups", List.of(options));
        return Optional.of(tree);
    }

    private boolean isParameter(String key) {
        return !Recognized.isBuffer(key) && !key.startsWith("module.queue");
    }

    /** Row by row in some sources, column by column in MoCo's. */
    private Tensor queue(String name, Tensor tensor) {
        boolean transposed = from.source().parts().stream()
                .anyMatch(part -> part.transposed().contains(name));
        return transposed ? tensor.t() : tensor;
    }

    private Map<String, Object> resNet(String part) {
        if (part(part).isEmpty()) {
            throw missing(part);
        }
        Map<String, Object> names = from.torchvision(part);
        if (!names.containsKey("conv1.weight") || !names.containsKey("layer1.0.conv1.weight")) {
            throw new UserError(
                    UserError.FAILED,
                    "The " + part + " of " + file
                            + " is no ResNet; convert it with --to safetensors, which takes any.");
        }
        return names;
    }

    /** The name torchvision would give it, by the number of its blocks. */
    private String arch(String part) {
        Map<String, Object> names = resNet(part);
        boolean bottleneck = names.containsKey("layer1.0.conv3.weight");
        long blocks = names.keySet().stream()
                .filter(name -> name.matches("layer\\d\\.\\d+\\.conv1\\.weight"))
                .count();
        Map<Long, String> known = bottleneck
                ? Map.of(16L, "resnet50", 33L, "resnet101", 50L, "resnet152")
                : Map.of(8L, "resnet18", 16L, "resnet34");
        return known.getOrDefault(blocks, "resnet");
    }

    private UserError missing(String part) {
        return new UserError(
                UserError.FAILED,
                file + " is " + from.source().about() + " and has no " + part + "; choose with --part one of "
                        + String.join(", ", from.parts().keySet()) + ".");
    }
}
