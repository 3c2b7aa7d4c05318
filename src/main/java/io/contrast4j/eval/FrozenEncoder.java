package io.contrast4j.eval;

import io.contrast4j.data.Batch;
import io.contrast4j.data.Views;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.LinearHead;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Stateful;
import io.contrast4j.tensor.Tensors;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A trained encoder that stays as it is: pictures become the vectors of some of its outputs. Where it has a network for each
 * view, the outputs of the views are joined along their channels, as CMC's evaluation does, before anything is pooled. Its
 * state is what may change nevertheless: running statistics, where batch norms are in training.
 */
public final class FrozenEncoder implements Stateful {
    private static final List<String> STATISTICS = List.of("running_mean", "running_var", "num_batches_tracked");
    private static final int MANY = 1 << 26;

    private final Map<Integer, Backbone> networks;
    private final Map<String, LinearHead.Plan> outputs;
    private final Mode mode;
    private final Device device;
    private final Map<String, String> bits;

    /** How batch norms behave while classifiers are trained; while they are tested they are always in evaluation. */
    public enum Mode {
        /** Mean and variance of the pre-training. */
        EVALUATION,
        /** Mean and variance of each batch, and the running ones drift. */
        TRAINING,
        /** The same, with a second pass of each batch, by which the published transfer of ring measures the accuracy. */
        TRAINING_TWICE
    }

    /**
     * @param networks by the number of the view that each sees
     * @param outputs the layers to judge, and how their maps become vectors
     */
    public FrozenEncoder(
            Map<Integer, Backbone> networks, Map<String, LinearHead.Plan> outputs, Mode mode, Device device) {
        this.networks = new LinkedHashMap<>(networks);
        this.outputs = new LinkedHashMap<>(outputs);
        this.mode = mode;
        this.device = device;
        this.bits = bits();
    }

    Device device() {
        return device;
    }

    /** The length of the vectors of each output, for pictures of these views. */
    public Map<String, Long> lengths(Views views) {
        try (Scope scope = Scope.open()) {
            Map<String, Long> lengths = new LinkedHashMap<>();
            vectors(view -> Tensors.zeros(
                            ScalarType.Float, 1, views.channels(view), views.size(view), views.size(view)))
                    .forEach((output, vector) -> lengths.put(output, vector.size(1)));
            return lengths;
        }
    }

    /** The vectors of a batch in training, N×D for each output; they belong to the caller's scope. */
    public Map<String, Tensor> training(Batch batch) {
        if (mode == Mode.EVALUATION) {
            return evaluation(batch);
        }
        networks.values().forEach(network -> network.module().train(true));
        Map<String, Tensor> vectors = run(batch.views()::get);
        return mode == Mode.TRAINING_TWICE ? run(batch.views()::get) : vectors;
    }

    /** The vectors of a batch in evaluation, N×D for each output; they belong to the caller's scope. */
    public Map<String, Tensor> evaluation(Batch batch) {
        return vectors(batch.views()::get);
    }

    private Map<String, Tensor> vectors(IntFunction<Tensor> images) {
        networks.values().forEach(network -> network.module().eval());
        return run(images);
    }

    private Map<String, Tensor> run(IntFunction<Tensor> images) {
        try (NoGrad noGrad = NoGrad.open()) {
            Map<String, List<Tensor>> sides = new LinkedHashMap<>();
            networks.forEach((view, network) -> {
                Tensor input = Tensors.to(images.apply(view), device);
                Map<String, Tensor> all = network.forward(input, outputs.keySet());
                outputs.keySet()
                        .forEach(name -> sides.computeIfAbsent(name, none -> new ArrayList<>())
                                .add(all.get(name)));
            });
            Map<String, Tensor> vectors = new LinkedHashMap<>();
            outputs.forEach((name, plan) -> {
                List<Tensor> views = sides.get(name);
                Tensor joined =
                        views.size() == 1 ? views.get(0) : torch.cat(new TensorVector(views.toArray(new Tensor[0])), 1);
                vectors.put(name, plan.vectors(joined));
            });
            return vectors;
        }
    }

    /**
     * The sanity check of MoCo's {@code main_lincls}: only the classifier may have changed. Running statistics may have where
     * batch norms are in training.
     *
     * @throws UserError if a tensor of the encoder has other bits than at the beginning
     */
    public void requireUnchanged() {
        Map<String, String> now = bits();
        bits.forEach((name, before) -> {
            if (!mayDrift(name) && !before.equals(now.get(name))) {
                throw new UserError(
                        UserError.FAILED,
                        "The encoder's " + name
                                + " changed while a classifier was trained on it, so that the result would"
                                + " not be that of this model; report this, with the configuration.");
            }
        });
    }

    private boolean mayDrift(String name) {
        return mode != Mode.EVALUATION && STATISTICS.stream().anyMatch(name::endsWith);
    }

    /** The live tensors that training changes. */
    private Map<String, Tensor> drifting() {
        Map<String, Tensor> own = new LinkedHashMap<>();
        networks.forEach((view, network) -> StateDict.of(network.module()).forEach((name, tensor) -> {
            if (mayDrift(name)) {
                own.put(view + "." + name, tensor);
            }
        }));
        return own;
    }

    @Override
    public Map<String, Object> state() {
        return new LinkedHashMap<>(drifting());
    }

    @Override
    public void restore(Map<String, ?> state, String source) {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            StateDict.copy(drifting(), state, source);
        }
    }

    /** A hash of each tensor. */
    private Map<String, String> bits() {
        Map<String, String> all = new LinkedHashMap<>();
        networks.forEach((view, network) -> {
            try (Scope scope = Scope.open()) {
                StateDict.of(network.module()).forEach((name, tensor) -> all.put(view + "." + name, hash(tensor)));
            }
        });
        return all;
    }

    private static String hash(Tensor tensor) {
        try (Scope scope = Scope.open()) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            Tensor flat = tensor.detach().cpu().contiguous().view(-1);
            for (long start = 0; start < flat.numel(); start += MANY) {
                ByteBuffer part = Tensors.bytes(flat.narrow(0, start, Math.min(MANY, flat.numel() - start)));
                digest.update(part);
            }
            return Arrays.toString(Tensors.shape(tensor)) + HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
