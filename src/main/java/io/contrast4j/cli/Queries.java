package io.contrast4j.cli;

import io.contrast4j.spec.UserError;
import java.util.List;
import java.util.Optional;

/** Which pictures are compared with which. */
enum Queries {
    /** Each test picture with the labelled training pictures. */
    TEST,
    /** Each labelled training picture with the others. */
    TRAIN_LEAVE_ONE_OUT,
    /** Each test picture with the others. */
    TEST_LEAVE_ONE_OUT;

    /** How many pictures each is compared with. */
    int others(Subject subject) {
        return switch (this) {
            case TEST -> subject.labelled().length;
            case TRAIN_LEAVE_ONE_OUT -> subject.labelled().length - 1;
            case TEST_LEAVE_ONE_OUT -> subject.test().size() - 1;
        };
    }

    /**
     * Demands that there are as many others as are asked for.
     *
     * @param key that asks for them
     * @throws UserError if there are fewer
     */
    void requireOthers(Subject subject, String key, List<Integer> counts) {
        int most = counts.stream().mapToInt(count -> count).max().orElse(0);
        if (most > others(subject)) {
            throw new UserError(
                    UserError.USAGE,
                    key + " = " + counts + " asks for " + most + " neighbours, and each picture is compared with "
                            + others(subject) + "; choose smaller numbers.");
        }
    }

    /** The features; the caller closes them. */
    ComparedFeatures features(Subject subject) {
        return switch (this) {
            case TEST -> new ComparedFeatures(Optional.of(subject.trainFeatures()), subject.testFeatures());
            case TRAIN_LEAVE_ONE_OUT -> new ComparedFeatures(Optional.empty(), subject.trainFeatures());
            case TEST_LEAVE_ONE_OUT -> new ComparedFeatures(Optional.empty(), subject.testFeatures());
        };
    }
}
