package io.contrast4j.prepare;

import io.contrast4j.data.Dataset;
import io.contrast4j.image.PictureGrid;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Scope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A PNG with samples of every part of a data set, each with the name of its class. */
public final class ContactSheet {
    private static final int COLUMNS = 8;
    private static final int SIDE = 128;
    private static final int MOST_CELLS = 64;

    private ContactSheet() {}

    /**
     * Draws the sheet: 64 samples, shared by the parts, of as many classes as possible.
     *
     * @param seed the choice depends on it only
     * @throws io.contrast4j.spec.UserError if the file cannot be written
     */
    public static void write(List<Inspection> parts, long seed, Path file) {
        try (Scope scope = Scope.open()) {
            PictureGrid grid = new PictureGrid(COLUMNS, SIDE);
            for (Inspection part : parts) {
                Dataset data = part.data();
                grid.heading(part.name() + ": " + data.size() + " pictures, "
                        + data.classes().size() + " classes");
                for (int index : choose(data, MOST_CELLS / parts.size() / COLUMNS * COLUMNS, seed)) {
                    add(grid, data, index);
                }
            }
            grid.write(file);
        }
    }

    private static void add(PictureGrid grid, Dataset data, int index) {
        int label = data.label(index);
        String caption = label < 0 ? "no class" : data.classes().get(label);
        try {
            grid.add(data.read(index).rgb(), caption);
        } catch (IOException damaged) {
            grid.addMissing("cannot be read");
        }
    }

    /** Some samples, in the order of their classes: one of each class, then a second one, while there are any. */
    static List<Integer> choose(Dataset data, int count, long seed) {
        int[] order = CounterRandom.of(seed, 1).permutation(data.size());
        int[] seen = new int[data.classes().size() + 1];
        record Candidate(int index, int round, int rank) {}
        List<Candidate> candidates = new ArrayList<>();
        for (int rank = 0; rank < order.length; rank++) {
            int round = seen[data.label(order[rank]) + 1]++;
            if (round < count) {
                candidates.add(new Candidate(order[rank], round, rank));
            }
        }
        return candidates.stream()
                .sorted(Comparator.comparingInt(Candidate::round).thenComparingInt(Candidate::rank))
                .limit(count)
                .map(Candidate::index)
                .sorted(Comparator.<Integer>comparingInt(data::label).thenComparing(Comparator.naturalOrder()))
                .toList();
    }
}
