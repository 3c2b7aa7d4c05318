package io.contrast4j.cli;

import io.contrast4j.metrics.TaskProgress;
import io.contrast4j.prepare.Download;
import java.util.Optional;

/** Shows a download on stderr. */
final class DownloadProgress implements Download.Listener {
    private Optional<TaskProgress> shown = Optional.empty();

    @Override
    public void begin(String file, long already, long total) {
        shown = Optional.of(new TaskProgress(file, TaskProgress.Unit.BYTES, already, total));
    }

    @Override
    public void received(long bytes) {
        shown.ifPresent(progress -> progress.add(bytes));
    }

    @Override
    public void end() {
        shown.ifPresent(TaskProgress::close);
        shown = Optional.empty();
    }

    @Override
    public void note(String sentence) {
        shown.ifPresent(TaskProgress::clear);
        System.err.println("contrast4j: " + sentence);
    }
}
