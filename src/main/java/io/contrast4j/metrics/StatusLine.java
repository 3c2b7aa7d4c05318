package io.contrast4j.metrics;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * One line about something under way: on a terminal a bar that is rewritten in place, elsewhere plain lines at intervals.
 *
 * <p>Written here and not left to a library: the known one (me.tongfei:progressbar with jline) takes 0.4 s to start where
 * this takes 0.015 s, and writes carriage returns and colours to a pipe.
 */
final class StatusLine {
    private static final Duration REDRAW = Duration.ofMillis(100);
    private static final int WIDEST_BAR = 40;
    private static final int NARROWEST_BAR = 8;

    private final PrintStream out;
    private final Terminal terminal;
    private final LongSupplier nanoTime;
    private final long intervalNanos;
    private long shown;
    private boolean barVisible;

    /** @param plainInterval the time between two plain lines */
    StatusLine(PrintStream out, Terminal terminal, Duration plainInterval, LongSupplier nanoTime) {
        this.out = out;
        this.terminal = terminal;
        this.nanoTime = nanoTime;
        this.intervalNanos = (terminal.rewritable() ? REDRAW : plainInterval).toNanos();
    }

    /** What one line says. */
    interface Content {
        String title();

        /** The share that is done, 0 to 1; NaN if that is not known. */
        double done();

        /** What a plain line has in the bar's place. */
        String count();

        /** What follows the bar; begins with two spaces, or is empty. */
        String numbers(long now);
    }

    /** Starts the time to the first line. Returns the time. */
    long begin() {
        shown = nanoTime.getAsLong();
        return shown;
    }

    /** Shows the content if it is time to. */
    void update(Content content) {
        long now = nanoTime.getAsLong();
        if (now - shown >= intervalNanos) {
            shown = now;
            show(content, now);
        }
    }

    /** The last state, which stays visible. */
    void end(Content content) {
        show(content, nanoTime.getAsLong());
        if (barVisible) {
            out.println();
            out.flush();
            barVisible = false;
        }
    }

    /** Takes the bar away, so that something else can be written; it comes back. */
    void clear() {
        if (barVisible) {
            out.print("\r\033[K");
            out.flush();
            barVisible = false;
        }
    }

    private void show(Content content, long now) {
        if (terminal.rewritable()) {
            out.print("\r" + bar(content, now) + "\033[K");
            barVisible = true;
        } else {
            out.println(content.title() + content.count() + content.numbers(now));
        }
        out.flush();
    }

    private String bar(Content content, long now) {
        // The last column stays free: writing to it would make some terminals go to the next line.
        int room = terminal.columns() - 1;
        String numbers = content.numbers(now);
        if (Double.isNaN(content.done())) {
            return cut(content.title() + numbers, room);
        }
        double done = Math.max(0, Math.min(1, content.done()));
        String start = content.title() + String.format(Locale.ROOT, " %3d%%", (int) (100 * done));
        int width = Math.min(WIDEST_BAR, room - start.length() - numbers.length() - 3);
        if (width < NARROWEST_BAR) {
            return cut(start + numbers, room);
        }
        int full = (int) (done * width);
        String filled = "=".repeat(full);
        String rest = (full < width ? ">" : "") + " ".repeat(Math.max(0, width - full - 1));
        return start + " [" + (terminal.colour() ? "\033[36m" + filled + "\033[0m" : filled) + rest + "]" + numbers;
    }

    private static String cut(String line, int room) {
        return line.substring(0, Math.min(line.length(), room));
    }

    /** {@code 0:07}, {@code 12:34}, {@code 1:02:03}. */
    static String time(double seconds) {
        long whole = Math.round(seconds);
        return whole < 3600
                ? String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60)
                : String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
    }
}
