package io.contrast4j.golden;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.contrast4j.nn.Classifier;
import io.contrast4j.nn.ContrastiveNetwork;
import io.contrast4j.nn.ExitSize;
import io.contrast4j.nn.MultiExit;
import io.contrast4j.nn.OneStageNetwork;
import io.contrast4j.nn.ProjectionHead;
import io.contrast4j.nn.SelfConEfficientNet;
import io.contrast4j.nn.SelfConResNet;
import io.contrast4j.nn.SelfConVgg;
import io.contrast4j.nn.SelfConWideResNet;
import io.contrast4j.nn.Stem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** Our network for the published one's class and arguments, with dropout off unless it is asked for. */
final class GoldenSelfCon {
    private static final int PUBLISHED_FEATURES = 128;

    final Module module;
    final MultiExit encoder;
    private final Module heads;

    private GoldenSelfCon(Module module, MultiExit encoder, Module heads) {
        this.module = module;
        this.encoder = encoder;
        this.heads = heads;
    }

    static GoldenSelfCon of(String modelClass, JsonObject arguments, int inChannels) {
        if (modelClass.startsWith("LinearClassifier")) {
            String name = arguments.get("name").getAsString();
            boolean deep = name.equals("resnet50") || name.equals("resnet101");
            Classifier.Probe probe = (modelClass.endsWith("VGG") ? new Classifier(true, 0) : Classifier.LINEAR)
                    .probe(deep ? 2048 : 512, arguments.get("num_classes").getAsInt());
            return new GoldenSelfCon(probe, null, probe);
        }
        MultiExit.Config config = config(arguments);
        if (modelClass.startsWith("Con")) {
            return of(config, inChannels);
        }
        MultiExit encoder = config.encoder(inChannels);
        OneStageNetwork network = new OneStageNetwork(
                encoder,
                modelClass.equals("CEVGG") ? new Classifier(true, 0) : Classifier.LINEAR,
                arguments.get("num_classes").getAsInt(),
                string(arguments, "method", "ce").equals("selfcon") ? config.featureDim() : 0);
        return new GoldenSelfCon(network, encoder, network);
    }

    /** The network with contrastive heads. */
    static GoldenSelfCon of(MultiExit.Config config, int inChannels) {
        ContrastiveNetwork network = config.build(inChannels);
        return new GoldenSelfCon(network, network.encoder(), network);
    }

    /** What the published program takes, as our configuration. */
    static MultiExit.Config config(JsonObject arguments) {
        String name = arguments.get("name").getAsString();
        String dataset = string(arguments, "dataset", "");
        List<Integer> exits = positions(arguments);
        ExitSize size = ExitSize.valueOf(string(arguments, "selfcon_size", "fc").toUpperCase(Locale.ROOT));
        ProjectionHead head =
                ProjectionHead.valueOf(string(arguments, "head", "mlp").toUpperCase(Locale.ROOT));
        int features = arguments.has("feat_dim") ? arguments.get("feat_dim").getAsInt() : PUBLISHED_FEATURES;
        if (name.startsWith("resnet")) {
            Stem stem = Set.of("cifar10", "cifar100", "tinyimagenet").contains(dataset) ? Stem.CIFAR : Stem.IMAGENET;
            boolean zero = arguments.has("zero_init_residual")
                    && arguments.get("zero_init_residual").getAsBoolean();
            int depth = Integer.parseInt(name.substring("resnet".length()));
            return new SelfConResNet.Config(depth, 64, stem, exits, size, zero, head, features);
        }
        if (name.startsWith("vgg")) {
            int depth = Integer.parseInt(name.substring("vgg".length(), "vgg".length() + 2));
            return new SelfConVgg.Config(depth, name.endsWith("_bn"), exits, size, head, features);
        }
        if (name.startsWith("wrn")) {
            return new SelfConWideResNet.Config(dataset.equals("tinyimagenet"), 0, exits, size, head, features);
        }
        return new SelfConEfficientNet.Config(0, 0, exits.isEmpty() ? List.of() : List.of(4), head, features);
    }

    private static List<Integer> positions(JsonObject arguments) {
        List<Integer> exits = new ArrayList<>();
        if (arguments.has("selfcon_pos")) {
            int stage = 0;
            for (JsonElement on : arguments.getAsJsonArray("selfcon_pos")) {
                stage++;
                if (on.getAsBoolean()) {
                    exits.add(stage);
                }
            }
        }
        return exits;
    }

    private static String string(JsonObject arguments, String name, String otherwise) {
        return arguments.has(name) ? arguments.get(name).getAsString() : otherwise;
    }

    /** The encoder's vectors under their published names. */
    Map<String, Tensor> vectors(Tensor images) {
        Map<String, Tensor> named = new LinkedHashMap<>();
        List<Integer> exits = encoder.exits();
        Set<String> taps =
                new LinkedHashSet<>(exits.stream().map(MultiExit::exit).toList());
        taps.add(MultiExit.POOLED);
        Map<String, Tensor> outputs = encoder.forward(images, taps);
        for (int i = 0; i < exits.size(); i++) {
            named.put("enc.sub" + i, outputs.get(MultiExit.exit(exits.get(i))));
        }
        named.put("enc.feat", outputs.get(MultiExit.POOLED));
        return named;
    }

    /** The network's outputs under their published names. */
    Map<String, Tensor> outputs(Tensor images) {
        Map<String, Tensor> named = new LinkedHashMap<>();
        if (heads instanceof ContrastiveNetwork network) {
            List<Tensor> embeddings = network.embedExits(images);
            for (int i = 0; i < embeddings.size() - 1; i++) {
                named.put("out.sub" + i, embeddings.get(i));
            }
            named.put("out.feat", embeddings.get(embeddings.size() - 1));
        } else if (heads instanceof OneStageNetwork network) {
            OneStageNetwork.Outputs outputs = network.classify(images);
            for (int i = 0; i < outputs.exitLogits().size(); i++) {
                named.put("out.sub_logits" + i, outputs.exitLogits().get(i));
            }
            named.put("out.logits", outputs.logits());
            for (int i = 0; i < outputs.exitFeatures().size(); i++) {
                named.put("out.sub_feat" + i, outputs.exitFeatures().get(i));
            }
            outputs.features().forEach(features -> named.put("out.feat", features));
        }
        return named;
    }

    /** Whether it has classifiers instead of contrastive heads. */
    boolean isOneStage() {
        return heads instanceof OneStageNetwork;
    }
}
