package io.contrast4j.model;

import io.contrast4j.data.CropViews;
import io.contrast4j.data.Views;
import io.contrast4j.image.Resize;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.Classifier;
import io.contrast4j.nn.FineTunedNetwork;
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
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A network with its weights, in evaluation mode, and the way in which pictures become its input. */
public final class TrainedModel implements AutoCloseable {
    /** The output of a classifier. */
    public static final String LOGITS = "logits";

    private static final Pattern VIEW = Pattern.compile("(l_to_ab|ab_to_l|view\\d+)\\..+");
    /** A size that is given takes no chances. */
    private static final RandomGenerator NO_CHANCE = CounterRandom.of();

    private static final String BATCHES = "num_batches_tracked";

    private final Arena arena = new Arena();
    private final String file;
    private final CropViews.Config views;
    private final int crops;
    private final Optional<Resize> loading;
    private final Device device;
    private final Description description;
    private final Map<String, TrainedClassifier> classifiers = new LinkedHashMap<>();
    private final Networks networks;
    private final String usualOutput;
    private final List<String> usualViews;

    /**
     * Builds the network and copies the tensors.
     *
     * @param file for messages
     * @param deviceName auto, cpu, cuda or cuda:N
     * @throws UserError if the tensors are not the network's, or there is no such device
     */
    public TrainedModel(Description description, String file, String deviceName) {
        this.file = file;
        try {
            this.device = arena.own(() -> ChosenDevice.of(deviceName));
            Networks built = arena.own(() -> built(description, file));
            load(built.module(), description.tensors(), file);
            built.module().to(device, false);
            built.module().eval();
            this.description = description.withoutTensors();
            description
                    .classifiers()
                    .forEach((name, saved) ->
                            classifiers.put(name, arena.own(() -> new TrainedClassifier(saved, file, device))));
            this.networks = new Networks(
                    built.module(),
                    IntStream.range(0, built.backbones().size())
                            .mapToObj(view -> backbone(
                                    description, view, built.backbones().get(view)))
                            .toList());
            this.usualOutput =
                    description.tap().filter(outputs()::contains).orElseGet(() -> Backbone.lastBelowHead(outputs()));
            this.views = description.network().views();
            this.crops = networks.backbones().size() / views.groups().size();
            this.loading = description.loadSide().map(Resize::new);
            this.usualViews = description.views();
        } catch (RuntimeException | Error failed) {
            arena.close();
            throw failed;
        }
    }

