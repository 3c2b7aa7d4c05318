package io.contrast4j.cli;

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

    /** The features; the caller closes them. */
    ComparedFeatures features(Subject subject) {
        return switch (this) {
            case TEST -> new ComparedFeatures(Optional.of(subject.trainFeatures()), subject.testFeatures());
            case TRAIN_LEAVE_ONE_OUT -> new ComparedFeatures(Optional.empty(), subject.trainFeatures());
            case TEST_LEAVE_ONE_OUT -> new ComparedFeatures(Optional.empty(), subject.testFeatures());
        };
    }
}
