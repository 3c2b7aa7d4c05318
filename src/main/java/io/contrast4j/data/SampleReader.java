package io.contrast4j.data;

import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads samples, and deals with those that cannot be read. */
final class SampleReader {
    private static final Logger log = LoggerFactory.getLogger(BatchLoader.class);

    /** Draws for one sample in one epoch: its replacement. The views draw from stream 0. */
    private static final long REPLACEMENT_STREAM = 1;

    private static final int REPLACEMENT_DRAWS = 100;

    private final Dataset dataset;
    private final OnCorrupt policy;
    private final long seed;
    private final ConcurrentSkipListMap<Integer, String> corrupt = new ConcurrentSkipListMap<>();

    SampleReader(Dataset dataset, OnCorrupt policy, long seed) {
        this.dataset = dataset;
        this.policy = policy;
        this.seed = seed;
    }

    /** The number of samples. */
    int size() {
        return dataset.size();
    }

    /** The sample, or its replacement, or nothing if it is to be left out. */
    Optional<Sample> read(int index, long epoch) {
        try {
            return Optional.of(dataset.read(index));
        } catch (IOException e) {
            if (policy == OnCorrupt.FAIL) {
                throw new UserError(
                        UserError.FAILED,
                        "Cannot read " + reason(index, e)
                                + "; repair or remove it, or set loader.on-corrupt to skip or replace.",
                        e);
            }
            note(index, e);
            return policy == OnCorrupt.SKIP ? Optional.empty() : Optional.of(replacement(index, epoch));
        }
    }

    private Sample replacement(int index, long epoch) {
        CounterRandom rng = CounterRandom.of(seed, epoch, index, REPLACEMENT_STREAM);
        for (int draw = 0; draw < REPLACEMENT_DRAWS; draw++) {
            int other = rng.nextInt(dataset.size());
            try {
                return dataset.read(other);
            } catch (IOException e) {
                note(other, e);
            }
        }
        throw new UserError(
                UserError.FAILED,
                "Found no readable sample to replace " + dataset.describe(index) + " in " + REPLACEMENT_DRAWS
                        + " draws; check the data set.");
    }

    private void note(int index, IOException e) {
        if (corrupt.putIfAbsent(index, dataset.describe(index)) == null) {
            log.warn(
                    "{} sample that cannot be read: {}",
                    policy == OnCorrupt.SKIP ? "Skip" : "Replace",
                    reason(index, e));
        }
    }

    private String reason(int index, IOException e) {
        return Reasons.of(dataset.describe(index), e);
    }

    /** The samples that could not be read so far, by index. */
    Map<Integer, String> corrupt() {
        return Collections.unmodifiableMap(corrupt);
    }

    /** Samples of which it is known that they cannot be read: they count, and are not named again. */
    void known(Map<Integer, String> samples) {
        corrupt.putAll(samples);
    }
}
