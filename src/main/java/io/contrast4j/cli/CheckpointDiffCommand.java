package io.contrast4j.cli;

import io.contrast4j.checkpoint.CheckpointFiles;
import io.contrast4j.checkpoint.Recognized;
import io.contrast4j.checkpoint.Trees;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDifference;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "diff",
        description = {
            "Compares two checkpoints: keys that only one has, shapes, types, and the values of tensors and of everything"
                    + " else.",
            "",
            "Beside a key that is missing stands the most similar one that is too many. Two NaNs are equal."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {" 0:they are equal", " 1:they differ, or one cannot be read", " 2:wrong usage"},
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j checkpoint diff epoch-9.pth epoch-10.pth",
            "  contrast4j checkpoint diff --parts ours.pth last_dataparallel.pth"
        })
final class CheckpointDiffCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "A", description = "A checkpoint.")
    private Path a = Path.of("");

    @Parameters(index = "1", paramLabel = "B", description = "Another one.")
    private Path b = Path.of("");

    @Option(
            names = "--parts",
            description = "Compares the networks only, by the names of tensors within their parts: wrappers such as"
                    + " DataParallel, and what else the two programs save, make no difference.")
    private boolean parts;

    @Override
    public Integer call() {
        try (Scope scope = Scope.open()) {
            Map<String, Optional<Object>> left = leaves(a);
            Map<String, Optional<Object>> right = leaves(b);
            List<String> differences = new ArrayList<>(new StateDifference(shapes(right), shapes(left)).sentences());
            differences.replaceAll(sentence -> sentence.replaceFirst("^it has no", "only B has")
                    .replace(" is unknown here", " is only in A")
                    .replace(" there and ", " in A and ")
                    .replaceFirst(" here$", " in B"));
            left.forEach((key, value) -> {
                if (right.containsKey(key)) {
                    compare(key, value.orElse(null), right.get(key).orElse(null))
                            .ifPresent(differences::add);
                }
            });
            differences.forEach(System.out::println);
            System.out.println(
                    differences.isEmpty()
                            ? "equal: " + left.size() + " values"
                            : differences.size() + (differences.size() == 1 ? " difference" : " differences"));
            return differences.isEmpty() ? 0 : 1;
        }
    }

    private Map<String, Optional<Object>> leaves(Path file) {
        Object tree = CheckpointFiles.read(file);
        if (!parts) {
            return Trees.leaves(tree);
        }
        Map<String, Object> networks = new LinkedHashMap<>();
        Recognized.in(tree)
                .orElseThrow(() -> CheckpointConvertCommand.unknown(file))
                .parts()
                .forEach((name, part) -> part.forEach((key, value) -> networks.put(name + "." + key, value)));
        return Trees.leaves(networks);
    }

    /** Values that are no tensor count as scalars here, so that names are compared in one place. */
    private static Map<String, long[]> shapes(Map<String, Optional<Object>> leaves) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        leaves.forEach((key, value) ->
                shapes.put(key, value.orElse(null) instanceof Tensor tensor ? Tensors.shape(tensor) : new long[0]));
        return shapes;
    }

    private static Optional<String> compare(String key, @Nullable Object left, @Nullable Object right) {
        if (left instanceof Tensor one && right instanceof Tensor other) {
            return compare(key, one, other);
        }
        boolean equal = left instanceof byte[] bytes && right instanceof byte[] others
                ? Arrays.equals(bytes, others)
                : Objects.equals(left, right);
        return equal ? Optional.empty() : Optional.of(key + " is " + left + " in A and " + right + " in B");
    }

    private static Optional<String> compare(String key, Tensor one, Tensor other) {
        if (!Arrays.equals(Tensors.shape(one), Tensors.shape(other))) {
            return Optional.empty();
        }
        ScalarType type = one.scalar_type().intern();
        if (type != other.scalar_type().intern()) {
            return Optional.of(
                    key + " is " + type + " in A and " + other.scalar_type().intern() + " in B");
        }
        try (Scope scope = Scope.open()) {
            // Complex numbers as pairs of real ones.
            Tensor x = (one.is_complex() ? torch.view_as_real(one) : one).to(ScalarType.Double);
            Tensor y = (other.is_complex() ? torch.view_as_real(other) : other).to(ScalarType.Double);
            Tensor differ = x.ne(y).logical_and(x.isnan().logical_and(y.isnan()).logical_not());
            long count = differ.sum().item_long();
            if (count == 0) {
                return Optional.empty();
            }
            double most = x.sub(y).abs().nan_to_num().max().item_double();
            return Optional.of(String.format(
                    Locale.ROOT, "%s differs in %,d of %,d elements, by at most %.3g", key, count, x.numel(), most));
        }
    }
}
