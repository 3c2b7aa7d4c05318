import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Draws what tools/test/soak has sampled: resident memory, open files and threads over the minutes, one line for each
 * process; and prints how much each of the long lives has grown. Usage: SoakPlot.java SAMPLES.csv LIVES.csv PLOT.svg
 */
public final class SoakPlot {
    private static final int WIDTH = 960;
    private static final int PANEL = 190;
    private static final int LEFT = 70;
    private static final int RIGHT = 20;
    private static final int TOP = 40;
    private static final int GAP = 42;

    /** Growth is counted from here on: until then code is compiled, buffers are made and caches filled. */
    private static final int WARM_UP_SECONDS = 120;

    private static final int LONG_LIFE_SECONDS = 540;

    private record Panel(String title, int column, double unit) {}

    private static final List<Panel> PANELS = List.of(
            new Panel("resident memory, MiB", 2, 1024), new Panel("open files", 4, 1), new Panel("threads", 5, 1));

    public static void main(String[] arguments) throws IOException {
        List<double[]> samples = rows(Path.of(arguments[0]));
        Map<Integer, List<double[]>> lives = new LinkedHashMap<>();
        for (double[] sample : samples) {
            lives.computeIfAbsent((int) sample[1], life -> new ArrayList<>()).add(sample);
        }
        List<String[]> ends = Files.readAllLines(Path.of(arguments[1])).stream()
                .skip(1)
                .map(line -> line.split(","))
                .toList();
        Files.writeString(Path.of(arguments[2]), svg(samples, lives, ends));
        summary(lives, ends);
    }

    private static List<double[]> rows(Path csv) throws IOException {
        List<double[]> rows = new ArrayList<>();
        for (String line : Files.readAllLines(csv).subList(1, Files.readAllLines(csv).size())) {
            String[] cells = line.split(",");
            double[] row = new double[cells.length];
            for (int i = 0; i < row.length; i++) {
                row[i] = Double.parseDouble(cells[i]);
            }
            rows.add(row);
        }
        return rows;
    }

    private static void summary(Map<Integer, List<double[]>> lives, List<String[]> ends) {
        long killed = ends.stream().filter(end -> end[3].equals("KILL")).count();
        System.out.printf(
                Locale.ROOT,
                "%d lives: %d ended with kill -9, %d with SIGTERM; last step %s%n",
                ends.size(),
                killed,
                ends.size() - killed,
                ends.get(ends.size() - 1)[6]);
        lives.forEach((life, samples) -> {
            double born = samples.get(0)[0];
            List<double[]> warm = samples.stream()
                    .filter(sample -> sample[0] - born >= WARM_UP_SECONDS)
                    .toList();
            double length = samples.get(samples.size() - 1)[0] - born;
            if (length >= LONG_LIFE_SECONDS) {
                int third = Math.max(1, warm.size() / 3);
                StringBuilder line = new StringBuilder();
                for (Panel panel : PANELS) {
                    double early = median(warm.subList(0, third), panel);
                    double late = median(warm.subList(warm.size() - third, warm.size()), panel);
                    line.append(String.format(Locale.ROOT, "; %s %.1f, then %.1f", panel.title, early, late));
                }
                System.out.printf(
                        Locale.ROOT,
                        "life %d, %.1f minutes, %.0f steps%s%n",
                        life,
                        length / 60,
                        warm.get(warm.size() - 1)[6] - samples.get(0)[6],
                        line);
            }
        });
    }

    /** In the first and in the last third of a life. */
    private static double median(List<double[]> samples, Panel panel) {
        double[] sorted =
                samples.stream().mapToDouble(sample -> sample[panel.column] / panel.unit).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    private static String svg(List<double[]> samples, Map<Integer, List<double[]>> lives, List<String[]> ends) {
        int height = TOP + PANELS.size() * (PANEL + GAP);
        double seconds = samples.get(samples.size() - 1)[0];
        StringBuilder svg = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' font-family='sans-serif' font-size='12'>%n"
                        + "<rect width='100%%' height='100%%' fill='white'/>%n",
                WIDTH,
                height));
        for (int i = 0; i < PANELS.size(); i++) {
            Panel panel = PANELS.get(i);
            int top = TOP + i * (PANEL + GAP);
            double highest = samples.stream().mapToDouble(sample -> sample[panel.column] / panel.unit).max().orElse(1);
            double tick = tick(highest * 1.1);
            double most = Math.ceil(highest * 1.05 / tick) * tick;
            text(svg, LEFT, top - 8, "start", panel.title + (i == 0 ? "  (red: kill -9, orange: SIGTERM)" : ""));
            for (double value = 0; value <= most + tick / 2; value += tick) {
                double y = top + PANEL * (1 - value / most);
                line(svg, LEFT, y, WIDTH - RIGHT, y, "#ddd");
                text(svg, LEFT - 6, y + 4, "end", String.format(Locale.ROOT, "%.0f", value));
            }
            for (int minute = 0; minute <= seconds / 60; minute += 10) {
                text(svg, x(minute * 60, seconds), top + PANEL + 16, "middle", minute + " min");
            }
            for (String[] end : ends) {
                double x = x(Double.parseDouble(end[2]), seconds);
                line(svg, x, top, x, top + PANEL, end[3].equals("KILL") ? "#e8a0a0" : "#f0c890");
            }
            lives.values().forEach(life -> svg.append(life.stream()
                    .map(sample -> String.format(
                            Locale.ROOT,
                            "%.1f,%.1f",
                            x(sample[0], seconds),
                            top + PANEL * (1 - sample[panel.column] / panel.unit / most)))
                    .collect(Collectors.joining(
                            " ", "<polyline fill='none' stroke='#1f77b4' stroke-width='1.5' points='", "'/>\n"))));
        }
        return svg.append("</svg>\n").toString();
    }

    private static double x(double second, double seconds) {
        return LEFT + (WIDTH - LEFT - RIGHT) * second / Math.max(1, seconds);
    }

    private static double tick(double highest) {
        double power = Math.pow(10, Math.floor(Math.log10(highest / 5)));
        for (double factor : new double[] {1, 2, 5, 10}) {
            if (highest / (factor * power) <= 5) {
                return factor * power;
            }
        }
        return 10 * power;
    }

    private static void line(StringBuilder svg, double x1, double y1, double x2, double y2, String colour) {
        svg.append(String.format(
                Locale.ROOT,
                "<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='%s'/>%n",
                x1,
                y1,
                x2,
                y2,
                colour));
    }

    private static void text(StringBuilder svg, double x, double y, String anchor, String text) {
        svg.append(String.format(
                Locale.ROOT, "<text x='%.1f' y='%.1f' text-anchor='%s'>%s</text>%n", x, y, anchor, text));
    }
}
