package io.contrast4j.checkpoint;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Makes of a checkpoint whose source is known the tree that another program reads. Strict: a key that is in no known part
 * is an error, and so is a part that the target needs and the file has not.
 */
public final class Conversion {
    private static final Pattern NOT_TRAINED = Pattern.compile("(module\\.)?(queue|queue_ptr|scalar_label)");
    private static final String ENCODER = "encoder";
    private static final String KEY_ENCODER = "key-encoder";
    /** Of the checkpoints that the ring negatives' scripts write. */
    private static final String LIGHTNING = "1.1.8";

    /** What the names of a linear evaluation's classifier of the last layer begin with. */
    private static final String LOGITS = "logits.";

    private static final List<String> TWO_VIEWS = List.of("encoder-l", "encoder-ab");

    private final Recognized from;
    private final String file;
    private final Set<String> used = new LinkedHashSet<>();
    private boolean optimizerLeftOut;

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

    /** The parts that have no place in what was made, and an optimizer whose state is not of one group. */
    public List<String> leftOut() {
        List<String> left = new ArrayList<>(from.parts().keySet());
        left.removeAll(used);
        if (optimizerLeftOut) {
            left.add("optimizer");
        }
        return left;
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
        if (hasScalarLabel()) {
            state.put("module.scalar_label", Tensors.zeros(ScalarType.Long));
        }
        queue(query).forEach((name, tensor) -> state.put("module." + name, across(name, tensor)));
        Map<String, String> renamed = new LinkedHashMap<>();
        for (String part : query.equals(ENCODER) ? List.of(ENCODER, KEY_ENCODER) : List.of(query)) {
            if (part.equals(query) || !from.part(part).isEmpty()) {
                String prefix = part.equals(query) ? "module.encoder_q." : "module.encoder_k.";
                part(part).forEach((name, tensor) -> {
                    String other = from.torchvisionName(part, name);
                    if (!other.isEmpty()) {
                        state.put(prefix + other, tensor);
                        renamed.put(part + "." + name, prefix + other);
                    }
                });
                requireResNet(part);
            }
        }
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("epoch", epoch());
        tree.put(
                "arch",
                from.tree() instanceof Map<?, ?> root && root.get("arch") instanceof String arch ? arch : arch(query));
        tree.put("state_dict", state);
        optimizer(parameters(state), renamed).ifPresent(saved -> tree.put("optimizer", saved));
        return tree;
    }

    /**
     * The layout of MoCo's and align-uniform's {@code main_lincls}: a ResNet whose {@code fc} is the classifier that an evaluation
     * trained on its average-pooled features.
     */
    public Map<String, Object> lincls(String encoder) {
        OrderedDict state = new OrderedDict();
        torchvision(encoder, Head.DROP).forEach((name, tensor) -> state.put("module." + name, tensor));
        Map<String, Object> classifiers = part("classifiers");
        long width = state.entrySet().stream()
                .filter(entry -> entry.getKey().toString().startsWith("module.layer4.0.conv"))
                .mapToLong(entry -> ((Tensor) entry.getValue()).size(0))
                .max()
                .orElse(0);
        if (!(classifiers.get(LOGITS + "fc.weight") instanceof Tensor weight)
                || !(classifiers.get(LOGITS + "fc.bias") instanceof Tensor bias)
                || classifiers.containsKey(LOGITS + "bn.weight")
                || weight.size(1) != width) {
            throw new UserError(
                    UserError.FAILED,
                    file
                            + " has no linear classifier of a ResNet's average-pooled features; train one by contrast4j eval"
                            + " linear with model.outputs = [pooled].");
        }
        state.put("module.fc.weight", weight);
        state.put("module.fc.bias", bias);
        return new LinkedHashMap<>(Map.of("epoch", epoch(), "arch", arch(encoder), "state_dict", state));
    }

    /** The scripts of align-uniform register a label where there is a contrastive term, and want it back. */
    private boolean hasScalarLabel() {
        Map<?, ?> options = from.options().orElse(null) instanceof Map<?, ?> map ? map : Map.of();
        return Trees.at(options, List.of("objective", "type")) instanceof String type
                && type.equals("align-uniform")
                && Trees.at(options, List.of("objective", "contrastive", "weight")) instanceof Number weight
                && weight.doubleValue() != 0;
    }

    /** {@code queue} and {@code queue_ptr}, as far as there are any for this query encoder. */
    private Map<String, Tensor> queue(String query) {
        Map<String, Tensor> queue = new LinkedHashMap<>();
        part("queue").forEach((name, tensor) -> queue.put(name, (Tensor) tensor));
        if (queue.isEmpty() && query.equals(ENCODER) && !from.part(KEY_ENCODER).isEmpty()) {
            from.source().queue().ifPresent(place -> {
                Optional<Long> position = position(place);
                if (position.isPresent() && Trees.at(from.tree(), place.rows()) instanceof Tensor rows) {
                    used.add("contrast");
                    queue.put("queue", rows);
                    queue.put("queue_ptr", Tensors.of(new long[] {position.get()}, 1));
                }
            });
        }
        return queue;
    }

    /** Which row is written next; nothing where the source would say it and does not: such rows are a bank. */
    private Optional<Long> position(Source.Queue place) {
        if (place.position().isEmpty()) {
            return Optional.of(0L);
        }
        return Trees.at(from.tree(), place.position()) instanceof Long saved ? Optional.of(saved) : Optional.empty();
    }

