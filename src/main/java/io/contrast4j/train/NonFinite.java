package io.contrast4j.train;

import io.contrast4j.method.Method;
import io.contrast4j.objective.Scores;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.bytedeco.pytorch.Tensor;

/**
 * What in a step is no number.
 *
 * @param terms parts of the loss
 * @param indices positions in the data set of the pictures whose features or similarities are no numbers
 * @param batch those of all pictures of the batch
 */
record NonFinite(List<String> terms, List<Long> indices, List<Long> batch) {
    private static final int SHOWN = 10;

    static NonFinite in(Method.Output output) {
        List<String> terms = new ArrayList<>();
        EpochMeter.values(output.loss()).forEach((name, value) -> {
            if (!Double.isFinite(Tensors.scalar(value))) {
                terms.add(name);
            }
        });
        long[] indices = Tensors.longs(output.pictures());
        TreeSet<Long> found = new TreeSet<>();
        List<Tensor> tables = new ArrayList<>(output.features());
        for (Scores scores : output.scores()) {
            tables.add(scores.positive());
            tables.add(scores.negatives());
        }
        for (Tensor table : tables) {
            // Several features of a picture, of crops or exits, lie one batch after the other.
            rows(table).ifPresent(rows -> {
                for (int row = 0; row < rows.length; row++) {
                    if (rows[row] != 0) {
                        found.add(indices[row % indices.length]);
                    }
                }
            });
        }
        return new NonFinite(
                terms,
                List.copyOf(found),
                Arrays.stream(indices).distinct().sorted().boxed().toList());
    }

    /** For each row of a table the number of its entries that are no numbers; empty if it has none. */
    private static Optional<long[]> rows(Tensor table) {
        Tensor bad = table.detach().isfinite().logical_not();
        return Tensors.scalar(bad.any()) == 0
                ? Optional.empty()
                : Optional.of(Tensors.longs(bad.flatten(1, -1).sum(1)));
    }

    /** The beginning of a sentence. */
    String description() {
        String of = indices.isEmpty()
                ? ", although all features and similarities are numbers, in a batch of the training pictures "
                        + first(batch)
                : ", from the training pictures " + first(indices);
        return "The loss is no number (" + String.join(", ", terms) + of + ")";
    }

    private static String first(List<Long> pictures) {
        return pictures.subList(0, Math.min(SHOWN, pictures.size()))
                + (pictures.size() > SHOWN ? " and " + (pictures.size() - SHOWN) + " more" : "");
    }
}
