package io.contrast4j.metrics;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Shows how far a task is that is not a training: a download, a walk through a data set. On a terminal as a bar that is
 * rewritten in place, elsewhere as plain lines at intervals.
 *
 * <pre>{@code
 * cifar-10-binary.tar.gz  45% [=======>          ]  76.5 of 170.1 MB  11.2 MB/s  ETA 0:08
 * inspecting train  12% [==>                 ]  4800 of 40000 pictures  812 pictures/s  ETA 0:43
 * }</pre>
 *
 * <p>Speed and time left are averages over the task so far. For any number of threads.
 */
public final class TaskProgress implements AutoCloseable {
    private static final Duration PLAIN_INTERVAL = Duration.ofSeconds(10);

    /** What is counted. */
    public enum Unit {
        PICTURES,
        FILES,
        /** Shown in MB of a million bytes. */
        BYTES
    }

    private final StatusLine line;
    private final Task task = new Task();
    private final String title;
    private final Unit unit;
    private final long already;
    private final long total;
    private final long started;
    private long done;

    /**
     * Begins to show a task on stderr.
     *
     * @param title what it is called
     * @param already how much was done before
     * @param total how much there is, with what was done before; −1 if that is not known
     */
    public TaskProgress(String title, Unit unit, long already, long total) {
        this(title, unit, already, total, System.err, Terminal.ofStderr(), System::nanoTime);
    }

    TaskProgress(
            String title,
            Unit unit,
            long already,
            long total,
            PrintStream out,
            Terminal terminal,
            LongSupplier nanoTime) {
        this.title = title;
        this.unit = unit;
        this.already = already;
        this.done = already;
        this.total = total;
        this.line = new StatusLine(out, terminal, PLAIN_INTERVAL, nanoTime);
        this.started = line.begin();
    }

    /** So much more is done. */
    public synchronized void add(long amount) {
        done += amount;
        line.update(task);
    }

    /** Takes the bar away, so that something else can be written; the next addition shows it again. */
    public synchronized void clear() {
        line.clear();
    }

    /** The task is over, or broke off: its last state stays visible. */
    @Override
    public synchronized void close() {
        line.end(task);
    }

    /** The state of the task as a line. */
    private final class Task implements StatusLine.Content {
        @Override
        public String title() {
            return title;
        }

        @Override
        public double done() {
            return total < 0 ? Double.NaN : total == 0 ? 1 : (double) done / total;
        }

        @Override
        public String count() {
            return "";
        }

        @Override
        public String numbers(long now) {
            double seconds = (now - started) / 1e9;
            StringBuilder text = new StringBuilder("  ").append(amount(done));
            if (total >= 0) {
                text.append(" of ").append(amount(total));
            }
            text.append(' ').append(name());
            long fresh = done - already;
            if (seconds > 0 && fresh > 0) {
                text.append("  ")
                        .append(speed(fresh / seconds))
                        .append(' ')
                        .append(name())
                        .append("/s");
                if (total >= 0) {
                    boolean over = done >= total;
                    text.append(over ? "  " : "  ETA ")
                            .append(StatusLine.time(over ? seconds : seconds / fresh * (total - done)));
                }
            }
            return text.toString();
        }

        private String name() {
            return unit == Unit.BYTES ? "MB" : unit.name().toLowerCase(Locale.ROOT);
        }

        private String amount(long amount) {
            return unit == Unit.BYTES ? String.format(Locale.ROOT, "%.1f", amount / 1e6) : Long.toString(amount);
        }

        private String speed(double perSecond) {
            double shown = unit == Unit.BYTES ? perSecond / 1e6 : perSecond;
            return String.format(Locale.ROOT, shown < 10 ? "%.1f" : "%.0f", shown);
        }
    }
}
