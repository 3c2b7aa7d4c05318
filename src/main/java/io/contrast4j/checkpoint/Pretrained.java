package io.contrast4j.checkpoint;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Published weights for a network. Only the tensors that it needs are read.
 *
 * <p>Strict: names and shapes must be the network's. PyTorch before 0.4.1 did not count the batches of a norm; a missing
 * {@code num_batches_tracked} is 0.
 */
public final class Pretrained {
    private static final String BATCHES = "num_batches_tracked";

    private Pretrained() {}

    /**
     * Loads one part, such as {@code encoder}, into a network whose tensors have the names within the part.
     *
     * @throws UserError as the other one
     */
    public static void load(Module network, Path file, String part) {
        load(network, file, Map.of(part, ""));
    }

    /**
     * Loads several parts.
     *
     * @param prefixes part → what is before its names in the network: encoder → {@code encoder.}, head → {@code head.}
     * @throws UserError if the file cannot be read, is of no known source, has no such part, or has other names or shapes
     *     than the network; it is as it was then
     */
    public static void load(Module network, Path file, Map<String, String> prefixes) {
        Recognized known = Recognized.in(PthFile.list(file).tree())
                .orElseThrow(() -> new UserError(
                        UserError.FAILED,
                        file + " has the keys of no known source; 'contrast4j checkpoint inspect " + file
                                + "' shows them."));
        Map<String, TensorInfo> chosen = new LinkedHashMap<>();
        prefixes.forEach((part, prefix) -> {
            if (known.part(part).isEmpty()) {
                throw new UserError(
                        UserError.FAILED,
                        file + " is " + known.source().about() + " and has no " + part + "; choose one of "
                                + String.join(", ", known.parts().keySet()) + ".");
            }
            known.part(part).forEach((name, value) -> {
                if (value instanceof TensorInfo info) {
                    chosen.put(prefix + name, info);
                }
            });
        });
        try (Scope scope = Scope.open()) {
            Map<String, Tensor> values = new LinkedHashMap<>(PthFile.load(file, chosen));
            StateDict.of(network).keySet().stream()
                    .filter(name -> name.equals(BATCHES) || name.endsWith("." + BATCHES))
                    .forEach(name -> values.computeIfAbsent(name, none -> Tensors.zeros(ScalarType.Long)));
            StateDict.load(network, values, file.toString());
        }
    }
}
