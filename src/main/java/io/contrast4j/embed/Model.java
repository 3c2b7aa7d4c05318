package io.contrast4j.embed;

import io.contrast4j.data.CropViews;
import io.contrast4j.data.Views;
import io.contrast4j.image.Resize;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.Classifier;
import io.contrast4j.nn.MultiExit;
import io.contrast4j.nn.Networks;
import io.contrast4j.nn.OneStageNetwork;
import io.contrast4j.nn.SelfConVgg;
import io.contrast4j.nn.ViewEncoders;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.ChosenDevice;
import io.contrast4j.tensor.KeptDraws;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A network with its weights, in evaluation mode, that turns views of pictures into vectors. */
final class Model implements AutoCloseable {
    private static final Pattern VIEW = Pattern.compile("(l_to_ab|ab_to_l|view\\d+)\\..+");
    /** A size that is given takes no chances. */
    private static final RandomGenerator NO_CHANCE = CounterRandom.of();

    private static final String BATCHES = "num_batches_tracked";

    private final Arena arena = new Arena();
    private final Views views;
    private final Optional<Resize> loading;
    private final List<Integer> chosen = new ArrayList<>();
    private final List<UnaryOperator<Tensor>> encoders = new ArrayList<>();
    private final Device device;
    private final Set<String> outputs;
    private final String output;

    /**
     * Builds the network and copies the tensors.
     *
     * @param file for messages
     * @param output what is computed; none for the layer that its run is evaluated on, or the last one below the head
     * @param viewNames the views that are used; none for those that its run is evaluated on
     * @throws UserError if the tensors are not the network's, or it has no such output or view
     */
    Model(Description description, String file, Optional<String> output, List<String> viewNames, String deviceName) {
        try {
            this.device = arena.own(() -> ChosenDevice.of(deviceName));
            Networks networks = arena.own(() -> built(description, file));
            load(networks.module(), description.tensors(), file);
            networks.module().to(device, false);
            networks.module().eval();
            this.outputs = outputs(networks, description);
            this.output = output.or(() -> description.tap().filter(outputs::contains))
                    .orElseGet(() -> lastBelowHead(outputs));
            if (!outputs.contains(this.output)) {
                throw new UserError(
                        UserError.USAGE,
                        file + " has no output " + this.output + "; choose one of " + String.join(", ", outputs) + ".");
            }
            CropViews.Config config = description.network().views();
            this.views =
                    config.central(networks.backbones().size() / config.groups().size());
            this.loading = description.loadSide().map(Resize::new);
            choose(viewNames.isEmpty() ? description.views() : viewNames);
            for (int view : chosen) {
                encoders.add(encoder(networks.backbones().get(view), this.output, description.isClassifier()));
            }
        } catch (RuntimeException | Error failed) {
            arena.close();
            throw failed;
        }
    }

    /** What the names of the first view's tensors begin with; empty where one network sees all. */
    static String viewPrefix(Collection<String> names) {
        return names.stream()
                .map(VIEW::matcher)
                .filter(Matcher::matches)
                .map(matcher -> matcher.group(1) + ".")
                .findFirst()
                .orElse("");
    }

    private static Networks built(Description description, String file) {
        Set<String> names = description.tensors().keySet();
        Backbone.Config config = description.network().encoder();
        List<Integer> channels =
                description.network().views().groups().stream().map(List::size).toList();
        long networks = names.stream()
                .map(VIEW::matcher)
                .filter(Matcher::matches)
                .map(matcher -> matcher.group(1))
                .distinct()
                .count();
        if (Math.max(1, networks) % channels.size() != 0) {
            throw new UserError(
                    UserError.USAGE,
                    file + " has " + (networks == 0 ? "one network" : networks + " networks")
                            + ", and views.groups = "
                            + description.network().views().groups()
                            + " makes " + channels.size() + " views of a picture; set one group for each network.");
        }
        // Weights that are overwritten at once: the program that embeds goes on with its own random numbers.
        try (KeptDraws draws = KeptDraws.open()) {
            if (networks > 0) {
                List<Integer> all = new ArrayList<>();
                while (all.size() < networks) {
                    all.addAll(channels);
                }
                ViewEncoders encoders = new ViewEncoders(config, all);
                return new Networks(encoders, encoders.backbones());
            }
            Backbone backbone = one(config, channels.get(0), description.tensors());
            return new Networks(backbone.module(), List.of(backbone));
        }
    }

