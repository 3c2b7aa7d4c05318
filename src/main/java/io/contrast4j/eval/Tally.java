package io.contrast4j.eval;

import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Counts over a pass how R classifiers do. Means are over pictures, which for batches of different sizes is the mean of the
 * batches' means weighted by their sizes. The counts stay on the device until they are asked for, so that no batch waits for the
 * one before.
 */
public final class Tally implements AutoCloseable {
    private static final int FIVE = 5;

    private final Arena arena = new Arena();
    private final Kept kept;
    private final List<Tensor> predictions = new ArrayList<>();
    private final List<Tensor> classes = new ArrayList<>();
    /** The losses, the hits, and the hits among five of all R: 3·R, float64. */
    private final List<Tensor> sums = new ArrayList<>();

    private long pictures;

    /** What is kept of the pictures themselves. */
    public enum Kept {
        NOTHING,
        /** The class that each picture is taken for. */
        PREDICTIONS
    }

    /**
     * How one classifier does.
     *
     * @param loss mean cross-entropy
     * @param top1 how often the right class is the first, in percent
     * @param top5 how often it is among the first five
     */
    public record Score(double loss, double top1, double top5) {}

    public Tally(Kept kept) {
        this.kept = kept;
    }

    /**
     * @param logits N×R×C
     * @param labels N, int64
     */
    public void add(Tensor logits, Tensor labels) {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            add(logits, Softmax.of(logits).losses(labels), labels);
        }
    }

    /** @param each the losses, N×R */
    void add(Tensor logits, Tensor each, Tensor labels) {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            long n = logits.size(0);
            Tensor losses = each.to(ScalarType.Double).sum(0);
            Tensor hits;
            Tensor hitsOfFive;
            if (kept == Kept.PREDICTIONS) {
                long best = Math.min(FIVE, logits.size(2));
                Tensor chosen = logits.topk(best, 2, true, true).get1();
                Tensor found = chosen.eq(labels.view(n, 1, 1)).to(ScalarType.Double);
                hits = found.narrow(2, 0, 1).sum(0).view(-1);
                hitsOfFive = found.sum(0).sum(1);
                classes.add(arena.own(labels::clone));
                predictions.add(arena.own(() -> chosen.select(2, 0).clone()));
            } else {
                hits = logits.argmax(new LongOptional(2), false)
                        .eq(labels.view(n, 1))
                        .to(ScalarType.Double)
                        .sum(0);
                hitsOfFive = torch.torch_zeros_like(hits);
            }
            Tensor batch = torch.cat(new TensorVector(losses, hits, hitsOfFive));
            if (sums.isEmpty()) {
                sums.add(arena.own(batch::clone));
            } else {
                sums.get(0).add_(batch);
            }
            pictures += n;
        }
    }

    /** How each of them does; top-5 only where predictions are kept. On CUDA this waits for the device. */
    public List<Score> scores() {
        double[] all = sums.isEmpty() ? new double[0] : Tensors.doubles(sums.get(0));
        int count = all.length / 3;
        List<Score> scores = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            double first = all[count + i];
            double five = all[2 * count + i];
            scores.add(new Score(all[i] / pictures, 100 * first / pictures, 100 * five / pictures));
        }
        return scores;
    }

    /** The class that each picture is taken for by one of them, in the order in which they came. */
    public long[] predictions(int number) {
        try (Scope scope = Scope.open()) {
            List<Tensor> own =
                    predictions.stream().map(some -> some.select(1, number)).toList();
            return Tensors.longs(torch.cat(new TensorVector(own.toArray(new Tensor[0]))));
        }
    }

    /** The right classes of the same pictures. */
    public long[] labels() {
        try (Scope scope = Scope.open()) {
            return Tensors.longs(torch.cat(new TensorVector(classes.toArray(new Tensor[0]))));
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
