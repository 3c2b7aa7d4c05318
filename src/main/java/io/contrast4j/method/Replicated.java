package io.contrast4j.method;

import io.contrast4j.dist.Ranks;
import io.contrast4j.dist.World;
import io.contrast4j.negatives.DrawsOfPart;
import io.contrast4j.negatives.Measure;
import io.contrast4j.negatives.StepContext;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * A method whose stores are the same in all processes that share a batch: each step commits the keys of all ranks, in their
 * order, everywhere, and each rank draws what the rows of its part of the batch would draw in one process. So the stores are
 * those of one process with the whole batch, and need not be exchanged.
 *
 * @param method owned by this one
 * @param ranks the processes
 */
public record Replicated(Method method, Ranks ranks) implements Method {
    /** The method as it is in one process, and replicated in several. */
    public static Method of(Method method, Ranks ranks) {
        return ranks.world().isAlone() ? method : new Replicated(method, ranks);
    }

    /** {@inheritDoc} The batch is this rank's part. */
    @Override
    public Output forward(Input input, StepContext at) {
        World world = ranks.world();
        return method.forward(
                input,
                new StepContext(
                        at.step(),
                        at.stepsPerEpoch(),
                        at.steps(),
                        new DrawsOfPart(at.draws(), world.rank(), world.size())));
    }

    @Override
    public void commit(Output output) {
        List<Tensor> keys = output.keys().stream().map(ranks::gather).toList();
        method.commit(
                new Output(output.loss(), output.scores(), output.features(), keys, ranks.gather(output.indices())));
    }

    @Override
    public Optional<Measure> follows() {
        return method.follows();
    }

    @Override
    public void observe(double value) {
        method.observe(value);
    }

    @Override
    public Map<String, Double> monitors() {
        return method.monitors();
    }

    @Override
    public Map<String, Object> state() {
        return method.state();
    }

    @Override
    public void restore(Map<String, ?> state, String source) {
        method.restore(state, source);
    }

    @Override
    public void close() {
        method.close();
    }
}
