package io.contrast4j.cli;

/**
 * What the doctor has found about one thing.
 *
 * @param topic one word
 * @param level how bad it is
 * @param found what there is
 * @param remedy what to do about it; empty if nothing
 */
record Finding(String topic, Level level, String found, String remedy) {
    enum Level {
        OK,
        /** It works, but not as well as it could. */
        WARNING,
        /** It does not work. */
        PROBLEM
    }

    static Finding ok(String topic, String found) {
        return new Finding(topic, Level.OK, found, "");
    }

    static Finding warning(String topic, String found, String remedy) {
        return new Finding(topic, Level.WARNING, found, remedy);
    }

    static Finding problem(String topic, String found, String remedy) {
        return new Finding(topic, Level.PROBLEM, found, remedy);
    }
}
