package io.contrast4j.train;

import java.util.EnumMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;

/**
 * Says where the time of a training goes: between its start and its last lap no time is left out and none is counted
 * twice. For one thread.
 *
 * <p>A GPU works behind the program that gives it work, so that a stage is over for the program long before it is for the
 * GPU. Only some steps are {@linkplain #split split} there: they wait for the GPU at the end of each stage. The time of the
 * other ones is shared out as these have found.
 */
public final class StageClock {
    private final LongSupplier nanoTime;
    private final boolean runsBehind;
    private final Map<Stage, Long> nanos = new EnumMap<>(Stage.class);
    private long unsplit;
    private boolean isSplit = true;
    private long last;

    StageClock(Device device) {
        this(System::nanoTime, device.is_cuda());
    }

    StageClock(LongSupplier nanoTime, boolean runsBehind) {
        this.nanoTime = nanoTime;
        this.runsBehind = runsBehind;
        this.last = nanoTime.getAsLong();
    }

    /** Time runs from now on. */
    void start() {
        last = nanoTime.getAsLong();
    }

    /** Says whether the stages of the next step are told from each other; without a GPU they always are. */
    void split(boolean isToBeSplit) {
        isSplit = !runsBehind || isToBeSplit;
        if (isSplit) {
            settle();
        }
    }

    /** Waits until the GPU is done with the steps so far, and counts that time with them. */
    void settle() {
        if (runsBehind) {
            torch.cuda_synchronize();
            unsplit += sinceLast();
        }
    }

    /** The time since the last lap went into this stage. */
    void lap(Stage stage) {
        if (runsBehind && isSplit && stage.isWork()) {
            torch.cuda_synchronize();
        }
        if (isSplit || !stage.isWork()) {
            nanos.merge(stage, sinceLast(), Long::sum);
        } else {
            unsplit += sinceLast();
        }
    }

    private long sinceLast() {
        long now = nanoTime.getAsLong();
        long passed = now - last;
        last = now;
        return passed;
    }

    /** All times so far. */
    public StageTimes times() {
        return new StageTimes(nanos, unsplit);
    }
}
