package io.contrast4j.dist;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.pytorch.BoolVector;
import org.bytedeco.pytorch.LoggerOptional;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Reducer;
import org.bytedeco.pytorch.SizeTStringMap;
import org.bytedeco.pytorch.SizeTVector;
import org.bytedeco.pytorch.SizeTVectorVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The mean of the gradients of all ranks, by c10d's Reducer, which is what PyTorch's DistributedDataParallel is made of:
 * gradients are put into buckets in the order in which the backward pass finds them, and a bucket that is full is on its way
 * while the backward pass goes on (Li et al., "PyTorch Distributed: Experiences on Accelerating Data Parallel Training",
 * 2020).
 *
 * <p>At the start all ranks get the parameters and buffers of rank 0, and before each forward pass its buffers. So the
 * running statistics that survive are those of rank 0.
 */
public final class GradientReducer implements Gradients {
    private static final long MEGABYTE = 1 << 20;

    /** The first bucket is small, so that the first message leaves early. */
    private static final long FIRST_BUCKET = MEGABYTE;

    private static final Pattern WITHOUT_GRADIENT = Pattern.compile("for rank \\d+: ([\\d ]+)");

    private final Arena arena = new Arena();
    private final ProcessRanks ranks;
    private final Distributed config;
    private final List<String> names;
    private final List<Tensor> buffers;
    private final Reducer reducer;
    private boolean hasReduced;

    /**
     * @param module what is trained; its parameters must keep their memory as long as this lives
     * @param config its {@code findUnusedParameters} and {@code bucketMegabytes}
     */
    public GradientReducer(ProcessRanks ranks, Module module, Distributed config) {
        this.ranks = ranks;
        this.config = config;
        Map<String, Tensor> parameters = arena.own(() -> requiringGradients(module));
        Map<String, Tensor> others = arena.own(() -> {
            Map<String, Tensor> rest = StateDict.of(module);
            rest.keySet().removeAll(StateDict.parameters(module).keySet());
            return rest;
        });
        this.names = List.copyOf(parameters.keySet());
        this.buffers = List.copyOf(others.values());
        ranks.broadcast(Stream.concat(StateDict.parameters(module).values().stream(), buffers.stream())
                .toList());
        this.reducer = arena.own(() -> reducer(List.copyOf(parameters.values())));
    }

    private static Map<String, Tensor> requiringGradients(Module module) {
        Map<String, Tensor> parameters = new LinkedHashMap<>(StateDict.parameters(module));
        parameters.values().removeIf(parameter -> !parameter.requires_grad());
        return parameters;
    }

    private Reducer reducer(List<Tensor> parameters) {
        TensorVector all = new TensorVector(parameters.toArray(new Tensor[0]));
        BoolVector sparse = new BoolVector(parameters.size());
        SizeTStringMap named = new SizeTStringMap();
        for (int i = 0; i < parameters.size(); i++) {
            sparse.put(i, false);
            named.put(i, names.get(i));
        }
        long bucket = config.bucketMegabytes() * MEGABYTE;
        SizeTVectorVector forwards = torch.compute_bucket_assignment_by_size(
                        all, new SizeTVector(FIRST_BUCKET, bucket), sparse, new LongVector(), new LoggerOptional())
                .get0();
        // The backward pass comes to the last parameters first.
        SizeTVectorVector backwards = new SizeTVectorVector(forwards.size());
        for (long i = 0; i < forwards.size(); i++) {
            backwards.put(i, forwards.get(forwards.size() - 1 - i));
        }
        boolean isBucketView = true;
        boolean skipsUnused = false;
        boolean isPython = false;
        return new Reducer(
                all,
                backwards,
                ranks.group(),
                sparse,
                bucket,
                config.findUnusedParameters(),
                isBucketView,
                named,
                FIRST_BUCKET,
                skipsUnused,
                isPython);
    }

    @Override
    public Ranks ranks() {
        return ranks;
    }

    @Override
    public void begin() {
        ranks.defer();
        together(() -> {
            reducer.prepare_for_forward();
            if (hasReduced) {
                // Once, after the first backward pass has shown the order.
                reducer.rebuild_buckets();
            }
        });
        ranks.broadcast(buffers);
    }

    @Override
    public void accumulate(Tensor loss) {
        // A reducer that was not told of a backward pass leaves it alone; the pass may exchange features all the same.
        together(loss::backward);
    }

    @Override
    public void backward(Tensor loss) {
        together(() -> {
            try (Scope scope = Scope.open()) {
                reducer.prepare_for_backward(
                        config.findUnusedParameters() ? new TensorVector(loss) : new TensorVector());
            }
            loss.backward();
        });
        hasReduced = true;
    }

    private void together(Runnable exchange) {
        ranks.together(() -> {
            try {
                exchange.run();
            } catch (RuntimeException failed) {
                if (String.valueOf(failed.getMessage()).contains("Expected to have finished reduction")) {
                    throw withoutGradient(failed);
                }
                throw failed;
            }
        });
    }

    private UserError withoutGradient(RuntimeException failed) {
        List<String> unused = new ArrayList<>();
        Matcher matcher = WITHOUT_GRADIENT.matcher(failed.getMessage());
        if (matcher.find()) {
            for (String index : matcher.group(1).trim().split(" +")) {
                unused.add(names.get(Integer.parseInt(index)));
            }
        }
        String which = unused.isEmpty()
                ? ""
                : " (" + String.join(", ", unused.subList(0, Math.min(3, unused.size())))
                        + (unused.size() > 3 ? " and " + (unused.size() - 3) + " more" : "") + ")";
        return new UserError(
                UserError.USAGE,
                "Some parameters" + which
                        + " had no part in the loss of the last step, and the ranks wait for their gradients; set"
                        + " distributed.find-unused-parameters=true.");
    }

    @Override
    public void close() {
        arena.close();
    }
}
