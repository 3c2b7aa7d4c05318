package io.contrast4j.cli;

import io.contrast4j.train.Observer;
import io.contrast4j.train.Stage;
import io.contrast4j.train.Trainer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.Locale;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;

/**
 * A training that takes turns with another program: each step waits for a line, and is answered by its milliseconds, from the
 * batch on the CPU to the stores that have followed. What it waited for the loader is left out; while the other program
 * has its turn, the loader gets ahead.
 *
 * <p>A GPU is waited for before and after each step, and within a step only where training itself does.
 */
final class PacedSteps {
    private final Trainer trainer;
    private final Device device;
    private final BufferedReader turns;
    private final PrintStream answers;
    private long begun = -1;
    private double waitedBefore;

    PacedSteps(Trainer trainer, Device device, BufferedReader turns, PrintStream answers) {
        this.trainer = trainer;
        this.device = device;
        this.turns = turns;
        this.answers = answers;
    }

    /** Until there are no more lines. */
    void run() {
        trainer.run(new Nobody(), new StepBench.Uneventful(), this::isOver);
    }

    /** Asked before each step. */
    private boolean isOver() {
        if (device.is_cuda()) {
            torch.cuda_synchronize(device.index());
        }
        if (begun >= 0) {
            double seconds = (System.nanoTime() - begun) / 1e9 - (waited() - waitedBefore);
            answers.printf(Locale.ROOT, "%.3f%n", 1e3 * seconds);
            answers.flush();
        }
        try {
            boolean isOver = turns.readLine() == null;
            waitedBefore = waited();
            begun = System.nanoTime();
            return isOver;
        } catch (IOException gone) {
            throw new UncheckedIOException(gone);
        }
    }

    private double waited() {
        return trainer.clock().times().seconds(Stage.DATA_WAIT);
    }

    /** Is told nothing that costs time. */
    private static final class Nobody implements Observer {
        @Override
        public void begin(int epoch, int epochs, int done, int steps) {}

        @Override
        public void step(Step step) {}

        @Override
        public void end(Epoch epoch) {}
    }
}
