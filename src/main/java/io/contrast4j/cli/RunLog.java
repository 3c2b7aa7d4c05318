package io.contrast4j.cli;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import io.contrast4j.data.BatchLoader;
import io.contrast4j.metrics.EventFile;
import io.contrast4j.metrics.JsonLines;
import io.contrast4j.metrics.Meters;
import io.contrast4j.metrics.Progress;
import io.contrast4j.metrics.ResidentMemory;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Stateful;
import io.contrast4j.train.Observer;
import io.contrast4j.train.Stage;
import io.contrast4j.train.StageClock;
import io.contrast4j.train.StageTimes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes down what happens in training: {@code metrics.jsonl}, TensorBoard's event file, the meters and the progress on
 * the terminal. What depends on the clock has names that begin with {@code time.}; all else is the same in every run of
 * a configuration.
 */
final class RunLog implements Observer, Stateful, AutoCloseable {
    private static final Duration PLAIN_INTERVAL = Duration.ofSeconds(10);

    /** Keys that say where in the training a line is: no curves of their own. */
    private static final Set<String> POSITION = Set.of("step", "epoch");

    /** First parts of keys that are groups of curves; all else is in the group "train". */
    private static final Set<String> GROUPS = Set.of("epoch", "eval", "monitor", "time", "validation");

    private static final Gson JSON = new Gson();

    private static final Logger LOG = LoggerFactory.getLogger(RunLog.class);

    private final RunFolder folder;
    private final BatchLoader loader;
    private final Meters meters;
    private final StageClock clock;
    private final Snapshots snapshots;
    private final Progress progress = new Progress(PLAIN_INTERVAL);
    private boolean started;
    private long position;
    private long steps;
    private @Nullable JsonLines lines;
    private @Nullable EventFile events;
    private StageTimes atStep = StageTimes.none();
    private StageTimes atLogged = StageTimes.none();
    private StageTimes atEpoch = StageTimes.none();
    private Map<String, Double> ended = Map.of();
    private long imagesSinceLogged;
    private long imagesSinceEpoch;

    RunLog(RunFolder folder, BatchLoader loader, Meters meters, StageClock clock, Snapshots snapshots) {
        this.folder = folder;
        this.loader = loader;
        this.meters = meters;
        this.clock = clock;
        this.snapshots = snapshots;
    }

