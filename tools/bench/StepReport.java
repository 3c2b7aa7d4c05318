import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;

/**
 * Reads what a run has left behind: the speed from its metrics.jsonl, and from a flight recording how much of the
 * training thread's time was spent in Java code, as against LibTorch's native code.
 *
 * <p>Usage: java StepReport.java RUN_FOLDER RECORDING.jfr
 */
class StepReport {
    public static void main(String[] args) throws IOException {
        List<String> lines = Files.readAllLines(Path.of(args[0], "metrics.jsonl"));
        System.out.printf("images/s, median over logged steps: %.1f%n", median(lines, "time.images_per_second"));
        System.out.printf("share of waiting for data, median:  %.1f %%%n", 100 * median(lines, "time.data_wait_share"));

        long java = 0;
        long nativeCode = 0;
        for (RecordedEvent event : RecordingFile.readAllEvents(Path.of(args[1]))) {
            String type = event.getEventType().getName();
            if (type.equals("jdk.ExecutionSample") && isTraining(event)) {
                java++;
            } else if (type.equals("jdk.NativeMethodSample") && isTraining(event)) {
                nativeCode++;
            }
        }
        // Both kinds are sampled with the same period: the script sets it.
        System.out.printf(
                "samples of the training step in Java: %d, in native code: %d; share of Java: %.2f %%%n",
                java, nativeCode, 100.0 * java / (java + nativeCode));
    }

    /** The main thread, somewhere below the trainer's step. */
    private static boolean isTraining(RecordedEvent event) {
        RecordedThread thread = event.getThread("sampledThread");
        return thread != null
                && "main".equals(thread.getJavaName())
                && event.getStackTrace() != null
                && event.getStackTrace().getFrames().stream()
                        .anyMatch(frame -> frame.getMethod().getType().getName().equals("io.contrast4j.train.Trainer")
                                && frame.getMethod().getName().equals("step"));
    }

    private static double median(List<String> lines, String key) {
        Pattern pattern = Pattern.compile('"' + Pattern.quote(key) + "\":([-+.0-9Ee]+)");
        List<Double> values = new ArrayList<>();
        for (String line : lines) {
            Matcher matcher = pattern.matcher(line);
            if (matcher.find()) {
                values.add(Double.parseDouble(matcher.group(1)));
            }
        }
        // The first steps load classes and choose kernels.
        List<Double> warm = values.subList(Math.min(2, values.size() - 1), values.size());
        return warm.stream().sorted().skip(warm.size() / 2).findFirst().orElseThrow();
    }
}
