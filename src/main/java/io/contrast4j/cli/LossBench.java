package io.contrast4j.cli;

import io.contrast4j.metrics.ResidentMemory;
import io.contrast4j.negatives.Anchor;
import io.contrast4j.negatives.Draws;
import io.contrast4j.negatives.InnerMode;
import io.contrast4j.negatives.MemoryBank;
import io.contrast4j.negatives.NegativeSelector;
import io.contrast4j.negatives.NegativeStore;
import io.contrast4j.negatives.Ring;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.negatives.Threshold;
import io.contrast4j.negatives.UniformSample;
import io.contrast4j.objective.InfoNce;
import io.contrast4j.objective.Scores;
import io.contrast4j.tensor.GpuMemory;
import io.contrast4j.tensor.RowProducts;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Measures the scoring of negatives against the plain formulation of it, on the same numbers. The contestants take turns;
 * figures are medians over the rounds, and a ratio is the median of the ratios within a round.
 *
 * <p>Extra memory is the peak during a step, above what was in use before it: the largest over the rounds, the first left out, in
 * which libraries are loaded. On a GPU it is that of LibTorch's allocator, else the resident set's, which only Linux tells.
 */
final class LossBench {
    private static final double TEMPERATURE = 0.07;

    private final int batch;
    private final int dim;
    private final int rounds;
    private final Device device;
    private boolean resets;

    LossBench(int batch, int dim, int rounds, Device device) {
        this.batch = batch;
        this.dim = dim;
        this.rounds = rounds;
        this.device = device;
    }

    /**
     * A line of the result.
     *
     * @param ratio of the first contestant's time to this one's
     * @param extraBytes peak above what was there before; empty where it cannot be told
     */
    record Row(String contestant, double millis, double ratio, OptionalLong extraBytes) {}

    /** Something that is measured; a step returns a tensor whose values it needs. */
    private record Contestant(String name, Supplier<Tensor> step) {}

    /** Forward and backward pass of InfoNCE with K rows of a bank of n: a table of all picked rows, and ours. */
    List<Row> sampled(long n, int count) {
        try (Scope scope = Scope.open();
                NegativeStore bank = bank(n)) {
            Tensor own = random(n, batch);
            Tensor picked = random(n, (long) batch * count).view(batch, count);
            Tensor onDevice = Tensors.to(picked, device);
            StepContext at = new StepContext(0, 1, 1, (rows, columns, items) -> onDevice);
            UniformSample ours = new UniformSample(count);
            Tensor values = Tensors.unitRows(torch.randn(batch, dim));
            return measure(List.of(
                    new Contestant(
                            "gathered rows", () -> gradient(values, anchor -> naive(anchor, bank, onDevice), own)),
                    new Contestant(
                            "contrast4j", () -> gradient(values, anchor -> ours.select(anchor, bank, at), own))));
        }
    }

    /** Selection of a ring, a tenth of a bank of n rows but the nearest hundredth: the matrix product alone, and more. */
    List<Row> ring(long n, int count, int subset) {
        try (Scope scope = Scope.open();
                NegativeStore bank = bank(n)) {
            Tensor own = random(n, batch);
            Tensor values = Tensors.to(Tensors.unitRows(torch.randn(batch, dim)), device);
            long[] step = {0};
            return measure(List.of(
                    new Contestant(
                            "matrix product alone",
                            () -> RowProducts.of(values, bank.rows().all())),
                    new Contestant(
                            "the same in one thread",
                            () -> values.matmul(bank.rows().all().t())),
                    new Contestant(
                            "top-k, gathered",
                            () -> values.matmul(bank.rows().all().t())
                                    .topk(n / 10, 1, true, true)
                                    .get0()
                                    .narrow(1, n / 100, n / 10 - n / 100)),
                    new Contestant(
                            "ring, all of it",
                            () -> select(ring(Optional.empty(), Optional.empty()), values, bank, own, step)),
                    new Contestant(
                            "ring, " + count + " drawn",
                            () -> select(ring(Optional.of(count), Optional.empty()), values, bank, own, step)),
                    new Contestant(
                            "ring of " + subset + " rows",
                            () -> select(ring(Optional.empty(), Optional.of(subset)), values, bank, own, step)),
                    new Contestant(
                            "ring of " + subset + " rows, " + count + " drawn",
                            () -> select(ring(Optional.of(count), Optional.of(subset)), values, bank, own, step))));
        }
    }