    /** The network of a view, with the classifiers that see no other one. */
    private Backbone backbone(Description description, int view, Backbone network) {
        Map<String, TrainedClassifier> own = new LinkedHashMap<>(classifiers);
        own.values().removeIf(classifier -> !classifier.form().views().equals(List.of(view)));
        Backbone named = description.isClassifier() ? new Classifying(network) : network;
        return own.isEmpty() ? named : new WithClassifiers(named, own);
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
        Tensor fineTuned = tensors.get(FineTunedNetwork.CLASSIFIER + "weight");
        return fineTuned == null
                ? config.build(channels)
                : FineTunedNetwork.of(config, channels, Math.toIntExact(fineTuned.size(0)));
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

    /** A network whose head gives a classifier's logits rather than a projection. */
    private record Classifying(Backbone network) implements Backbone {
        private static final String HEAD = "head";

        @Override
        public Set<String> taps() {
            Set<String> taps = new LinkedHashSet<>(network.taps());
            taps.removeAll(List.of(HEAD, EMBEDDING));
            taps.add(LOGITS);
            return taps;
        }

        @Override
        public Map<String, Tensor> forward(Tensor images, Set<String> taps) {
            Set<String> needed = new LinkedHashSet<>(taps);
            if (needed.remove(LOGITS)) {
                needed.add(HEAD);
            }
            Map<String, Tensor> outputs = new LinkedHashMap<>(network.forward(images, needed));
            if (taps.contains(LOGITS)) {
                outputs.put(LOGITS, outputs.remove(HEAD));
            }
            return outputs;
        }

        @Override
        public Module module() {
            return network.module();
        }
    }

    /** What can be computed, from the input to the last output, and by classifiers of it. */
    public Set<String> outputs() {
        Set<String> outputs = new LinkedHashSet<>(networks.backbones().get(0).taps());
        outputs.addAll(classifiers.keySet());
        return outputs;
    }

    /** The outputs that are a classifier's logits, in the order of the outputs; those that it was trained with come first. */
    public List<String> classifications() {
        return outputs().stream()
                .filter(name -> name.equals(LOGITS) || name.endsWith("-" + LOGITS) || classifiers.containsKey(name))
                .toList();
    }

    /**
     * Runs the networks of some views.
     *
     * @param images N×C×H×W on the CPU for each of all views
     * @param chosen numbers of the views; a classifier has its own
     * @param output one of {@link #outputs}
     * @return N rows: the outputs of the views side by side, maps flattened, or the logits of a classifier; in the caller's
     *     scope
     */
    public Tensor rows(List<Tensor> images, List<Integer> chosen, String output) {
        TrainedClassifier classifier = classifiers.get(output);
        String below = classifier == null ? output : classifier.form().output();
        List<Tensor> sides = new ArrayList<>();
        for (int view : classifier == null ? chosen : classifier.form().views()) {
            Tensor input = Tensors.to(images.get(view), device);
            sides.add(
                    networks.backbones().get(view).forward(input, Set.of(below)).get(below));
        }
        if (classifier != null) {
            return classifier.logits(sides);
        }
        List<Tensor> flat = sides.stream().map(side -> side.flatten(1, -1)).toList();
        return flat.size() == 1 ? flat.get(0) : torch.cat(new TensorVector(flat.toArray(new Tensor[0])), 1);
    }

    /** The names of the classes that a classifier tells apart, where its file says them. */
    public List<String> classes(String output) {
        return classifiers.containsKey(output) ? classifiers.get(output).form().classes() : List.of();
    }

    /** What its file says, without the tensors. */
    public Description description() {
        return description;
    }

    /** The layer that its run is evaluated on, or the last one below the head. */
    public String usualOutput() {
        return usualOutput;
    }

    /**
     * An output that it has.
     *
     * @throws UserError if it does not
     */
    public String output(String name) {
        if (!outputs().contains(name)) {
            throw new UserError(
                    UserError.USAGE,
                    file + " has no output " + name + "; choose one of " + String.join(", ", outputs()) + ".");
        }
        return name;
    }

    /** The networks, one for each of {@link #views}, whose taps are {@link #outputs}. */
    public List<Backbone> backbones() {
        return networks.backbones();
    }

    /** The owner of all parameters. */
    public Module module() {
        return networks.module();
    }

    /** Where it computes. */
    public Device device() {
        return device;
    }

    /** How pictures become its input. */
    public CropViews.Config viewsConfig() {
        return views;
    }

    /** Views of the middle of a picture, one for each network. */
    public Views views() {
        return views.central(crops);
    }

    /**
     * The numbers of some views.
     *
     * @param names of views, or none for those that its run is evaluated on, or else all
     * @throws UserError if there is no such view
     */
    public List<Integer> chosen(List<String> names) {
        List<String> all = views().names();
        List<String> asked = names.isEmpty() ? usualViews : names;
        List<Integer> chosen = new ArrayList<>();
        for (String name : asked.isEmpty() ? all : asked) {
            int view = all.indexOf(name);
            if (view < 0) {
                throw new UserError(
                        UserError.USAGE,
                        "There is no view " + name + "; choose out of " + String.join(", ", all) + ".");
            }
            chosen.add(view);
        }
        return chosen;
    }

    /** A picture as its run's data set would have loaded it. */
    public Mat loaded(Mat picture) {
        return loading.isEmpty() ? picture : loading.get().apply(picture, NO_CHANCE);
    }

    @Override
    public void close() {
        arena.close();
    }
}
