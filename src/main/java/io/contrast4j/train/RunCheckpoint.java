package io.contrast4j.train;

import io.contrast4j.checkpoint.OrderedDict;
import io.contrast4j.checkpoint.PthFile;
import io.contrast4j.checkpoint.PublishedNames;
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
 * All state of a run in one tree, with the layout of the checkpoints of CMC's and SelfCon's repositories: {@code opt} (the
 * configuration), {@code model} under the published names, {@code contrast} (see {@link ContrastSection}), {@code optimizer},
 * {@code epoch} (epochs done), {@code model_ema} (the key encoder of MoCo); what these scripts do not know is under {@code
 * contrast4j}.
 */
public final class RunCheckpoint {
    private static final String MODEL = "model";
    private static final String CONTRAST = "contrast";
    private static final String KEY_ENCODER = "model_ema";

    private static final long FORMAT = 2;

    private final Map<String, ?> options;
    private final Module module;
    private final Method method;
    private final ContrastSection contrast;
    private final Optimizer optimizer;
    private final Trainer trainer;
    private final Stateful log;

    /**
     * @param options the resolved configuration as a tree
     * @param contrast the layout of the method's stores
     * @param log what has been written about the run so far
     */
    public RunCheckpoint(
            Map<String, ?> options,
            Module module,
            Method method,
            ContrastSection contrast,
            Optimizer optimizer,
            Trainer trainer,
            Stateful log) {
        this.options = options;
        this.module = module;
        this.method = method;
        this.contrast = contrast;
        this.optimizer = optimizer;
        this.trainer = trainer;
        this.log = log;
    }

    /** The tree to write. Its tensors belong to the caller's scope. */
    public Map<String, Object> content() {
        Map<String, Object> state = method.state();
        OrderedDict tables = contrast.of(state);
        Map<String, Object> rest = contrast.rest(state);
        Optional<Map<?, ?>> keyEncoder =
                rest.remove(Moco.KEY_ENCODER) instanceof Map<?, ?> tensors ? Optional.of(tensors) : Optional.empty();
        Map<String, Object> own = new LinkedHashMap<>();
        own.put("format", FORMAT);
        own.put("method", rest);
        own.put("trainer", trainer.state());
        own.put("log", log.state());
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("opt", options);
        content.put(MODEL, PublishedNames.of(StateDict.of(module)));
        if (!tables.isEmpty()) {
            content.put(CONTRAST, tables);
        }
        content.put("optimizer", optimizer.state());
        content.put("epoch", (long) trainer.epochs());
        keyEncoder.ifPresent(tensors -> content.put(KEY_ENCODER, PublishedNames.of(tensors)));
        content.put("contrast4j", own);
        return content;
    }

    /**
     * Reads a file and puts every part of the run into its state. Of several processes all do so at the same time.
     *
     * @throws UserError if it is damaged, of another architecture or version, or no checkpoint of a run; the run is
     *     unusable then
     */
    public void restore(Path file) {
        String source = file.toString();
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Map<?, ? extends @Nullable Object> content = PthFile.readMap(file);
            Map<String, ?> own = section(content, "contrast4j", source);
            requireFormat(own, source);
            StateDict.load(module, tensors(content, MODEL, source), source);
            method.assemble();
            Map<String, ?> tables = content.containsKey(CONTRAST) ? section(content, CONTRAST, source) : Map.of();
            Map<String, Object> state = contrast.joined(tables, section(own, "method", source), method.state());
            if (content.containsKey(KEY_ENCODER)) {
                state.put(Moco.KEY_ENCODER, tensors(content, KEY_ENCODER, source));
            }
            method.restore(state, source);
            optimizer.restore(section(content, "optimizer", source), source);
            trainer.restore(section(own, "trainer", source), source);
            log.restore(section(own, "log", source), source);
        }
    }

    /** Another version has other parts, whose absence would be taken for another kind of file. */
    private static void requireFormat(Map<String, ?> own, String source) {
        Object format = own.get("format");
        if (!Long.valueOf(FORMAT).equals(format)) {
            throw new UserError(
                    UserError.FAILED,
                    source + " is a checkpoint of version " + (format == null ? "0" : format)
                            + ", and this contrast4j goes on from version " + FORMAT
                            + " only: resume with the contrast4j that wrote it, or begin a new run with its weights by"
                            + " pretrained.weights.");
        }
    }

    /** The tensors of a network in a checkpoint, by the names they have here. */
    private static Map<String, Tensor> tensors(Map<?, ? extends @Nullable Object> content, String name, String source) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        PublishedNames.ownOf(section(content, name, source)).forEach((key, value) -> {
            if (value instanceof Tensor tensor) {
                tensors.put(key, tensor);
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