    private static Ring ring(Optional<Integer> count, Optional<Integer> subset) {
        return new Ring(new Ring.Config(
                new Threshold.Constant(0.1),
                0.1,
                InnerMode.DYNAMIC,
                count,
                subset,
                Optional.empty(),
                Scores.Denominator.ALL,
                false));
    }

    private static Tensor select(
            NegativeSelector selector, Tensor features, NegativeStore bank, Tensor own, long[] step) {
        StepContext at = new StepContext(0, 1, 1, Draws.keyed(1, step[0]++));
        return selector.select(new Anchor("x", features, Optional.empty(), own), bank, at)
                .negatives();
    }

    private interface Scoring {
        Scores of(Anchor anchor);
    }

    private Tensor gradient(Tensor values, Scoring scoring, Tensor own) {
        Tensor features = Tensors.to(values, device).clone().set_requires_grad(true);
        Scores scores = scoring.of(new Anchor("x", features, Optional.empty(), own));
        new InfoNce(new InfoNce.Config(TEMPERATURE)).of(List.of(scores)).total().backward();
        return features.grad();
    }

    private static Scores naive(Anchor anchor, NegativeStore bank, Tensor picked) {
        Tensor keys = bank.rows().all();
        Tensor chosen = keys.index_select(0, picked.reshape(-1)).view(picked.size(0), picked.size(1), keys.size(1));
        Tensor negatives = chosen.bmm(anchor.features().unsqueeze(2)).squeeze(2);
        Tensor own = bank.rowsOf(anchor.indices()).orElseThrow();
        Tensor positive = anchor.features().mul(own).sum(new long[] {1}, true, null);
        return Scores.of("x", positive, negatives, bank.population());
    }

    private NegativeStore bank(long n) {
        return new MemoryBank.Config(0.5).build(n, dim, ScalarType.Float, device);
    }

    private static Tensor random(long n, long length) {
        return Tensors.of(
                LongStream.range(0, length)
                        .map(i -> Math.floorMod(i * 0x9E3779B97F4A7C15L >>> 11, n))
                        .toArray(),
                length);
    }

    private List<Row> measure(List<Contestant> contestants) {
        double[][] millis = new double[contestants.size()][rounds];
        long[] extra = new long[contestants.size()];
        boolean known = true;
        for (int round = -1; round < rounds; round++) {
            for (int c = 0; c < contestants.size(); c++) {
                long before = startPeak();
                long start = System.nanoTime();
                try (Scope scope = Scope.open()) {
                    // Reading a number waits for a GPU.
                    Tensors.scalar(contestants.get(c).step().get().select(0, 0).sum());
                }
                double taken = (System.nanoTime() - start) / 1e6;
                OptionalLong peak = peak();
                known &= peak.isPresent();
                if (round >= 0) {
                    millis[c][round] = taken;
                    extra[c] = Math.max(extra[c], peak.orElse(0) - before);
                }
            }
        }
        List<Row> rows = new ArrayList<>();
        for (int c = 0; c < contestants.size(); c++) {
            double[] ratios = new double[rounds];
            for (int round = 0; round < rounds; round++) {
                ratios[round] = millis[0][round] / millis[c][round];
            }
            rows.add(new Row(
                    contestants.get(c).name(),
                    BenchReport.median(millis[c]),
                    BenchReport.median(ratios),
                    known ? OptionalLong.of(extra[c]) : OptionalLong.empty()));
        }
        return rows;
    }

    private long startPeak() {
        if (device.is_cuda()) {
            GpuMemory.resetPeak(device);
            return GpuMemory.of(device).allocated();
        }
        resets = ResidentMemory.resetPeak();
        return ResidentMemory.bytes();
    }

    private OptionalLong peak() {
        if (device.is_cuda()) {
            return OptionalLong.of(GpuMemory.of(device).peak());
        }
        return resets ? ResidentMemory.peakBytes() : OptionalLong.empty();
    }
}
