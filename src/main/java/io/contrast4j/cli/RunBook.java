package io.contrast4j.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import io.contrast4j.data.BatchLoader;
import io.contrast4j.data.Fingerprint;
import io.contrast4j.dist.LostRank;
import io.contrast4j.dist.World;
import io.contrast4j.eval.Gallery;
import io.contrast4j.metrics.Meters;
import io.contrast4j.metrics.PrometheusEndpoint;
import io.contrast4j.report.RecordedRun;
import io.contrast4j.report.ReportPage;
import io.contrast4j.spec.TypeName;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.GpuMemory;
import io.contrast4j.tensor.Stateful;
import io.contrast4j.train.RunCheckpoint;
import io.contrast4j.train.Trainer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.global.torch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The book that is kept about a run, in its folder: log, meters, checkpoints, {@code run.json} and the page at the end. Of
 * several processes the first keeps it.
 */
final class RunBook implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RunBook.class);
    private static final Gson JSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private final RunConfig config;
    private final Subject subject;
    private final int threads = torch.get_num_threads();
    private final RunFolder folder;
    private final RunLock lock;
    private final Optional<PrometheusEndpoint> endpoint;
    private final Meters meters;
    private final RunLog log;
    private final RunCheckpoints checkpoints;
    private final RunIdentity identity;
    private final Set<String> corrupt = new TreeSet<>();
    private String status = "training";

    /**
     * What it is about.
     *
     * @param module what is trained
     * @param content the whole state of the run, beside that of the log
     */
    record Subject(
            Device device,
            World world,
            Map<String, Fingerprint> data,
            BatchLoader loader,
            Module module,
            Trainer trainer,
            Function<Stateful, RunCheckpoint> content) {}

    /**
     * The folder of a run, which belongs to this process.
     *
     * @param endpoint the page of its meters, if there is one
     */
    record Place(Resumption resumption, RunFolder folder, RunLock lock, Optional<PrometheusEndpoint> endpoint) {
        /** That of the run that goes on, or a new one. */
        static Place of(Resumption resumption, RunConfig config, Optional<PrometheusEndpoint> endpoint) {
            RunFolder folder = resumption.earlier().orElseGet(() -> RunFolder.create(config));
            RunLock lock = resumption.lock().orElseGet(() -> RunLock.take(folder.path()));
            if (resumption.earlier().isEmpty()) {
                folder.startLog();
            }
            return new Place(resumption, folder, lock, endpoint);
        }
    }

    /**
     * Puts the run into the state of the checkpoint that it goes on from, and opens the book where it was then.
     *
     * @param rendered the resolved configuration as HOCON
     */
    RunBook(Place place, RunConfig config, String rendered, Subject subject) {
        Resumption resumption = place.resumption();
        this.config = config;
        this.subject = subject;
        this.folder = place.folder();
        this.lock = place.lock();
        this.endpoint = place.endpoint();
        this.meters = newMeters();
        Snapshots snapshots = new Snapshots(config.metrics().tensorboard(), config.views(), subject.module());
        this.log =
                new RunLog(folder, subject.loader(), meters, subject.trainer().clock(), snapshots);
        RunCheckpoint content = subject.content().apply(log);
        resumption.checkpoint().ifPresent(content::restore);
        resumption.branchedOff().flatMap(RunFolder::of).ifPresent(log::takeOver);
        log.open();
        write(folder.config(), rendered);
        CheckpointHashes hashes = new CheckpointHashes(folder);
        this.identity = new RunIdentity(rendered, subject.data(), subject.module(), hashes);
        resumption.branchedOff().ifPresent(identity::branchesOff);
        resumption
                .earlier()
                .ifPresent(run -> identity.goesOn(run, threads, subject.world().size()));
        this.checkpoints =
                new RunCheckpoints(folder, config.checkpoint(), content, hashes, meters, this::recordCheckpoint);
        checkpoints.known(RunLog.endedEpochs(folder));
    }

    private Meters newMeters() {
        MeterRegistry registry =
                endpoint.<MeterRegistry>map(PrometheusEndpoint::registry).orElseGet(SimpleMeterRegistry::new);
        Map<String, String> tags = Map.of(
                "method",
                typeName(config.method()),
                "dataset",
                typeName(config.data()),
                "rank",
                Integer.toString(subject.world().rank()));
        Meters made = new Meters(registry, tags);
        Device device = subject.device();
        if (device.is_cuda()) {
            made.gpuMemory("allocated", () -> GpuMemory.of(device).allocated());
            made.gpuMemory("reserved", () -> GpuMemory.of(device).reserved());
            made.gpuMemory("peak", () -> GpuMemory.of(device).peak());
        }
        return made;
    }

    private static String typeName(Object choice) {
        return choice.getClass().getAnnotation(TypeName.class).value();
    }

    RunLog log() {
        return log;
    }

    RunCheckpoints checkpoints() {
        return checkpoints;
    }

    /** Writes lists into the folder, one entry a line, by the names of their files. */
    void keep(Map<String, List<String>> lists) {
        lists.forEach((file, list) -> write(folder.path().resolve(file), String.join("\n", list) + "\n"));
    }

    /** Begins to save the state as it is. */
    void save() {
        checkpoints.save(subject.trainer().steps(), log.ended());
    }

    /** Says where the run is and from where it goes on. */
    void begin() {
        long steps = subject.trainer().steps();
        String from = steps == 0 ? "" : ", from step " + steps;
        String how = folder.resumed() ? " (resumed" + from + ")" : from;
        System.err.println("run folder: " + folder.path() + how);
        endpoint.ifPresent(page -> System.err.println("meters: " + page.address()));
        LOG.info("run in {} on {}{}", folder.path(), subject.device().str().getString(), from);
        record("training", Map.of());
    }

    /** The training has ended: what is being written is waited for. */
    void settle() {
        checkpoints.finish();
        log.clear();
    }

    /** A signal has ended the training; the state is saved. */
    void interrupted() {
        record("interrupted", Map.of());
        System.err.println("interrupted: saved after step " + subject.trainer().steps() + "; go on with --resume");
    }

    /** Another process is gone. The trainer has begun to save what there is. */
    void lost(LostRank lost) {
        try {
            settle();
        } catch (UserError notSaved) {
            lost.addSuppressed(notSaved);
        }
        recordFailure(lost);
        if (lost.getSuppressed().length == 0) {
            System.err.println("saved after step " + subject.trainer().steps());
        } else {
            Throwable why = lost.getSuppressed()[0];
            System.err.println("not saved: "
                    + (why instanceof LostRank
                            ? "what all ranks have parts of cannot be put together without the lost one"
                            : why.getMessage()));
        }
    }

    /** The results, as a line of the log and the last of {@code run.json}. */
    void complete(Map<String, ?> line, Collection<String> corruptFiles) {
        log.write(line, subject.trainer().steps());
        corrupt.addAll(corruptFiles);
        record("complete", line);
    }

    /** Pictures and page come last: without them the run is complete, too. */
    void report(Supplier<Gallery> gallery) {
        try {
            if (config.report().pictures() > 0) {
                write(folder.path().resolve(RecordedRun.GALLERY), JSON.toJson(gallery.get()));
            }
            Path page = folder.path().resolve(ReportPage.FILE);
            new ReportPage(List.of(RecordedRun.read(folder.path()))).write(page);
            System.err.println("report: " + page);
        } catch (UserError failed) {
            LOG.warn("There is no report: {}", failed.getMessage());
        }
    }

    /** What can be gone on from where the state can no longer be saved; what is being written is waited for. */
    Optional<Path> lastCheckpoint() {
        try {
            checkpoints.finish();
        } catch (UserError notWritten) {
            LOG.warn("{}", notWritten.getMessage());
        }
        try {
            return checkpoints.latest();
        } catch (UserError damaged) {
            return Optional.empty();
        }
    }

    /** Without hiding the failure behind another one: the disk may be what failed. */
    void recordFailure(Throwable failure) {
        try {
            record("failed", Map.of("message", String.valueOf(failure.getMessage())));
        } catch (UserError alsoFailed) {
            failure.addSuppressed(alsoFailed);
        }
    }

    /** On the thread that writes checkpoints: {@code run.json} knows each of them, whatever happens next. */
    private synchronized void recordCheckpoint() {
        if (status.equals("training")) {
            record(status, Map.of());
        }
    }

    /** Writes {@code run.json}: what ran, with what, and how it ended. */
    synchronized void record(String now, Map<String, ?> results) {
        Trainer trainer = subject.trainer();
        status = now;
        Map<String, Object> run = new LinkedHashMap<>();
        run.put("name", config.name());
        run.put("status", status);
        run.put("updated", Instant.now().toString());
        run.put("seed", config.seed());
        run.put("device", subject.device().str().getString());
        run.put("ranks", subject.world().size());
        run.put("threads", threads);
        run.put("step", trainer.steps());
        run.put("epoch", trainer.epochs());
        boolean isOver = status.equals("complete") || status.equals("interrupted");
        run.putAll(isOver ? identity.whole() : identity.soFar());
        corrupt.addAll(subject.loader().corruptFiles());
        run.put("corrupt", corrupt);
        run.put("results", results);
        write(folder.runJson(), JSON.toJson(run) + "\n");
    }

    /** A file of this name is replaced completely or, on a full disk, not at all. */
    private static void write(Path file, String text) {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try {
            Files.writeString(part, text);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    file + " cannot be written (" + failed.getMessage() + "); make room or choose another out=DIR.",
                    failed);
        }
    }

    @Override
    public void close() {
        endpoint.ifPresent(PrometheusEndpoint::close);
        meters.close();
        checkpoints.close();
        log.close();
        lock.close();
    }
}
