package io.contrast4j.train;

import java.util.Locale;

/** What a training spends its time on. */
public enum Stage {
    /** The loader does not have the next batch yet. */
    DATA_WAIT("waiting for data", Kind.LOSS),
    /** The batch goes to the device. */
    COPY("copies to the device", Kind.WORK),
    FORWARD("forward", Kind.WORK),
    BACKWARD("backward", Kind.WORK),
    OPTIMIZER("optimizer", Kind.WORK),
    /** Stores and momentum encoders follow. */
    COMMIT("commit", Kind.WORK),
    /** Monitors, and whatever is written or shown of a step. */
    LOGGING("monitors and logs", Kind.LOSS),
    /** The evaluation at the end of an epoch. */
    VALIDATION("evaluation", Kind.LOSS),
    /** The training stands still while a checkpoint is taken. */
    CHECKPOINT("checkpoints", Kind.LOSS);

    private enum Kind {
        WORK,
        LOSS
    }

    private final String description;
    private final Kind kind;

    Stage(String description, Kind kind) {
        this.description = description;
        this.kind = kind;
    }

    /** What it is called in a sentence. */
    public String description() {
        return description;
    }

    /** Whether no step can be made without it. */
    public boolean isWork() {
        return kind == Kind.WORK;
    }

    /** What it is called in names of meters: {@code data_wait}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
