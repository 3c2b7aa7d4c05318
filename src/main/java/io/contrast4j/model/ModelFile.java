package io.contrast4j.model;

import io.contrast4j.checkpoint.CheckpointFiles;
import io.contrast4j.checkpoint.CheckpointStore;
import io.contrast4j.checkpoint.Recognized;
import io.contrast4j.checkpoint.TensorInfo;
import io.contrast4j.checkpoint.Trees;
import io.contrast4j.config.ConfigFile;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** A checkpoint of a run or of another program: what network is in it, and how pictures become its input. */
public final class ModelFile {
    private static final String OURS = "contrast4j";
    private static final String ENCODER = "encoder";
    private static final String VIEWS = "views";

    /** The list in a run's folder of the names of the classes that its classifiers tell apart, one a line. */
    public static final String CLASSES = "classes.txt";

    /** Sources whose layer {@code fc} is a classifier's. In those of contrastive training it is the projection. */
    private static final Set<String> CLASSIFIERS = Set.of("moco-linear", "torchvision", "timm");

    /** The parts beside the encoder that run in evaluation, with their names in the network. */
    private static final Map<String, String> PARTS = parts();

    /** The parts that a memory bank is in, where there is one, with its name there. */
    private static final Map<String, String> BANKS = Map.of("bank", "_bank", "contrast", "memory");

    private final Path file;
    private final Optional<String> part;
    private final List<String> settings;

    /**
     * @param model a file, or the folder of a run
     * @param part which part of the file is the encoder, such as key-encoder; the usual one if it is not said
     * @param settings that win over what the file says
     * @throws UserError if there is no such file, or no checkpoint in the run
     */
    public ModelFile(Path model, Optional<String> part, List<String> settings) {
        this.file = Files.isDirectory(model) ? ofRun(model) : model;
        this.part = part;
        this.settings = List.copyOf(settings);
        if (!Files.isRegularFile(file)) {
            throw new UserError(
                    UserError.USAGE,
                    "There is no model " + file + "; name a checkpoint, a safetensors file or the folder of a run.");
        }
    }

    private static Path ofRun(Path folder) {
        Path checkpoints = folder.resolve("checkpoints");
        Path store = Files.isDirectory(checkpoints) ? checkpoints : folder;
        return new CheckpointStore(store, 1)
                .latest()
                .orElseThrow(() -> new UserError(
                        UserError.USAGE,
                        "There is no checkpoint in the folder " + folder
                                + "; name the folder of a run, such as runs/NAME/TIME, or a checkpoint."));
    }

    /** The file that is read. */
    public Path file() {
        return file;
    }