    private static Backbone one(Backbone.Config config, int channels, Map<String, Tensor> tensors) {
        if (config instanceof MultiExit.Config exits) {
            String classifier = exits instanceof SelfConVgg.Config ? "l_fc.3.weight" : "l_fc.weight";
            if (tensors.containsKey(classifier)) {
                Tensor features = tensors.get("f_fc.weight");
                return new OneStageNetwork(
                        exits.encoder(channels),
                        exits instanceof SelfConVgg.Config ? Classifier.VGG : Classifier.LINEAR,
                        Math.toIntExact(tensors.get(classifier).size(0)),
                        features == null ? 0 : Math.toIntExact(features.size(0)));
            }
            if (tensors.keySet().stream().noneMatch(name -> name.startsWith("head."))) {
                return new Headless(exits.encoder(channels));
            }
        }
        return config.build(channels);
    }

    /** A network with exits whose heads are not in the file. */
    private record Headless(MultiExit encoder) implements Backbone {
        @Override
        public Set<String> taps() {
            return encoder.taps();
        }

        @Override
        public Map<String, Tensor> forward(Tensor images, Set<String> taps) {
            return encoder.forward(images, taps);
        }

        @Override
        public Module module() {
            return encoder.module();
        }
    }

    /** PyTorch before 0.4.1 did not count the batches of a norm. */
    private static void load(Module module, Map<String, Tensor> tensors, String file) {
        try (Scope scope = Scope.open()) {
            Map<String, Tensor> values = new LinkedHashMap<>(tensors);
            for (String name : StateDict.of(module).keySet()) {
                if (name.endsWith(BATCHES)) {
                    values.putIfAbsent(name, Tensors.zeros(ScalarType.Long));
                }
            }
            StateDict.load(module, values, file);
        }
    }

    private static Set<String> outputs(Networks networks, Description description) {
        Backbone first = networks.backbones().get(0);
        Set<String> outputs = new LinkedHashSet<>(first.taps());
        if (description.isClassifier()) {
            outputs.removeAll(List.of("head", Backbone.EMBEDDING));
            outputs.add(Embedder.LOGITS);
        }
        if (first instanceof OneStageNetwork network) {
            network.encoder().exits().forEach(exit -> outputs.add(exitLogits(exit)));
            outputs.add(Embedder.LOGITS);
        }
        return outputs;
    }

    private static String exitLogits(int stage) {
        return MultiExit.exit(stage) + "-" + Embedder.LOGITS;
    }

    private static String lastBelowHead(Set<String> outputs) {
        return List.of(MultiExit.POOLED, "fc7", "block6").stream()
                .filter(outputs::contains)
                .findFirst()
                .orElse(Backbone.EMBEDDING);
    }

    private void choose(List<String> names) {
        for (String name : names.isEmpty() ? views.names() : names) {
            int view = views.names().indexOf(name);
            if (view < 0) {
                throw new UserError(
                        UserError.USAGE,
                        "There is no view " + name + "; choose out of " + String.join(", ", views.names()) + ".");
            }
            chosen.add(view);
        }
    }

    private static UnaryOperator<Tensor> encoder(Backbone backbone, String output, boolean isClassifier) {
        if (backbone instanceof OneStageNetwork network && output.endsWith(Embedder.LOGITS)) {
            List<String> exits =
                    network.encoder().exits().stream().map(Model::exitLogits).toList();
            int exit = exits.indexOf(output);
            return images -> {
                OneStageNetwork.Outputs classified = network.classify(images);
                return exit < 0 ? classified.logits() : classified.exitLogits().get(exit);
            };
        }
        String tap = isClassifier && output.equals(Embedder.LOGITS) ? "head" : output;
        return images -> backbone.forward(images, Set.of(tap)).get(tap);
    }

    /** How pictures become its input, once they are loaded. */
    Views views() {
        return views;
    }

    /** A picture as its run's data set would have loaded it. */
    Mat loaded(Mat picture) {
        return loading.isEmpty() ? picture : loading.get().apply(picture, NO_CHANCE);
    }

    /** The views that are used, in the order in which their vectors stand side by side. */
    List<String> viewNames() {
        return chosen.stream().map(views.names()::get).toList();
    }

    /** What can be computed. */
    Set<String> outputs() {
        return outputs;
    }

    /** What is computed. */
    String output() {
        return output;
    }

    /**
     * Runs the network.
     *
     * @param images N×C×H×W on the CPU for each view
     * @return N rows, one after the other; the vectors of several views stand side by side, maps are flattened
     */
    float[] forward(List<Tensor> images) {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            List<Tensor> sides = new ArrayList<>();
            for (int i = 0; i < chosen.size(); i++) {
                Tensor view = Tensors.to(images.get(chosen.get(i)), device);
                sides.add(encoders.get(i).apply(view).flatten(1, -1));
            }
            return Tensors.floats(
                    sides.size() == 1 ? sides.get(0) : torch.cat(new TensorVector(sides.toArray(new Tensor[0])), 1));
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
