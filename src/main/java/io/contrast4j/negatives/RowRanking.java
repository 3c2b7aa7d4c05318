package io.contrast4j.negatives;

import java.util.Arrays;

/**
 * The columns of some ranks of a row, rank 0 being its largest entry; of equal entries the one further left comes first.
 * Entries that are NaN come last: a loss of them is NaN too, and what becomes of such a step is for the trainer to say.
 *
 * <p>Most entries are out of question at a glance: a sample of the row tells between which two values the wanted ranks lie
 * almost surely, and one pass keeps the entries between them and counts those above. If the count shows that the guess was
 * wrong, all entries are kept. Those that are kept go through a bucket sort, of which only the buckets that the wanted ranks
 * fall into are sorted. A full sort, or LibTorch's top-k of a tenth of the row, takes several times as long.
 */
final class RowRanking {
    /** Entries of a row that are looked at to guess where its ranks lie. */
    private static final int SAMPLE = 512;

    /** Rows of fewer entries are not worth a guess. */
    private static final int LONG = 16 * SAMPLE;

    /** Standard deviations of a sampled rank that a guess allows for: one in some ten thousand is wrong. */
    private static final double SAFETY = 4;

    /** Entries of a bucket in the mean, if they were spread evenly. */
    private static final int PER_BUCKET = 8;

    private static final int MAX_BUCKETS = 1 << 14;

    /** Larger buckets are left to the library's sort. */
    private static final int SMALL = 48;

    private final int from;
    private final int to;
    private final float[] row;
    private final float[] sample = new float[SAMPLE];
    private final float[] values;
    private final int[] columns;
    private final int[] ends;
    private final long[] ranked;
    private int kept;
    private long[] members = new long[0];

    /**
     * @param length entries of a row
     * @param from first wanted rank
     * @param to one past the last, at most {@code length} and above {@code from}
     */
    RowRanking(int length, int from, int to) {
        this.from = from;
        this.to = to;
        this.row = new float[length];
        this.values = new float[length + 1];
        this.columns = new int[length + 1];
        this.ends = new int[buckets(length) + 2];
        this.ranked = new long[to - from];
    }

    /** Where the next row is to be written. */
    float[] row() {
        return row;
    }

    /** The columns of the wanted ranks of the row; overwritten by the next call. */
    long[] ranked() {
        int above = keepSome();
        if (above > from || above + kept < to) {
            above = keep(Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);
        }
        int numbers = above + kept;
        if (from < numbers) {
            sort(from - above, Math.min(to, numbers) - above);
        }
        rankNans(numbers);
        return ranked;
    }

    /** The wanted ranks from {@code first} on, if there are any, are those of NaNs, from left to right. */
    private void rankNans(int first) {
        int rank = first;
        for (int column = 0; rank < to; column++) {
            if (Float.isNaN(row[column])) {
                if (rank >= from) {
                    ranked[rank - from] = column;
                }
                rank++;
            }
        }
    }

    /** Keeps the entries that a sample speaks for, and returns the number of those above. */
    private int keepSome() {
        float low = Float.NEGATIVE_INFINITY;
        float high = Float.POSITIVE_INFINITY;
        if (row.length >= LONG) {
            for (int i = 0; i < SAMPLE; i++) {
                sample[i] = row[(int) ((long) i * row.length / SAMPLE)];
            }
            Arrays.sort(sample);
            double first = (double) from / row.length;
            double end = (double) to / row.length;
            int highest = (int) Math.floor(SAMPLE * first - margin(first)) - 1;
            int lowest = (int) Math.ceil(SAMPLE * end + margin(end)) + 1;
            high = highest < 0 ? high : sample[SAMPLE - 1 - highest];
            low = lowest >= SAMPLE ? low : sample[SAMPLE - 1 - lowest];
        }
        return keep(low, high);
    }

    private static double margin(double share) {
        return SAFETY * Math.sqrt(SAMPLE * share * (1 - share));
    }

    /** Keeps the entries of low … high, and returns the number of those above. */
    private int keep(float low, float high) {
        int size = 0;
        int above = 0;
        for (int column = 0; column < row.length; column++) {
            // Without a branch, which the processor could not foresee: what is not kept is overwritten by the next.
            float value = row[column];
            values[size] = value;
            columns[size] = column;
            int higher = value > high ? 1 : 0;
            size += (value >= low ? 1 : 0) - higher;
            above += higher;
        }
        kept = size;
        return above;
    }

    private static int buckets(int entries) {
        return Math.max(1, Math.min(MAX_BUCKETS, entries / PER_BUCKET));
    }

    /** Finds the ranks first … end−1 of the kept entries, which are the first of the wanted ones. */
    private void sort(int first, int end) {
        float least = values[0];
        float most = values[0];
        for (int i = 1; i < kept; i++) {
            least = values[i] < least ? values[i] : least;
            most = values[i] > most ? values[i] : most;
        }
        int buckets = buckets(kept);
        float exact = buckets / (most - least);
        // Entries that are equal, or too near or far for such a number, share a bucket.
        float scale = Float.isFinite(exact) ? exact : 0;
        Arrays.fill(ends, 0, buckets + 2, 0);
        for (int i = 0; i < kept; i++) {
            ends[(int) ((most - values[i]) * scale)]++;
        }
        int low = 0;
        int below = 0;
        while (below + ends[low] <= first) {
            below += ends[low++];
        }
        // Counts become the places where buckets start, from the first wanted bucket on.
        int high = low;
        int place = 0;
        while (below + place < end) {
            int size = ends[high];
            ends[high++] = place;
            place += size;
        }
        if (members.length < place) {
            members = new long[place + place / 4];
        }
        for (int i = 0; i < kept; i++) {
            int bucket = (int) ((most - values[i]) * scale);
            if (bucket >= low && bucket < high) {
                members[ends[bucket]++] = key(values[i], columns[i]);
            }
        }
        int start = 0;
        for (int bucket = low; bucket < high; bucket++) {
            sortMembers(start, ends[bucket]);
            start = ends[bucket];
        }
        for (int r = 0; r < end - first; r++) {
            ranked[r] = members[first - below + r] & 0xFFFF_FFFFL;
        }
    }

    /** Ascending keys are descending values, then ascending columns. */
    private static long key(float value, int column) {
        int bits = Float.floatToRawIntBits(value + 0f); // −0 becomes 0
        int ascending = bits ^ (bits >> 31 & 0x7FFF_FFFF);
        return (long) ~ascending << 32 | column;
    }

    private void sortMembers(int start, int end) {
        if (end - start > SMALL) {
            Arrays.sort(members, start, end);
            return;
        }
        for (int i = start + 1; i < end; i++) {
            long moving = members[i];
            int j = i - 1;
            while (j >= start && members[j] > moving) {
                members[j + 1] = members[j];
                j--;
            }
            members[j + 1] = moving;
        }
    }
}