    /**
     * The layout of the ring negatives, a checkpoint of PyTorch Lightning: {@code epoch}, {@code global_step}, {@code
     * state_dict} and so on. The bank of pictures that their MoCo keeps beside its queue is there only if the file has one.
     */
    public Map<String, Object> ring() {
        OrderedDict state = new OrderedDict();
        Map<String, String> renamed = new LinkedHashMap<>();
        Map<String, Tensor> queue = queue(ENCODER);
        queue.forEach((name, tensor) -> state.put(name, name.equals("queue") && isAcross(name) ? tensor.t() : tensor));
        part(ENCODER).forEach((name, tensor) -> {
            state.put("model." + name, tensor);
            renamed.put(ENCODER + "." + name, "model." + name);
        });
        if (!state.containsKey("model.features.0.weight") || !state.containsKey("model.l2.weight")) {
            throw new UserError(
                    UserError.FAILED,
                    "The encoder of " + file
                            + " is no network of the ring negatives (encoder.type = ring-resnet); convert it with --to"
                            + " moco.");
        }
        bank(queue).ifPresent(bank -> state.put("memory_bank._bank", bank));
        part(KEY_ENCODER).forEach((name, tensor) -> state.put("model_k." + name, tensor));
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("epoch", epoch());
        tree.put("global_step", steps());
        tree.put("pytorch-lightning_version", LIGHTNING);
        tree.put("callbacks", Map.of());
        List<String> trained = parameters(state).stream()
                .filter(name -> name.startsWith("model."))
                .toList();
        tree.put(
                "optimizer_states",
                optimizer(trained, renamed).<List<?>>map(List::of).orElse(List.of()));
        tree.put("lr_schedulers", List.of());
        tree.put("state_dict", state);
        return tree;
    }

    private Optional<Object> bank(Map<String, Tensor> queue) {
        Object own = part("bank").get("_bank");
        if (own != null) {
            return Optional.of(own);
        }
        if (queue.isEmpty() && from.part("contrast").get("memory") instanceof Tensor memory) {
            used.add("contrast");
            return Optional.of(memory);
        }
        return Optional.empty();
    }

    private long steps() {
        for (List<String> place : List.of(List.of("global_step"), List.of("contrast4j", "trainer", "step"))) {
            if (Trees.at(from.tree(), place) instanceof Long steps) {
                return steps;
            }
        }
        return 0;
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
        for (String layout : List.of("selfcon", "selfcon-one-stage")) {
            Map<String, String> candidates = new LinkedHashMap<>();
            Sources.named(layout).parts().forEach(part -> candidates.put(part.name(), part.prefix()));
            if (prefixes.isEmpty() && candidates.keySet().containsAll(networks())) {
                prefixes.putAll(candidates);
            }
        }
        if (prefixes.isEmpty()
                || from.part("head").isEmpty() && from.part("last-logits").isEmpty()) {
            throw new UserError(
                    UserError.FAILED,
                    file + " is " + from.source().about()
                            + ", whose networks SelfCon does not have; convert it with --to torchvision.");
        }
        return run(prefixes, List.of(ENCODER));
    }

    /** The parts of what is trained. */
    private Set<String> networks() {
        Set<String> networks = new LinkedHashSet<>(from.parts().keySet());
        networks.removeAll(List.of("contrast", "queue", "bank", KEY_ENCODER));
        return networks;
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
        optimizer(parameters(model), renamed).ifPresent(saved -> tree.put("optimizer", saved));
        tree.put("epoch", epoch());
        return tree;
    }

    /** The scripts expect the options as attributes. */
    private Namespace options() {
        Object options = from.options().orElse(Map.of());
        if (options instanceof Namespace namespace) {
            return new Namespace(Plain.dictionary(namespace.attributes()));
        }
        return new Namespace(options instanceof Map<?, ?> map ? Plain.dictionary(map) : Map.of());
    }

    /** Epochs done: whether a program counts from 1 and saves the finished one or from 0 and saves the next, it is that. */
    private long epoch() {
        return Trees.at(from.tree(), List.of("epoch")) instanceof Long saved ? saved : 0;
    }

    private Optional<Map<String, Object>> optimizer(List<String> parameters, Map<String, String> renamed) {
        Optional<Map<String, Object>> moved = new MovedOptimizer(from, file).to(parameters, renamed);
        optimizerLeftOut = from.optimizer().isPresent() && moved.isEmpty();
        return moved;
    }

    /** The names of what is trained. */
    private static List<String> parameters(OrderedDict state) {
        return state.keySet().stream()
                .map(Object::toString)
                .filter(key ->
                        !Recognized.isBuffer(key) && !NOT_TRAINED.matcher(key).matches())
                .toList();
    }

    /** A column for each key, as MoCo's queue has them. */
    private Tensor across(String name, Tensor tensor) {
        return name.equals("queue") && !isAcross(name) ? tensor.t() : tensor;
    }

    /** Whether a queue of this source has a column for each key already. */
    private boolean isAcross(String name) {
        return from.source().queue().isEmpty()
                && from.source().parts().stream()
                        .noneMatch(part -> part.transposed().contains(name));
    }

    private Map<String, Object> resNet(String part) {
        if (part(part).isEmpty()) {
            throw missing(part);
        }
        requireResNet(part);
        return from.torchvision(part);
    }

    private void requireResNet(String part) {
        if (from.part(part).isEmpty()) {
            throw missing(part);
        }
        Map<String, Object> names = from.torchvision(part);
        if (!names.containsKey("conv1.weight") || !names.containsKey("layer1.0.conv1.weight")) {
            throw new UserError(
                    UserError.FAILED,
                    "The " + part + " of " + file
                            + " is no ResNet; convert it with --to safetensors, which takes any.");
        }
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
