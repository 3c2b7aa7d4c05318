package io.contrast4j.tensor;

import io.contrast4j.spec.UserError;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.StringSharedModuleDict;
import org.bytedeco.pytorch.StringTensorDict;
import org.bytedeco.pytorch.Tensor;

/**
 * The named tensors of a module, in the order and with the names of Python's {@code state_dict()}: for each module its
 * own parameters, its own buffers, then its children in the order of registration.
 */
public final class StateDict {
    private StateDict() {}

    /** Handles to the module's live tensors: writing to them writes to the module. They belong to the caller's scope. */
    public static Map<String, Tensor> of(Module module) {
        return collect(module, true);
    }

    /** The trainable tensors only, in the order in which Python's optimizers number them. */
    public static Map<String, Tensor> parameters(Module module) {
        return collect(module, false);
    }

    private static Map<String, Tensor> collect(Module module, boolean buffers) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        addOwn(tensors, "", module, buffers);
        StringSharedModuleDict parts = module.named_modules("", false);
        for (long i = 0; i < parts.size(); i++) {
            String prefix = parts.get(i).key().getString() + ".";
            addOwn(tensors, prefix, parts.get(i).value(), buffers);
        }
        return tensors;
    }

    private static void addOwn(Map<String, Tensor> tensors, String prefix, Module module, boolean buffers) {
        add(tensors, prefix, module.named_parameters(false));
        if (buffers) {
            add(tensors, prefix, module.named_buffers(false));
        }
    }

    private static void add(Map<String, Tensor> tensors, String prefix, StringTensorDict own) {
        for (long i = 0; i < own.size(); i++) {
            // A new handle: the one in the dictionary dies with the dictionary.
            tensors.put(
                    prefix + own.get(i).key().getString(), new Tensor(own.get(i).value()));
        }
    }

    /**
     * Copies values into the module's tensors. Strict: the names and shapes must be the module's.
     *
     * @param source what the values are from, for the message: a file
     * @throws UserError if a name is missing or unexpected, or a shape differs; nothing is changed then
     */
    public static void load(Module module, Map<String, Tensor> values, String source) {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            copy(of(module), values, source);
        }
    }

    /** {@link #load} for tensors that have names but no module. */
    public static void copy(Map<String, Tensor> own, Map<String, ?> values, String source) {
        Map<String, long[]> there = new LinkedHashMap<>();
        values.forEach((name, value) -> {
            if (value instanceof Tensor tensor) {
                there.put(name, Tensors.shape(tensor));
            }
        });
        Map<String, long[]> here = new LinkedHashMap<>();
        own.forEach((name, tensor) -> here.put(name, Tensors.shape(tensor)));
        StateDifference difference = new StateDifference(here, there);
        if (!difference.sentences().isEmpty()) {
            throw new UserError(
                    UserError.FAILED,
                    source + " is of another architecture: " + difference.summary(3)
                            + "; use the configuration it was trained with.");
        }
        own.forEach((name, tensor) -> tensor.copy_((Tensor) values.get(name)));
    }
}
