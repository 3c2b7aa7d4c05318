package io.contrast4j.checkpoint;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.ReadsFiles;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.StateDifference;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Weights for a network out of a checkpoint of any known source. Each part of the network, such as {@code encoder} or
 * {@code head}, takes that part of the file; only the tensors that it needs are read.
 *
 * <p>Strict: names and shapes must be the network's. A part may have the names of either program or, where that fits
 * better, those that both have in a torchvision ResNet: ring's {@code features.4.0.conv1} and SelfCon's {@code
 * layer1.0.conv1} are {@code layer1.0.conv1}. PyTorch before 0.4.1 did not count the batches of a norm; a missing {@code
 * num_batches_tracked} is 0.
 *
 * @param weights the file; none leaves the network as it is
 * @param part which part of the file the encoder takes, if it is not the one of the same name
 * @param layers which layers are taken
 */
public record Pretrained(Optional<Path> weights, Optional<String> part, Layers layers) implements ReadsFiles {
    private static final String ENCODER = "encoder";
    private static final String BATCHES = "num_batches_tracked";
    private static final String REMEDY =
            "; configure the encoder as it is there, or leave out the last layers with pretrained.layers = backbone.";

    /** The last layers of networks whose heads are no parts of their own: of ResNets, CMC's AlexNet, the small AlexNet. */
    private static final Pattern HEAD = Pattern.compile("(fc|fc8|blocks\\.7)\\..+");

    /** Which layers are taken. */
    public enum Layers {
        /** All of them. */
        ALL,
        /** Those below the head; the head, and exits on the way, keep the weights they have. */
        BACKBONE
    }

    public Pretrained {
        new Problems()
                .require(
                        weights.isPresent() || part.isEmpty(),
                        "part",
                        part.orElse(""),
                        "none where there are no pretrained.weights")
                .raise();
    }

    @Override
    public Problems missing() {
        Problems problems = new Problems();
        weights.ifPresent(
                file -> problems.require(Files.isRegularFile(file), "weights", file, "a checkpoint file that exists"));
        return problems;
    }

    /**
     * Loads the weights into a network.
     *
     * @return what they are from, to be printed; nothing if there are none
     * @throws UserError if the file cannot be read, is of no known source, has not all parts of the network, or has other
     *     names or shapes than it; the network is as it was then
     */
    public Optional<String> into(Module network) {
        return weights.map(file -> {
            try (Scope scope = Scope.open();
                    NoGrad noGrad = NoGrad.open()) {
                return load(network, file);
            }
        });
    }

    private String load(Module network, Path file) {
        Recognized there = Recognized.in(CheckpointFiles.list(file).tree())
                .orElseThrow(() -> wrong(
                        file,
                        "has the keys of no known source; 'contrast4j checkpoint inspect " + file + "' shows them."));
        Recognized here = asSaved(network);
        Map<String, Tensor> own = new LinkedHashMap<>();
        Map<String, TensorInfo> chosen = new LinkedHashMap<>();
        List<String> differences = new ArrayList<>();
        here.parts().keySet().forEach(name -> {
            if (layers == Layers.ALL || name.startsWith(ENCODER)) {
                String source = name.equals(ENCODER) ? part.orElse(ENCODER) : name;
                if (there.part(source).isEmpty()) {
                    throw wrong(
                            file,
                            "is " + there.source().about() + " and has no " + source + " among its parts ("
                                    + String.join(", ", there.parts().keySet()) + ")"
                                    + (name.equals(ENCODER)
                                            ? "; choose another file, or one of these with pretrained.part."
                                            : REMEDY));
                }
                Match match = match(here, name, there, source);
                differences.addAll(match.differences());
                match.own().forEach((key, tensor) -> own.put(name + "." + key, tensor));
                match.there().forEach((key, info) -> chosen.put(name + "." + key, info));
            }
        });
        if (!differences.isEmpty()) {
            throw wrong(
                    file,
                    "(" + there.source().about() + ") does not fit the encoder: "
                            + StateDifference.summary(differences, 3) + REMEDY);
        }
        Map<String, Tensor> values = CheckpointFiles.load(file, chosen);
        own.forEach((key, tensor) -> {
            Tensor value = values.get(key);
            tensor.copy_(value == null ? Tensors.zeros(ScalarType.Long) : value);
        });
        return there.source().about() + ", " + own.size() + " tensors of " + file;
    }

    /** The network as if it were saved. */
    private static Recognized asSaved(Module network) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("contrast4j", Map.of());
        tree.put("model", PublishedNames.of(StateDict.of(network)));
        return Sources.named("contrast4j").recognize(tree).orElseThrow();
    }

    /** The tensors of a part of the network and of the file by the same names, as far as they are there. */
    private record Match(Map<String, Tensor> own, Map<String, TensorInfo> there, List<String> differences) {}

    /** By the programs' own names or by torchvision's, whichever fits better. */
    private Match match(Recognized network, String name, Recognized file, String source) {
        Match plain = match(names(network, name, false), names(file, source, false));
        if (plain.differences().isEmpty()) {
            return plain;
        }
        Match common = match(names(network, name, true), names(file, source, true));
        return common.differences().size() < plain.differences().size() ? common : plain;
    }

    private static Match match(Map<String, Object> own, Map<String, Object> there) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        Map<String, long[]> needed = new LinkedHashMap<>();
        own.forEach((name, value) -> {
            tensors.put(name, (Tensor) value);
            if (there.containsKey(name) || !name.endsWith(BATCHES)) {
                needed.put(name, Tensors.shape((Tensor) value));
            }
        });
        Map<String, TensorInfo> infos = new LinkedHashMap<>();
        Map<String, long[]> present = new LinkedHashMap<>();
        there.forEach((name, value) -> {
            if (value instanceof TensorInfo info) {
                infos.put(name, info);
                present.put(name, info.shape());
            }
        });
        return new Match(tensors, infos, new StateDifference(needed, present).sentences());
    }

    private Map<String, Object> names(Recognized known, String part, boolean common) {
        Map<String, Object> names = new LinkedHashMap<>();
        known.part(part).forEach((name, tensor) -> {
            String other = known.torchvisionName(part, name);
            boolean isHead = other.isEmpty() || HEAD.matcher(other).matches();
            if (layers == Layers.ALL || !isHead) {
                names.put(common && !other.isEmpty() ? other : name, tensor);
            }
        });
        return names;
    }

    private static UserError wrong(Path file, String what) {
        return new UserError(UserError.FAILED, "pretrained.weights = " + file + " " + what);
    }
}
