package io.contrast4j.cli;

import io.contrast4j.image.LineChart;
import io.contrast4j.optim.Schedule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The learning rate of every step of a training.
 *
 * @param epochs length of the training
 * @param batches of an epoch
 * @param rates one for each step
 */
record LearningRates(int epochs, int batches, double[] rates) {
    private static final int COLUMNS = 72;
    private static final int ROWS = 16;

    /** Of a training that is not interrupted. */
    static LearningRates of(RunConfig config, int batches) {
        double base = config.schedule()
                .base(config.optimizer().learningRate(), config.train().samplesPerStep());
        int epochs = config.train().epochs();
        Schedule schedule = config.schedule().build(base, epochs);
        double[] rates = new double[Math.multiplyExact(epochs, batches)];
        double current = base;
        for (int step = 0; step < rates.length; step++) {
            current = schedule.at(step / batches, step % batches, batches, current);
            rates[step] = current;
        }
        return new LearningRates(epochs, batches, rates);
    }

    /** As a curve: the rates over the epochs that are done when a step begins, the last one up to the end. */
    LineChart curve(String title) {
        double[] done = new double[rates.length + 1];
        Arrays.setAll(done, step -> (double) step / batches);
        double[] values = Arrays.copyOf(rates, rates.length + 1);
        values[rates.length] = rates[rates.length - 1];
        return new LineChart(title, "epochs done", done, values);
    }

    /** A chart for a terminal: 0 is at the bottom, and a column shows the rates of as many steps as fall into it. */
    List<String> chart() {
        double highest = Arrays.stream(rates).max().orElseThrow();
        char[][] cells = new char[ROWS][COLUMNS];
        Arrays.stream(cells).forEach(row -> Arrays.fill(row, ' '));
        for (int column = 0; column < COLUMNS; column++) {
            long from = (long) column * rates.length / COLUMNS;
            long to = Math.max(from + 1, (long) (column + 1) * rates.length / COLUMNS);
            for (long step = from; step < to; step++) {
                double share = highest > 0 ? rates[(int) step] / highest : 0;
                cells[ROWS - 1 - (int) Math.round(share * (ROWS - 1))][column] = '*';
            }
        }
        List<String> lines = new ArrayList<>();
        for (int row = 0; row < ROWS; row++) {
            String value = row == 0 ? LineChart.number(highest) : row == ROWS - 1 ? "0" : "";
            lines.add(String.format("%9s |%s", value, new String(cells[row])).stripTrailing());
        }
        lines.add(" ".repeat(10) + "+" + "-".repeat(COLUMNS));
        String last = "epoch " + epochs;
        lines.add(" ".repeat(11) + "1" + " ".repeat(COLUMNS - 1 - last.length()) + last);
        return lines;
    }

    /** The first, the largest and the last rate in a line. */
    String summary() {
        return "first " + LineChart.number(rates[0]) + ", largest "
                + LineChart.number(Arrays.stream(rates).max().orElseThrow()) + ", last "
                + LineChart.number(rates[rates.length - 1]);
    }
}
