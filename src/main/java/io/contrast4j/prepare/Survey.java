package io.contrast4j.prepare;

import io.contrast4j.data.Dataset;
import io.contrast4j.data.ImageFolder;
import io.contrast4j.data.UnsplitFolder;
import io.contrast4j.image.PictureFacts;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;

/**
 * A quick look at a data set: sizes out of the headers of at most {@link #HEADERS} files, colours and damage out of {@link #DECODED}
 * pictures that are decoded, both drawn at random and always the same. A folder of millions takes no longer than its listing.
 *
 * @param found what was looked at
 * @param inspection of the pictures that were decoded
 * @param widths ascending, of all whose size is known
 * @param heights ascending, likewise
 * @param sides the shorter ones, ascending, likewise
 * @param transparent files that say they have transparency; of data sets without files 0
 * @param damaged why files could not be read, each once
 */
public record Survey(
        FoundData found,
        Inspection inspection,
        int[] widths,
        int[] heights,
        int[] sides,
        int transparent,
        List<String> damaged) {
    /** Files of which the head is read. */
    public static final int HEADERS = 10_000;

    /** Pictures that are decoded. */
    public static final int DECODED = 400;

    private static final long SEED = 1;

    /** Of a hundred pictures so many are grey where all count as grey: a few may have a coloured frame. */
    private static final double GREY = 0.99;

    /**
     * Looks.
     *
     * @param workers threads
     * @param read is told how many pictures more have been decoded
     * @throws UserError if none of the pictures can be read
     */
    public static Survey of(FoundData found, int workers, IntConsumer read) {
        Dataset train = found.train();
        Inspection inspection = Inspection.of("train", train, new Inspection.Options(workers, DECODED, SEED), read);
        if (inspection.readable() == 0) {
            throw new UserError(
                    UserError.USAGE,
                    "None of the " + inspection.chosen().length + " pictures that were looked at can be read: "
                            + inspection.damaged().get(0).reason() + ".");
        }
        Heads heads = files(train).map(files -> Heads.of(files, train.size())).orElseGet(Heads::new);
        inspection.damaged().forEach(damage -> heads.damaged.add(damage.reason()));
        List<PictureFacts> facts = List.copyOf(heads.facts);
        boolean hasFacts = !facts.isEmpty();
        int[] sides = hasFacts
                ? facts.stream().mapToInt(PictureFacts::side).sorted().toArray()
                : sides(inspection.widths(), inspection.heights());
        return new Survey(
                found,
                inspection,
                hasFacts ? facts.stream().mapToInt(PictureFacts::width).sorted().toArray() : inspection.widths(),
                hasFacts
                        ? facts.stream().mapToInt(PictureFacts::height).sorted().toArray()
                        : inspection.heights(),
                sides,
                heads.transparent.get(),
                heads.damaged.stream().distinct().sorted().toList());
    }

    /** Of formats without files, whose pictures have one size, or of a pack: the medians are near enough. */
    private static int[] sides(int[] widths, int[] heights) {
        int[] sides = new int[widths.length];
        Arrays.setAll(sides, i -> Math.min(widths[i], heights[i]));
        Arrays.sort(sides);
        return sides;
    }

    private static Optional<IntFunction<Path>> files(Dataset data) {
        if (data instanceof UnsplitFolder folder) {
            return Optional.of(folder::file);
        }
        return data instanceof ImageFolder folder ? Optional.of(folder::file) : Optional.empty();
    }

    /** Whether the pictures have no colours. */
    public boolean isGrey() {
        return inspection.grey() >= GREY * inspection.readable();
    }

    /** The middle of ascending numbers. */
    public static int median(int[] sorted) {
        return sorted[sorted.length / 2];
    }

    /** What the heads of files say. */
    private static final class Heads {
        private final ConcurrentLinkedQueue<PictureFacts> facts = new ConcurrentLinkedQueue<>();
        private final ConcurrentLinkedQueue<String> damaged = new ConcurrentLinkedQueue<>();
        private final AtomicInteger transparent = new AtomicInteger();

        static Heads of(IntFunction<Path> files, int size) {
            Heads heads = new Heads();
            Arrays.stream(CounterRandom.of(SEED).permutation(size))
                    .limit(HEADERS)
                    .parallel()
                    .forEach(index -> heads.look(files.apply(index)));
            return heads;
        }

        private void look(Path file) {
            try {
                PictureFacts found = PictureFacts.of(file);
                facts.add(found);
                if (found.transparent()) {
                    transparent.incrementAndGet();
                }
            } catch (IOException failed) {
                damaged.add(Reasons.of(file.toString(), failed));
            }
        }
    }
}
