package io.contrast4j.train;

import io.contrast4j.checkpoint.OrderedDict;
import io.contrast4j.checkpoint.PthFile;
import io.contrast4j.method.Method;
import io.contrast4j.method.Moco;
import io.contrast4j.optim.Optimizer;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Stateful;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * All state of a run in one tree, with the top level of CMC's checkpoints: {@code opt} (the configuration), {@code model}
 * with the published prefix, {@code contrast} (stores and objective), {@code model_ema} (the key encoder of MoCo), {@code optimizer}, {@code epoch} (epochs done);
 * what CMC's scripts do not know is under {@code contrast4j}.
 */
public final class RunCheckpoint {
    /** What CMC's wrappers put before the name of every tensor. */
    public static final String PREFIX = "encoder.module.";

    private static final String KEY_ENCODER = "model_ema";

    private static final long FORMAT = 1;

    private final Map<String, ?> options;
    private final Module module;
    private final Method method;
    private final Optimizer optimizer;
    private final Trainer trainer;
    private final Stateful log;

    /**
     * @param options the resolved configuration as a tree
     * @param log what has been written about the run so far
     */
    public RunCheckpoint(
            Map<String, ?> options, Module module, Method method, Optimizer optimizer, Trainer trainer, Stateful log) {
        this.options = options;
        this.module = module;
        this.method = method;
        this.optimizer = optimizer;
        this.trainer = trainer;
        this.log = log;
    }

    /** The tree to write. Its tensors belong to the caller's scope. */
    public Map<String, Object> content() {
        Map<String, Object> contrast = new LinkedHashMap<>(method.state());
        Optional<Map<?, ?>> keyEncoder = contrast.remove(Moco.KEY_ENCODER) instanceof Map<?, ?> tensors
                ? Optional.of(tensors)
                : Optional.empty();
        Map<String, Object> own = new LinkedHashMap<>();
        own.put("format", FORMAT);
        own.put("trainer", trainer.state());
        own.put("log", log.state());
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("opt", options);
        content.put("model", prefixed(StateDict.of(module)));
        content.put("contrast", contrast);
        content.put("optimizer", optimizer.state());
        content.put("epoch", (long) trainer.epochs());
        keyEncoder.ifPresent(tensors -> content.put(KEY_ENCODER, prefixed(tensors)));
        content.put("contrast4j", own);
        return content;
    }

    private static OrderedDict prefixed(Map<?, ?> tensors) {
        OrderedDict named = new OrderedDict();
        tensors.forEach((name, tensor) -> named.put(PREFIX + name, tensor));
        return named;
    }

    /**
     * Reads a file and puts every part of the run into its state.
     *
     * @throws UserError if it is damaged, of another architecture, or no checkpoint of a run; the run is unusable then
     */
    public void restore(Path file) {
        String source = file.toString();
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Map<?, ? extends @Nullable Object> content = PthFile.readMap(file);
            StateDict.load(module, tensors(content, "model", source), source);
            Map<String, Object> contrast = new LinkedHashMap<>(section(content, "contrast", source));
            if (content.containsKey(KEY_ENCODER)) {
                contrast.put(Moco.KEY_ENCODER, tensors(content, KEY_ENCODER, source));
            }
            method.restore(contrast, source);
            optimizer.restore(section(content, "optimizer", source), source);
            Map<String, ?> own = section(content, "contrast4j", source);
            trainer.restore(section(own, "trainer", source), source);
            log.restore(section(own, "log", source), source);
        }
    }

    /** The tensors of a network in a checkpoint, by the names they have here. */
    private static Map<String, Tensor> tensors(Map<?, ? extends @Nullable Object> content, String name, String source) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        section(content, name, source).forEach((key, value) -> {
            if (value instanceof Tensor tensor) {
                tensors.put(key.startsWith(PREFIX) ? key.substring(PREFIX.length()) : key, tensor);
            }
        });
        return tensors;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, ?> section(Map<?, ? extends @Nullable Object> tree, String name, String source) {
        if (!(tree.get(name) instanceof Map<?, ?> section)) {
            throw new UserError(
                    UserError.FAILED,
                    source + " has no \"" + name
                            + "\": it is not a checkpoint of a contrast4j run and cannot be resumed.");
        }
        return (Map<String, ?>) section;
    }
}
