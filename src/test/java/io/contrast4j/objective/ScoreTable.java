package io.contrast4j.objective;

import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/** Scores in plain Java: column 0 is the positive's. Some negatives are the positive again, or another negative again. */
record ScoreTable(double[][] scores, long population) {
    static ScoreTable random(int rows, int negatives, long population, long seed) {
        CounterRandom random = CounterRandom.of(seed);
        double[][] scores = new double[rows][negatives + 1];
        for (double[] row : scores) {
            for (int k = 0; k <= negatives; k++) {
                boolean again = k > 0 && random.nextInt(4) == 0;
                row[k] = again ? row[random.nextInt(k)] : random.nextDouble(-1, 1);
            }
        }
        return new ScoreTable(scores, population);
    }

    int rows() {
        return scores.length;
    }

    int negatives() {
        return scores[0].length - 1;
    }

    /** N×(K+1), float64, with gradient. */
    Tensor leaf() {
        return Tensors.of(Arrays.stream(scores).flatMapToDouble(Arrays::stream).toArray(), rows(), negatives() + 1)
                .set_requires_grad(true);
    }

    Scores of(String pair, Tensor leaf) {
        return Scores.of(pair, leaf.narrow(1, 0, 1), leaf.narrow(1, 1, negatives()), population);
    }

    /** The gradient of a loss by central differences. */
    double[] differences(Function<ScoreTable, Double> loss) {
        double h = 1e-6;
        double[] gradient = new double[rows() * (negatives() + 1)];
        for (int i = 0; i < gradient.length; i++) {
            int row = i / (negatives() + 1);
            int column = i % (negatives() + 1);
            double at = scores[row][column];
            scores[row][column] = at + h;
            double above = loss.apply(this);
            scores[row][column] = at - h;
            double below = loss.apply(this);
            scores[row][column] = at;
            gradient[i] = (above - below) / (2 * h);
        }
        return gradient;
    }
}
