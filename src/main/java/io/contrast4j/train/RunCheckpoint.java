package io.contrast4j.train;

import io.contrast4j.checkpoint.OrderedDict;
import io.contrast4j.checkpoint.PthFile;
import io.contrast4j.method.Method;
import io.contrast4j.optim.Optimizer;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Stateful;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * All state of a run in one tree, with the top level of CMC's checkpoints: {@code opt} (the configuration), {@code model}
 * with the published prefix, {@code contrast} (stores and objective), {@code optimizer}, {@code epoch} (epochs done);
 * what CMC's scripts do not know is under {@code contrast4j}.
 */
public final class RunCheckpoint {
    /** What CMC's wrappers put before the name of every tensor. */
    public static final String PREFIX = "encoder.module.";

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
        OrderedDict model = new OrderedDict();
        StateDict.of(module).forEach((name, tensor) -> model.put(PREFIX + name, tensor));
        Map<String, Object> own = new LinkedHashMap<>();
        own.put("format", FORMAT);
        own.put("trainer", trainer.state());
        own.put("log", log.state());
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("opt", options);
        content.put("model", model);
        content.put("contrast", method.state());
        content.put("optimizer", optimizer.state());
        content.put("epoch", (long) trainer.epochs());
        content.put("contrast4j", own);
        return content;
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
            StateDict.load(module, model(content, source), source);
            method.restore(section(content, "contrast", source), source);
            optimizer.restore(section(content, "optimizer", source), source);
            Map<String, ?> own = section(content, "contrast4j", source);
            trainer.restore(section(own, "trainer", source), source);
            log.restore(section(own, "log", source), source);
        }
    }

    /** The tensors of the encoder in a checkpoint, by the names they have here. */
    private static Map<String, Tensor> model(Map<?, ? extends @Nullable Object> content, String source) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        section(content, "model", source).forEach((name, value) -> {
            if (value instanceof Tensor tensor) {
                tensors.put(name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name, tensor);
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
