package io.contrast4j.method;

import io.contrast4j.dist.GatheredRows;
import io.contrast4j.dist.World;
import io.contrast4j.negatives.DrawsOfPart;
import io.contrast4j.negatives.Measure;
import io.contrast4j.negatives.StepContext;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * A method whose stores are the same in all processes that share a batch: each step commits the keys of all ranks, in their
 * order, everywhere, and each rank draws what the rows of its part of the batch would draw in one process. So the stores are
 * those of one process with the whole batch, and need not be exchanged.
 *
 * <p>Where the whole batch has one loss, the method is given the labels and positions of all pictures and the draws of all; it
 * gathers their features itself.
 *
 * @param method owned by this one
 * @param batch what the processes share, as the method sees it
 */
public record Replicated(Method method, SharedBatch batch) implements Method {
    /**
     * The method as it is in one process, and replicated in several.
     *
     * @param parts what it is composed of
     * @param setting where it was built
     */
    public static Method of(Method method, Parts parts, Setting setting) {
        return of(method, SharedBatch.of(parts, setting));
    }

    /**
     * The same.
     *
     * @param batch that the method was made with
     */
    public static Method of(Method method, SharedBatch batch) {
        return batch.ranks().world().isAlone() ? method : new Replicated(method, batch);
    }

    /** {@inheritDoc} The batch is this rank's part; the keys of the output, and their indices, are those of all ranks. */
    @Override
    public Output forward(Input input, StepContext at) {
        if (batch.lossOf() == SharedBatch.LossOf.BATCH) {
            return method.forward(
                    new Input(input.views(), batch.rows(input.labels()), batch.rows(input.indices())), at);
        }
        World world = batch.ranks().world();
        Output own = method.forward(
                input,
                new StepContext(
                        at.step(),
                        at.stepsPerEpoch(),
                        at.steps(),
                        new DrawsOfPart(at.draws(), world.rank(), world.size())));
        long pictures = input.indices().size(0);
        return new Output(
                own.loss(),
                own.scores(),
                own.features(),
                own.keys().stream().map(keys -> all(keys, pictures)).toList(),
                all(own.indices(), pictures),
                input.indices());
    }

    /** The rows of all ranks in the order that one process has them in: crop by crop, all pictures of each. */
    private Tensor all(Tensor own, long pictures) {
        return GatheredRows.detached(batch.ranks(), own, (int) (own.size(0) / pictures));
    }

    @Override
    public void commit(Output output) {
        method.commit(output);
    }

    @Override
    public void revoke() {
        method.revoke();
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
    public void assemble() {
        method.assemble();
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
