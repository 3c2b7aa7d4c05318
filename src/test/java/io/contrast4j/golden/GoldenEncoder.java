package io.contrast4j.golden;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.contrast4j.nn.AlexNet;
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
final class GoldenEncoder {
    /** What the published wrappers put before every key; our architecture has no such prefix. */
    static final String PREFIX = "encoder.module.";

    final Module module;
    final Map<String, Backbone> views = new LinkedHashMap<>();

    private GoldenEncoder(Module module) {
        this.module = module;
    }

    /** @param keys [key, shape, …] for each tensor, in the published order */
    static GoldenEncoder of(JsonArray keys) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        for (var key : keys) {
            JsonArray entry = key.getAsJsonArray();
            shapes.put(
                    entry.get(0).getAsString().substring(PREFIX.length()),
                    Goldens.longs(entry.get(1).getAsJsonArray()));
        }
        String view = shapes.keySet().iterator().next().startsWith("l_to_ab.") ? "l_to_ab." : "";
        String stem = isAlexNet(keys) ? "conv_block_1.0.weight" : "conv1.weight";
        Backbone.Config config = isAlexNet(keys)
                ? new AlexNet.Config((int) shapes.get(view + "fc8.0.weight")[0])
                : new ResNet.Config(
                        depth(shapes.keySet(), view), shapes.get(view + "layer1.0.conv1.weight")[0] / 64.0, (int)
                                shapes.get(view + "fc.weight")[0]);
        if (!view.isEmpty()) {
            ViewEncoders encoders = new ViewEncoders(
                    config, List.of((int) shapes.get("l_to_ab." + stem)[1], (int) shapes.get("ab_to_l." + stem)[1]));
            GoldenEncoder net = new GoldenEncoder(encoders);
            net.views.put("l", encoders.backbone(0));
            net.views.put("ab", encoders.backbone(1));
            return net;
        }
        Backbone single = config.build((int) shapes.get(stem)[1]);
        GoldenEncoder net = new GoldenEncoder(single.module());
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
            module.to(Goldens.device(), precision.type, false);
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

    /** Whether it is one of the networks that this class can build. */
    static boolean isKnown(JsonObject golden) {
        JsonArray keys = golden.getAsJsonArray("state_dict");
        return isAlexNet(keys) || has(keys, "layer1.0.conv1.weight");
    }

    private static boolean isAlexNet(JsonArray keys) {
        return has(keys, "conv_block_1.0.weight");
    }

    private static boolean has(JsonArray keys, String ending) {
        return Goldens.stream(keys)
                .anyMatch(key -> key.getAsJsonArray().get(0).getAsString().endsWith(ending));
    }
}
