package io.contrast4j.cli;

import io.contrast4j.config.Fragment;
import io.contrast4j.spec.Problems;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * The section {@code sweep} of a file of {@code contrast4j sweep}: which runs it is about. What each key means is said in {@code
 * reference.conf}. What stands beside it in the file belongs to all runs.
 */
record SweepConfig(Plan sweep) {
    /** The section's key. */
    static final String SECTION = "sweep";

    /**
     * @param name of the folder of all its runs, below that of all runs; empty for the file's own
     * @param base one run or several, by name or file, that the others are made of
     * @param grid values by key: each with each
     * @param runs changes that belong together
     * @param seeds of each run
     * @param result what runs are compared by
     * @param skipInvalid whether combinations that do not go together are left out
     */
    record Plan(
            Optional<String> name,
            Optional<Fragment> base,
            Fragment grid,
            List<Fragment> runs,
            List<Long> seeds,
            Result result,
            boolean skipInvalid) {
        /** A measure of what was trained. */
        enum Result {
            /** The first of the others that there is. */
            AUTO,
            LINEAR,
            CLASSIFIER,
            KNN
        }

        public Plan {
            Problems problems = new Problems();
            name.ifPresent(given -> problems.require(
                    given.matches("[A-Za-z0-9][A-Za-z0-9._-]*"),
                    "name",
                    '"' + given + '"',
                    "letters, digits, '.', '_' and '-' only"));
            problems.require(new HashSet<>(seeds).size() == seeds.size(), "seeds", seeds, "different from each other")
                    .raise();
        }
    }
}