    /**
     * The names of the classes that the classifiers of its run tell apart, in the order of their logits; none where it lies in no
     * folder of a run, or its run trained no classifier.
     *
     * @throws UserError if the list is there and cannot be read
     */
    public List<String> classes() {
        Path folder = file.toAbsolutePath().getParent();
        Path list = folder == null ? file : folder.resolveSibling(CLASSES);
        if (list.equals(file) || !Files.isRegularFile(list)) {
            return List.of();
        }
        try {
            return Files.readAllLines(list);
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    "The names of the classes, " + list + ", cannot be read (" + Reasons.of(failed)
                            + "); write them anew in UTF-8, or remove the file.",
                    failed);
        }
    }

    /**
     * The configuration of the run that it is of; empty for a file of another program.
     *
     * @throws UserError if it is damaged or of no known source
     */
    public Map<String, ?> configuration() {
        Object tree = CheckpointFiles.list(file).tree();
        return known(tree).source().name().equals(OURS) ? configuration(tree) : Map.of();
    }

    /**
     * Reads it. The tensors belong to the caller's scope.
     *
     * @throws UserError if it is damaged, of no known source or has no such part, or if a setting is wrong
     */
    public Description read() {
        Object tree = CheckpointFiles.list(file).tree();
        Recognized known = known(tree);
        Map<String, TensorInfo> chosen = tensors(known);
        Map<String, ?> recorded = known.source().name().equals(OURS) ? configuration(tree) : Map.of();
        PublishedNetwork published = published(known, chosen);
        String assumed = recorded.isEmpty() && !ConfigFile.replaces(settings, VIEWS)
                ? published
                        .assumed()
                        .map(recipe -> ", with " + recipe + " as its options name none")
                        .orElse("")
                : "";
        ConfigFile sections = recorded.isEmpty()
                ? ConfigFile.defaults(settings(published), ConfigFile.REFERENCE)
                : ConfigFile.recorded(Description.Network.class, recorded, file.toString(), settings);
        Description.Network network = sections.bindWithoutFiles(Description.Network.class);
        int size = network.views().evaluation().size();
        network.encoder().sizeProblem(size, size).ifPresent(problem -> {
            throw new UserError(
                    UserError.USAGE, "views.evaluation.size = " + size + " must be " + problem + "; set another one.");
        });
        Map<?, ?> evaluation = recorded.get("eval") instanceof Map<?, ?> map ? map : Map.of();
        List<String> views = new ArrayList<>();
        if (evaluation.get(VIEWS) instanceof List<?> names) {
            names.forEach(name -> views.add(String.valueOf(name)));
        }
        return new Description(
                known.source().about() + assumed,
                network,
                evaluation.get("tap") instanceof String tap ? Optional.of(tap) : Optional.empty(),
                views,
                loadSide(recorded),
                CLASSIFIERS.contains(known.source().name()) && chosen.containsKey("fc.weight"),
                CheckpointFiles.load(file, chosen),
                classifiers(tree, known),
                ConfigFile.values(sections.render(Description.Network.class)));
    }

    /** Those that an evaluation has put beside the encoder. */
    private Map<String, SavedClassifier> classifiers(@Nullable Object tree, Recognized known) {
        if (!(Trees.at(tree, List.of(OURS, ClassifiedFile.CLASSIFIERS)) instanceof Map<?, ?> forms)) {
            return Map.of();
        }
        Map<String, SavedClassifier> classifiers = new LinkedHashMap<>();
        forms.forEach((name, form) -> {
            Map<String, TensorInfo> own = new LinkedHashMap<>();
            String prefix = name + ".";
            known.part(ClassifiedFile.CLASSIFIERS).forEach((key, value) -> {
                if (key.startsWith(prefix) && value instanceof TensorInfo info) {
                    own.put(key.substring(prefix.length()), info);
                }
            });
            classifiers.put(
                    String.valueOf(name),
                    new SavedClassifier(
                            SavedClassifier.Form.of(form, file.toString()), CheckpointFiles.load(file, own)));
        });
        return classifiers;
    }

    /**
     * The rows of its memory bank, N×D, one for each training picture: that of a run or of ring's program. It belongs to the
     * caller's scope.
     *
     * @return nothing if there is none, or more than one
     * @throws UserError if it is damaged or of no known source
     */
    public Optional<Tensor> bank() {
        Recognized known = known(CheckpointFiles.list(file).tree());
        Map<String, TensorInfo> banks = new LinkedHashMap<>();
        BANKS.forEach((from, name) -> {
            if (known.part(from).get(name) instanceof TensorInfo rows) {
                banks.put(name, rows);
            }
        });
        return CheckpointFiles.load(file, banks).values().stream().findFirst();
    }

    private Recognized known(@Nullable Object tree) {
        return Recognized.in(tree)
                .orElseThrow(() -> new UserError(
                        UserError.FAILED,
                        file + " has the keys of no known source; 'contrast4j checkpoint inspect " + file
                                + "' shows them."));
    }

    @SuppressWarnings("unchecked")
    private Map<String, ?> configuration(@Nullable Object tree) {
        if (Trees.at(tree, List.of("opt")) instanceof Map<?, ?> options && options.containsKey(VIEWS)) {
            return (Map<String, ?>) options;
        }
        throw new UserError(
                UserError.FAILED, file + " has no configuration of a run in it; name another checkpoint of the run.");
    }

    /** The tensors of the network by the names in it, whatever the program calls them. */
    private Map<String, TensorInfo> tensors(Recognized known) {
        Map<String, TensorInfo> tensors = new LinkedHashMap<>();
        if (part.isEmpty() && !known.part("encoder-l").isEmpty()) {
            put(tensors, "l_to_ab.", known.part("encoder-l"));
            put(tensors, "ab_to_l.", known.part("encoder-ab"));
            return tensors;
        }
        String chosen = part.orElse(ENCODER);
        if (known.part(chosen).isEmpty()) {
            throw new UserError(
                    UserError.USAGE,
                    file + " is " + known.source().about() + " and has no part " + chosen + "; choose one of "
                            + String.join(", ", known.parts().keySet()) + ".");
        }
        boolean hasParts = known.parts().keySet().stream().anyMatch(PARTS::containsKey);
        put(tensors, hasParts ? "encoder." : "", known.part(chosen));
        PARTS.forEach((name, prefix) -> put(tensors, prefix, known.part(name)));
        return tensors;
    }

    private static Map<String, String> parts() {
        Map<String, String> parts = new LinkedHashMap<>();
        parts.put("head", "head.");
        parts.put("sub-heads", "sub_heads.");
        parts.put("logits", "logit_fc.");
        parts.put("last-logits", "l_fc.");
        parts.put("features", "feat_fc.");
        parts.put("last-features", "f_fc.");
        return parts;
    }

    private static void put(Map<String, TensorInfo> tensors, String prefix, Map<String, Object> part) {
        part.forEach((name, value) -> {
            // The encoders of several views lie one level deeper where predictions are trained with them.
            String own = name.startsWith("encoders.") ? name.substring("encoders.".length()) : name;
            if (value instanceof TensorInfo info) {
                tensors.put(prefix + own, info);
            }
        });
    }

    private static Optional<Integer> loadSide(Map<String, ?> recorded) {
        return recorded.get("data") instanceof Map<?, ?> data && data.get("load-side") instanceof Number side
                ? Optional.of(side.intValue())
                : Optional.empty();
    }

    private PublishedNetwork published(Recognized known, Map<String, TensorInfo> chosen) {
        Map<String, long[]> encoder = new LinkedHashMap<>();
        Map<String, long[]> heads = new LinkedHashMap<>();
        boolean isNested = chosen.keySet().stream().anyMatch(name -> name.startsWith("encoder."));
        String prefix = isNested ? "encoder." : TrainedModel.viewPrefix(chosen.keySet());
        chosen.forEach((name, info) -> {
            if (name.startsWith(prefix)) {
                encoder.put(name.substring(prefix.length()), info.shape());
            } else {
                heads.put(name, info.shape());
            }
        });
        return new PublishedNetwork(known, file.toString(), encoder, heads);
    }

    /** What is worked out, and the caller's settings on top. */
    private List<String> settings(PublishedNetwork network) {
        List<String> all = new ArrayList<>();
        if (!ConfigFile.replaces(settings, VIEWS)) {
            all.addAll(network.views());
        }
        if (!ConfigFile.replaces(settings, ENCODER)) {
            all.addAll(network.encoder());
        }
        all.addAll(settings);
        return all;
    }
}
