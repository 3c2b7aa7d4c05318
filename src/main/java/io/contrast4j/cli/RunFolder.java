package io.contrast4j.cli;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.FileAppender;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/**
 * The folder of one run: {@code <out>/<name>/<time>/} with {@code config.conf}, {@code run.json}, {@code metrics.jsonl},
 * {@code tb/}, {@code checkpoints/} and {@code log.txt}.
 *
 * @param path of the folder, which exists
 * @param resumed whether the run was there before
 */
record RunFolder(Path path, boolean resumed) {
    private static final org.slf4j.Logger LOG = LoggerFactory.getLogger(RunFolder.class);

    private static final Pattern NAME = Pattern.compile("\\d{8}-\\d{6}(-\\d{1,6})?");
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

    /**
     * A new folder, named after the time.
     *
     * @throws UserError if it cannot be made
     */
    static RunFolder create(RunConfig config) {
        return create(parent(config));
    }

    /** The same, in the folder of a name. */
    static RunFolder create(Path parent) {
        try {
            Files.createDirectories(parent);
            String time = LocalDateTime.now().format(TIME);
            for (int copy = 1; ; copy++) {
                Path path = parent.resolve(copy == 1 ? time : time + "-" + copy);
                try {
                    return new RunFolder(Files.createDirectory(path), false);
                } catch (FileAlreadyExistsException taken) {
                    // Another run started in the same second.
                }
            }
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    "No folder can be made in " + parent + " (" + Reasons.of(failed)
                            + "); choose another one with out=DIR.",
                    failed);
        }
    }

    /** The youngest folder of a run of this name. */
    static Optional<RunFolder> latest(RunConfig config) {
        return latest(parent(config));
    }

    /** The same, in the folder of a name. */
    static Optional<RunFolder> latest(Path parent) {
        if (!Files.isDirectory(parent)) {
            return Optional.empty();
        }
        try (Stream<Path> runs = Files.list(parent)) {
            return runs.filter(Files::isDirectory)
                    .filter(path -> NAME.matcher(path.getFileName().toString()).matches())
                    .max(Comparator.comparing(RunFolder::time).thenComparing(RunFolder::copy))
                    .map(path -> new RunFolder(path, true));
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    parent + " cannot be read (" + failed.getMessage() + "); check its rights.",
                    failed);
        }
    }

    private static String time(Path path) {
        return path.getFileName().toString().substring(0, "yyyyMMdd-HHmmss".length());
    }

    /** Of several runs that started in the same second, the first has no number and the second has 2. */
    private static int copy(Path path) {
        String copy = path.getFileName().toString().substring(time(path).length());
        return copy.isEmpty() ? 1 : Integer.parseInt(copy.substring(1));
    }

    private static Path parent(RunConfig config) {
        return config.out().resolve(config.name());
    }

    Path checkpoints() {
        return path.resolve("checkpoints");
    }

    Path tensorBoard() {
        return path.resolve("tb");
    }

    Path metrics() {
        return path.resolve("metrics.jsonl");
    }

    Path runJson() {
        return path.resolve("run.json");
    }

    Path config() {
        return path.resolve("config.conf");
    }

    /** The folder of the run that a checkpoint is in; nothing if it is a file somewhere else. */
    static Optional<RunFolder> of(Path checkpoint) {
        try {
            // Not the link that points to it.
            Path folder = checkpoint.toRealPath().resolveSibling("");
            RunFolder run = new RunFolder(folder.resolveSibling(""), true);
            return folder.equals(run.checkpoints()) && Files.isRegularFile(run.config())
                    ? Optional.of(run)
                    : Optional.empty();
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    checkpoint + " cannot be read (" + Reasons.of(failed) + "): check the file and its permissions.",
                    failed);
        }
    }

    /** An object in {@code run.json}; empty if the file does not have it, or is not there. */
    JsonObject recorded(String key) {
        return recorded().get(key) instanceof JsonObject value ? value : new JsonObject();
    }

    /** The content of {@code run.json}; empty if it is not there. */
    JsonObject recorded() {
        try {
            if (Files.exists(runJson())
                    && JsonParser.parseString(Files.readString(runJson())) instanceof JsonObject run) {
                return run;
            }
        } catch (IOException | JsonParseException unreadable) {
            LOG.warn("{} cannot be read and is written anew: {}", runJson(), unreadable.getMessage());
        }
        return new JsonObject();
    }

    /** From now on every log line also goes to {@code log.txt}. */
    void startLog() {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        PatternLayoutEncoder pattern = new PatternLayoutEncoder();
        pattern.setContext(context);
        pattern.setPattern("%d{yyyy-MM-dd HH:mm:ss.SSS} %-5level %logger{20} %msg%n");
        pattern.start();
        FileAppender<ILoggingEvent> file = new FileAppender<>();
        file.setContext(context);
        file.setFile(path.resolve("log.txt").toString());
        file.setEncoder(pattern);
        file.start();
        context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(file);
    }
}