    /**
     * Begins with what another run has written until the checkpoint that this one branches off from.
     *
     * @param from that run; if the files are not there, this run's curves begin where it does
     */
    void takeOver(RunFolder from) {
        try {
            if (Files.exists(from.metrics())) {
                Files.copy(from.metrics(), folder.metrics());
            }
            if (Files.isDirectory(from.tensorBoard())) {
                Files.createDirectories(folder.tensorBoard());
                try (DirectoryStream<Path> files = Files.newDirectoryStream(from.tensorBoard())) {
                    for (Path file : files) {
                        Files.copy(file, folder.tensorBoard().resolve(file.getFileName()));
                    }
                }
            }
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    "The curves of " + from.path() + " could not be copied to " + folder.path() + " ("
                            + Reasons.of(failed) + "): " + Reasons.remedy(failed) + ".",
                    failed);
        }
    }

    /** Opens the files; those of a resumed run lose what was written after its checkpoint. */
    void open() {
        lines = JsonLines.resume(folder.metrics(), position);
        events = folder.resumed() || steps > 0
                ? EventFile.resume(folder.tensorBoard(), steps + 1)
                : EventFile.create(folder.tensorBoard());
    }

    @Override
    public void begin(int epoch, int epochs, int firstBatch, int batches) {
        progress.begin("epoch " + (epoch + 1) + "/" + epochs, batches - firstBatch);
        measured(clock.times());
        atLogged = atStep;
        imagesSinceLogged = 0;
    }

    @Override
    public void step(Step step) {
        StageTimes now = clock.times();
        StageTimes passed = measured(now);
        meters.step(passed.work());
        meters.dataWait(passed.seconds(Stage.DATA_WAIT));
        meters.images().increment(step.samples());
        imagesSinceLogged += step.samples();
        imagesSinceEpoch += step.samples();
        if (!started) {
            started = true;
            LOG.info(
                    "first step {} ms after the start of the process",
                    System.currentTimeMillis()
                            - ManagementFactory.getRuntimeMXBean().getStartTime());
        }
        steps = step.number();
        ended = Map.of();
        double loss = step.loss().getOrDefault("loss", Double.NaN);
        progress.step(loss, step.samples(), passed.seconds(Stage.DATA_WAIT));
        if (!step.loss().isEmpty()) {
            meters.loss(loss);
            StageTimes times = now.since(atLogged);
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("step", step.number());
            line.put("epoch", step.epoch() + 1);
            line.put("learning_rate", step.learningRate());
            line.putAll(step.loss());
            step.monitors().forEach((name, value) -> {
                line.put("monitor." + name, value);
                meters.monitor(name, value);
            });
            line.put("time.images_per_second", imagesSinceLogged / Math.max(1e-9, times.seconds()));
            for (Stage stage : Stage.values()) {
                if (stage != Stage.VALIDATION) {
                    line.put("time." + stage.key() + "_share", times.share(stage));
                }
            }
            line.put("time.resident_bytes", ResidentMemory.bytes());
            write(line, step.number());
            atLogged = now;
            imagesSinceLogged = 0;
        }
    }

    /** Tells the meters what has happened since the last time. */
    private StageTimes measured(StageTimes now) {
        StageTimes passed = now.since(atStep);
        for (Stage stage : Stage.values()) {
            double seconds = passed.seconds(stage);
            if (seconds > 0) {
                meters.stage(stage.key(), seconds);
            }
        }
        atStep = now;
        return passed;
    }

    @Override
    public void inside(Inside inside) {
        if (events == null) {
            throw new IllegalStateException("not open");
        }
        snapshots.write(events, inside);
    }

    @Override
    public void end(Epoch epoch) {
        StageTimes until = clock.times();
        measured(until);
        StageTimes times = until.since(atEpoch);
        String accuracies = epoch.accuracies().entrySet().stream()
                .map(entry -> String.format(Locale.ROOT, "%s %.1f %%", entry.getKey(), entry.getValue()))
                .collect(Collectors.joining(", "));
        String summary = accuracies + (accuracies.isEmpty() ? "" : "; ") + times.verdict(imagesSinceEpoch);
        progress.end(summary);
        LOG.info("epoch {}: loss {}, {}", epoch.epoch() + 1, epoch.means().get("loss"), summary);
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("step", epoch.steps());
        line.put("epoch", epoch.epoch() + 1);
        epoch.means().forEach((name, mean) -> line.put("epoch." + name, mean));
        line.put("corrupt", loader.corrupt());
        epoch.accuracies().forEach((name, percent) -> {
            line.put("validation." + name, percent);
            meters.accuracy(name, percent);
        });
        line.put("time.attained_share", times.attained());
        line.put("time.attainable_images_per_second", imagesSinceEpoch / Math.max(1e-9, times.work()));
        for (Stage stage : Stage.values()) {
            line.put("time." + stage.key() + "_seconds", times.seconds(stage));
        }
        write(line, epoch.steps());
        // What comes after, such as the checkpoint of this epoch, is counted with the next one.
        atEpoch = until;
        imagesSinceEpoch = 0;
        ended = numbers(line);
    }

    /** What was measured at the end of the epoch that has just ended; empty in the middle of one. */
    Map<String, Double> ended() {
        return ended;
    }

    /** What was measured at the ends of the epochs until now, by their last steps. */
    static Map<Long, Map<String, Double>> endedEpochs(RunFolder folder) {
        Map<Long, Map<String, Double>> epochs = new LinkedHashMap<>();
        try (Stream<String> texts = Files.lines(folder.metrics())) {
            texts.filter(text -> text.contains("\"epoch.loss\":")).forEach(text -> {
                Map<String, Double> metrics = numbers(JSON.fromJson(text, Map.class));
                epochs.put(metrics.getOrDefault("step", -1.0).longValue(), metrics);
            });
        } catch (IOException | UncheckedIOException | JsonParseException unreadable) {
            LOG.warn("{} cannot be read: {}", folder.metrics(), unreadable.getMessage());
        }
        return epochs;
    }

    private static Map<String, Double> numbers(Map<?, ?> line) {
        Map<String, Double> numbers = new LinkedHashMap<>();
        line.forEach((name, value) -> {
            if (value instanceof Number number) {
                numbers.put(String.valueOf(name), number.doubleValue());
            }
        });
        return numbers;
    }

    /** A line in {@code metrics.jsonl}, and its numbers as points of TensorBoard's curves. */
    void write(Map<String, ?> line, long step) {
        if (lines == null || events == null) {
            throw new IllegalStateException("not open");
        }
        lines.write(line);
        Map<String, Double> points = new LinkedHashMap<>();
        line.forEach((key, value) -> {
            if (value instanceof Number number && !POSITION.contains(key)) {
                points.put(tag(key), number.doubleValue());
            }
        });
        events.scalars(points, step);
    }

    /** {@code epoch.loss} → {@code epoch/loss}: TensorBoard groups curves by what is before the slash. */
    private static String tag(String key) {
        int dot = key.indexOf('.');
        return dot > 0 && GROUPS.contains(key.substring(0, dot))
                ? key.substring(0, dot) + "/" + key.substring(dot + 1)
                : "train/" + key;
    }

    /** Takes the progress bar off the terminal, so that something else can be printed. */
    void clear() {
        progress.clear();
    }

    @Override
    public Map<String, Object> state() {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("metrics_bytes", lines == null ? position : lines.position());
        state.put("steps", steps);
        state.put(RankLog.LOADER, loader.state());
        return state;
    }

    @Override
    @SuppressWarnings("unchecked")
    public void restore(Map<String, ?> state, String source) {
        if (!(state.get("metrics_bytes") instanceof Number bytes)
                || !(state.get("steps") instanceof Number done)
                || !(state.get(RankLog.LOADER) instanceof Map<?, ?> loading)) {
            throw new UserError(UserError.FAILED, source + " has no log; it is not a checkpoint of a run.");
        }
        position = bytes.longValue();
        steps = done.longValue();
        loader.restore((Map<String, ?>) loading, source);
    }

    @Override
    public void close() {
        if (lines != null) {
            lines.close();
        }
        if (events != null) {
            events.close();
        }
    }
}
