package io.contrast4j.method;

import com.google.gson.Gson;
import io.contrast4j.data.BatchLoader;
import io.contrast4j.data.CropViews;
import io.contrast4j.data.MemoryFormat;
import io.contrast4j.data.OnCorrupt;
import io.contrast4j.data.PhotoCrops;
import io.contrast4j.dist.Distributed;
import io.contrast4j.dist.Exchange;
import io.contrast4j.dist.Gradients;
import io.contrast4j.dist.Placement;
import io.contrast4j.dist.Ranks;
import io.contrast4j.eval.Evaluation;
import io.contrast4j.eval.Knn;
import io.contrast4j.eval.LinearProbe;
import io.contrast4j.image.ColorSpace;
import io.contrast4j.image.RandomResizedCrop;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.Networks;
import io.contrast4j.nn.ResNet;
import io.contrast4j.optim.Sgd;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * One of several processes of {@link MethodRanksTest}, or the only one. Takes some steps with every method of {@link
 * SharedCase} in float64, and prints for each a line with what is left: its name and numbers as JSON.
 */
final class RanksProgram {
    private final Ranks ranks;
    private final int steps;

    private RanksProgram(Ranks ranks, int steps) {
        this.ranks = ranks;
        this.steps = steps;
    }

    /** @param args processes of the world that is compared with one process, and how many steps are taken */
    public static void main(String[] args) {
        torch.set_num_threads(1);
        try (Arena arena = new Arena()) {
            Distributed config = Distributed.byEnvironment();
            Device cpu = arena.own(() -> Tensors.device("cpu"));
            try (Ranks ranks = Ranks.join(Placement.of(System.getenv(), config), config, cpu, Map.of())) {
                RanksProgram program = new RanksProgram(ranks, Integer.parseInt(args[1]));
                print("evaluation", program.evaluation(cpu));
                try (Scope scope = Scope.open()) {
                    torch.set_default_dtype(torch.scalarTypeToTypeMeta(ScalarType.Double));
                }
                for (SharedCase one : SharedCase.of(Integer.parseInt(args[0]))) {
                    print(one.name(), program.trained(one, cpu));
                }
            }
        } catch (UserError refused) {
            System.out.println(refused.getMessage());
            System.exit(refused.exitCode());
        }
    }

    private static void print(String name, Map<String, double[]> numbers) {
        System.out.println(MethodRanksTest.RESULT + name + "\t" + new Gson().toJson(numbers));
    }

    private Map<String, double[]> trained(SharedCase one, Device cpu) {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            torch.manual_seed(7);
            Parts parts = one.parts();
            Method.Setting setting = new Method.Setting(
                    Combination.ITEMS, Combination.CLASSES, ScalarType.Double, cpu, ranks, one.distributed());
            Networks networks = arena.own(() -> one.method().networks(parts, setting));
            List<Double> losses = new ArrayList<>();
            try (Method method = Replicated.of(one.method().build(networks, parts, setting), parts, setting);
                    Gradients gradients = Gradients.of(ranks, networks.module(), one.distributed());
                    Sgd optimizer = new Sgd(
                            new Sgd.Config(0.03, 0.9, 1e-4, false),
                            StateDict.parameters(networks.module()).values())) {
                for (int step = 0; step < steps; step++) {
                    losses.add(step(one, step, method, gradients, optimizer));
                }
                return left(losses, networks, method);
            }
        }
    }

    private double step(SharedCase one, int step, Method method, Gradients gradients, Sgd optimizer) {
        try (Scope scope = Scope.open()) {
            optimizer.zeroGrad();
            gradients.begin();
            Method.Output output = method.forward(part(one.input(step)), Combination.at(step));
            gradients.backward(output.loss().total());
            optimizer.step();
            method.commit(output);
            double own = Tensors.scalar(output.loss().total());
            double loss = Exchange.sum(ranks, own)[0] / ranks.world().size();
            method.follows().ifPresent(measure -> method.observe(loss));
            return loss;
        }
    }

    private Method.Input part(Method.Input whole) {
        return new Method.Input(
                whole.views().stream().map(this::part).toList(), part(whole.labels()), part(whole.indices()));
    }

    private Tensor part(Tensor whole) {
        long rows = whole.size(0) / ranks.world().size();
        return whole.narrow(0, ranks.world().rank() * rows, rows);
    }

    private static Map<String, double[]> left(List<Double> losses, Networks networks, Method method) {
        Map<String, double[]> numbers = new TreeMap<>();
        numbers.put("losses", losses.stream().mapToDouble(loss -> loss).toArray());
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("networks", StateDict.of(networks.module()));
        method.assemble();
        state.put("method", method.state());
        Combination.tensors(state).forEach((name, values) -> numbers.put(name, digest(values)));
        method.monitors().forEach((name, value) -> numbers.put(name, new double[] {value}));
        return numbers;
    }

    /** Enough of many numbers to tell whether two lots of them differ: their length, size and two projections. */
    private static double[] digest(double[] values) {
        double squares = 0;
        double first = 0;
        double second = 0;
        for (int i = 0; i < values.length; i++) {
            squares += values[i] * values[i];
            first += values[i] * Math.sin(i * 0.7 + 1);
            second += values[i] * Math.sin(i * 1.9 + 2);
        }
        return new double[] {values.length, Math.sqrt(squares), first, second};
    }

    /** The accuracies of a network with random weights on photographs, a few of which are more than whole batches. */
    private Map<String, double[]> evaluation(Device cpu) {
        PhotoCrops.Config photos = new PhotoCrops.Config(40, 14, 1, 0.4);
        CropViews.Config views = new CropViews.Config(
                1,
                32,
                List.of(new RandomResizedCrop.Config(0.2, 1, 0.75, 4 / 3.0)),
                ColorSpace.RGB,
                List.of(List.of(0, 1, 2)),
                Optional.empty(),
                Optional.empty(),
                new CropViews.Config.Central(Optional.empty(), 32));
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            torch.manual_seed(3);
            Backbone network = arena.own(() -> new ResNet.Config(18, 1.0 / 16, 8).build(3));
            // As after a step of training: the running statistics of other ranks are their own, and do not count.
            Map<String, Tensor> statistics = StateDict.of(network.module());
            statistics.keySet().removeIf(name -> !name.endsWith("running_mean"));
            statistics
                    .values()
                    .forEach(mean -> mean.add_(Tensors.scalar(ranks.world().rank())));
            Evaluation evaluation = new Evaluation(
                    new Evaluation.Config(
                            List.of(),
                            Backbone.EMBEDDING,
                            0,
                            8,
                            false,
                            false,
                            0,
                            new LinearProbe.Config(0.1, 0.9, 0, 30, 8),
                            new Knn.Config(3, 0.07)),
                    photos.openTrain(),
                    photos.openTest(),
                    views.central(1),
                    new BatchLoader.Config(1, 2, OnCorrupt.FAIL, MemoryFormat.CONTIGUOUS, false, true),
                    cpu,
                    1,
                    ranks);
            Evaluation.Result result = evaluation.of(List.of(network));
            return Map.of("accuracies", new double[] {result.linear(), result.knn()});
        }
    }
}
