package io.contrast4j.objective;

import java.util.function.DoubleSupplier;

/** Gradients by central differences. */
final class Differences {
    private static final double H = 1e-6;

    private Differences() {}

    /** The gradient of a loss with respect to the table that it reads, row after row. */
    static double[] of(double[][] table, DoubleSupplier loss) {
        int columns = table[0].length;
        double[] gradient = new double[table.length * columns];
        for (int i = 0; i < gradient.length; i++) {
            double[] row = table[i / columns];
            double at = row[i % columns];
            row[i % columns] = at + H;
            double above = loss.getAsDouble();
            row[i % columns] = at - H;
            double below = loss.getAsDouble();
            row[i % columns] = at;
            gradient[i] = (above - below) / (2 * H);
        }
        return gradient;
    }
}
