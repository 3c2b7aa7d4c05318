package io.contrast4j.metrics;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Shows how far an epoch is: on a terminal as a bar that is rewritten in place, elsewhere as plain lines at intervals.
 *
 * <pre>{@code
 * epoch 3/240  45% [=============>               ]  loss 4.1234  812 images/s  data 3%  ETA 1:23
 * }</pre>
 *
 * <p>Speed, the share of time spent waiting for data, and the time left (of this epoch) are averages over the epoch so
 * far. For one thread.
 */
public final class Progress {
    private static final String INDENT = "  ";

    private final PrintStream out;
    private final LongSupplier nanoTime;
    private final StatusLine line;
    private final Epoch epoch = new Epoch();

    private String title = "";
    private long steps;
    private long step;
    private long images;
    private double waited;
    private double loss;
    private long started;
    private long finished;

    /** Shows on stderr. @param plainInterval the time between two plain lines */
    public Progress(Duration plainInterval) {
        this(System.err, Terminal.ofStderr(), plainInterval, System::nanoTime);
    }

    Progress(PrintStream out, Terminal terminal, Duration plainInterval, LongSupplier nanoTime) {
        this.out = out;
        this.nanoTime = nanoTime;
        this.line = new StatusLine(out, terminal, plainInterval, nanoTime);
    }

    /**
     * An epoch begins.
     *
     * @param title what it is called, as {@code epoch 3/240}
     * @param steps how many steps it has
     */
    public void begin(String title, long steps) {
        this.title = title;
        this.steps = steps;
        this.step = 0;
        this.images = 0;
        this.waited = 0;
        this.loss = Double.NaN;
        this.started = line.begin();
    }

    /**
     * A step is done.
     *
     * @param loss the loss to show; NaN shows the one before
     * @param images how many images it had
     * @param dataWait seconds that it waited for them
     */
    public void step(double loss, long images, double dataWait) {
        this.step++;
        this.images += images;
        this.waited += dataWait;
        if (!Double.isNaN(loss)) {
            this.loss = loss;
        }
        if (step >= steps) {
            finished = nanoTime.getAsLong();
        }
        line.update(epoch);
    }

    /** The epoch is over: its last state stays visible. @param summary what else there is to say of it, below that */
    public void end(String summary) {
        line.end(epoch);
        if (!summary.isEmpty()) {
            out.println(INDENT + summary);
            out.flush();
        }
    }

    /** Takes the bar away, so that something else can be written; the next step shows it again. */
    public void clear() {
        line.clear();
    }

    /** The state of the epoch as a line. */
    private final class Epoch implements StatusLine.Content {
        @Override
        public String title() {
            return title;
        }

        @Override
        public double done() {
            return steps == 0 ? 1 : (double) step / steps;
        }

        @Override
        public String count() {
            return "  step " + step + "/" + steps;
        }

        @Override
        public String numbers(long now) {
            boolean over = step >= steps;
            // What comes after the last step does not make the steps slower.
            double seconds = ((over && step > 0 ? finished : now) - started) / 1e9;
            StringBuilder text = new StringBuilder();
            if (!Double.isNaN(loss)) {
                text.append(String.format(Locale.ROOT, "  loss %.4f", loss));
            }
            if (seconds > 0 && step > 0) {
                double speed = images / seconds;
                text.append(String.format(Locale.ROOT, speed < 10 ? "  %.1f images/s" : "  %.0f images/s", speed));
                text.append(String.format(Locale.ROOT, "  data %.0f%%", 100 * Math.min(1, waited / seconds)));
                text.append(over ? "  " : "  ETA ")
                        .append(StatusLine.time(over ? seconds : seconds / step * (steps - step)));
            }
            return text.toString();
        }
    }
}
