package io.contrast4j.cli;

/** Which pictures are compared with which. */
enum Queries {
    /** Each test picture with the labelled training pictures. */
    TEST,
    /** Each labelled training picture with the others. */
    TRAIN_LEAVE_ONE_OUT,
    /** Each test picture with the others. */
    TEST_LEAVE_ONE_OUT
}
