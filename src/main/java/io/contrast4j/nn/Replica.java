package io.contrast4j.nn;

import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.bytedeco.pytorch.BatchNorm1dImpl;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.StringSharedModuleDict;
import org.bytedeco.pytorch.Tensor;

/**
 * The layers of a network once more, without tensors of their own: before each pass they are given some, after it they give
 * them back. What they are given may be computed from other tensors, so that gradients flow through the layers to those.
 */
final class Replica {
    /**
     * One tensor of one layer.
     *
     * @param set what the layer computes with from now on
     * @param nothing what it has between two passes: the tensor it was built with, without its memory
     */
    private record Member(Consumer<Tensor> set, Tensor nothing) {}

    private final Backbone layers;
    private final Map<String, Member> members = new LinkedHashMap<>();

    /**
     * @param layers in an arena of the caller, in which this object must be built, too
     * @throws IllegalStateException if there is a layer of a kind that cannot be given tensors
     */
    Replica(Backbone layers) {
        this.layers = layers;
        Map<String, Consumer<Tensor>> setters = setters(layers.module());
        try (NoGrad noGrad = NoGrad.open()) {
            StateDict.of(layers.module()).forEach((name, tensor) -> {
                Consumer<Tensor> set = setters.get(name);
                if (set == null) {
                    throw new IllegalStateException("the layers of a replica cannot be given " + name);
                }
                tensor.set_data(Tensors.empty(tensor.scalar_type().intern(), 0));
                members.put(name, new Member(set, tensor));
            });
        }
    }

    private static Map<String, Consumer<Tensor>> setters(Module module) {
        Map<String, Consumer<Tensor>> setters = new LinkedHashMap<>();
        addSetters(setters, "", module);
        StringSharedModuleDict parts = module.named_modules("", false);
        for (long i = 0; i < parts.size(); i++) {
            addSetters(
                    setters, parts.get(i).key().getString() + ".", parts.get(i).value());
        }
        return setters;
    }

    /** The fields of LibTorch's layers, which are what their forward passes read, not what is registered. */
    private static void addSetters(Map<String, Consumer<Tensor>> setters, String prefix, Module layer) {
        Conv2dImpl convolution = layer.asConv2d();
        if (convolution != null) {
            setters.put(prefix + "weight", convolution::weight);
            setters.put(prefix + "bias", convolution::bias);
        }
        LinearImpl linear = layer.asLinear();
        if (linear != null) {
            setters.put(prefix + "weight", linear::weight);
            setters.put(prefix + "bias", linear::bias);
        }
        BatchNorm2dImpl norm = layer.asBatchNorm2d();
        if (norm != null) {
            setters.put(prefix + "weight", norm::weight);
            setters.put(prefix + "bias", norm::bias);
            setters.put(prefix + "running_mean", norm::running_mean);
            setters.put(prefix + "running_var", norm::running_var);
            setters.put(prefix + "num_batches_tracked", norm::num_batches_tracked);
        }
        BatchNorm1dImpl flat = layer.asBatchNorm1d();
        if (flat != null) {
            setters.put(prefix + "weight", flat::weight);
            setters.put(prefix + "bias", flat::bias);
            setters.put(prefix + "running_mean", flat::running_mean);
            setters.put(prefix + "running_var", flat::running_var);
            setters.put(prefix + "num_batches_tracked", flat::num_batches_tracked);
        }
    }

    /** Lets a layer compute with this tensor. */
    void give(String name, Tensor tensor) {
        members.get(name).set().accept(tensor);
    }

    /** The pass through what was given; on any thread. */
    Map<String, Tensor> forward(Tensor images, Set<String> taps) {
        return layers.forward(images, taps);
    }

    void train(boolean training) {
        layers.module().train(training);
    }

    /** Keeps nothing of what was given; what the backward pass needs, autograd has. */
    void takeBack() {
        members.values().forEach(member -> member.set().accept(member.nothing()));
    }
}
