package io.contrast4j.golden;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.ResNet;
import io.contrast4j.nn.ViewEncoders;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/**
 * The network that a list of published keys describes, built by our factories. Its depth, width, input channels and
 * number of views are read off the keys and shapes, so that a case with other sizes simply runs.
 */
final class GoldenResNet {
    /** What the published wrappers put before every key; our architecture has no such prefix. */
    static final String PREFIX = "encoder.module.";

    final Module module;
    final Map<String, Backbone> views = new LinkedHashMap<>();

    private GoldenResNet(Module module) {
        this.module = module;
    }

    /** @param keys [key, shape, …] for each tensor, in the published order */
    static GoldenResNet of(JsonArray keys) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        for (var key : keys) {
            JsonArray entry = key.getAsJsonArray();
            shapes.put(
                    entry.get(0).getAsString().substring(PREFIX.length()),
                    Goldens.longs(entry.get(1).getAsJsonArray()));
        }
        boolean twoViews = shapes.containsKey("l_to_ab.conv1.weight");
        String first = twoViews ? "l_to_ab." : "";
        ResNet.Config config = new ResNet.Config(
                depth(shapes.keySet(), first), shapes.get(first + "layer1.0.conv1.weight")[0] / 64.0, (int)
                        shapes.get(first + "fc.weight")[0]);
        if (twoViews) {
            ViewEncoders encoders = new ViewEncoders(config, List.of((int) shapes.get("l_to_ab.conv1.weight")[1], (int)
                    shapes.get("ab_to_l.conv1.weight")[1]));
            GoldenResNet net = new GoldenResNet(encoders);
            net.views.put("l", encoders.backbone(0));
            net.views.put("ab", encoders.backbone(1));
            return net;
        }
        ResNet single = config.build((int) shapes.get("conv1.weight")[1]);
        GoldenResNet net = new GoldenResNet(single);
        net.views.put("x", single);
        return net;
    }

    private static int depth(Set<String> keys, String view) {
        List<Integer> blocks = new ArrayList<>();
        for (int stage = 1; stage <= 4; stage++) {
            int count = 0;
            while (keys.contains(view + "layer" + stage + "." + count + ".conv1.weight")) {
                count++;
            }
            blocks.add(count);
        }
        boolean bottleneck = keys.contains(view + "layer1.0.conv3.weight");
        return 2 + (bottleneck ? 3 : 2) * blocks.stream().mapToInt(b -> b).sum();
    }

    /** Fills every tensor by the rule, and casts the module. */
    void fill(String salt, Precision precision) {
        Fill fill = new Fill(salt);
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            module.to(precision.type, false);
            StateDict.of(module).forEach((name, tensor) -> {
                try (Scope each = Scope.open()) {
                    long[] shape = io.contrast4j.tensor.Tensors.shape(tensor);
                    tensor.copy_(fill.tensor(PREFIX + name, precision.type, shape));
                }
            });
        }
    }

    /** The images of one view: channel 0 for l, the last two for ab, all of them for a single-view network. */
    static Tensor split(String view, Tensor images) {
        return switch (view) {
            case "l" -> images.narrow(1, 0, 1);
            case "ab" -> images.narrow(1, 1, images.size(1) - 1);
            default -> images;
        };
    }

    static boolean isResNet(JsonObject golden) {
        for (var key : golden.getAsJsonArray("state_dict")) {
            if (key.getAsJsonArray().get(0).getAsString().endsWith("layer1.0.conv1.weight")) {
                return true;
            }
        }
        return false;
    }
}
