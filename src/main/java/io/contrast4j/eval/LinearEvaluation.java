package io.contrast4j.eval;

import io.contrast4j.nn.Classifier;
import io.contrast4j.optim.Exempt;
import io.contrast4j.optim.Optimizer;
import io.contrast4j.optim.Schedule;
import io.contrast4j.optim.Sgd;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.KeptDraws;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Stateful;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Trains classifiers on frozen vectors: every combination of an output and a learning rate is one, with an optimizer and a
 * schedule of its own, and one pass over the pictures trains them all. After each epoch all are tested, and so are ensembles: the
 * mean of the logits of several outputs.
 */
public final class LinearEvaluation implements Stateful, AutoCloseable {
    private final Setting setting;
    private final List<Double> rates;
    private final Map<String, ProbeGroup> groups = new LinkedHashMap<>();
    private final Map<String, List<String>> ensembles = new LinkedHashMap<>();
    private final Map<String, List<Standing>> standings = new LinkedHashMap<>();
    private final List<Schedule> schedules;
    private final double[] current;
    private int epochs;
    private long[] labels = new long[0];

    /**
     * What is trained, and how.
     *
     * @param kind of the classifiers
     * @param norm what the vectors go through first
     * @param start what the classifiers start from
     * @param rates learning rates, at least one
     * @param epochs length of the training
     * @param batchSize pictures in a step
     * @param ensembles outputs whose logits are averaged
     */
    public record Plan(
            Classifier kind,
            Classifier.Norm norm,
            Classifier.Start start,
            List<Double> rates,
            int epochs,
            int batchSize,
            List<List<String>> ensembles,
            Optimizer.Config optimizer,
            Schedule.Config schedule) {}

    /**
     * What it is trained on.
     *
     * @param lengths of the vectors of each output
     * @param type of the vectors and weights
     * @param seed of the weights and of what is dropped
     */
    public record Setting(Map<String, Long> lengths, int classes, ScalarType type, Device device, long seed) {}

    /** What an evaluation tells, and asks, on its way. */
    public interface Watch {
        /** Whether to stop, asked before each batch. */
        boolean isToStop();

        /** So many pictures of the training were used. */
        void step(long pictures);
    }

    /**
     * How a classifier, or an ensemble, did in an epoch.
     *
     * @param loss mean over the training pictures before each update; NaN of an ensemble
     * @param train top-1 on them, in percent; NaN of an ensemble
     * @param test on the test pictures
     */
    public record Outcome(String name, double rate, double loss, double train, Tally.Score test) {}

    /** @throws UserError if an ensemble names an output that is not judged */
    public LinearEvaluation(Plan plan, Setting setting) {
        requireOutputs(plan.ensembles(), setting.lengths().keySet());
        this.setting = setting;
        this.rates = List.copyOf(plan.rates());
        List<Double> bases = rates.stream()
                .map(rate -> plan.schedule().base(rate, plan.batchSize()))
                .toList();
        this.schedules = bases.stream()
                .map(base -> plan.schedule().build(base, plan.epochs()))
                .toList();
        this.current = bases.stream().mapToDouble(base -> base).toArray();
        try (KeptDraws draws = KeptDraws.open()) {
            int number = 0;
            for (Map.Entry<String, Long> output : setting.lengths().entrySet()) {
                long seed = CounterRandom.key(setting.seed(), number++);
                groups.put(output.getKey(), group(plan, Math.toIntExact(output.getValue()), seed));
                standings.put(output.getKey(), fresh(output.getKey()));
            }
        }
        for (List<String> members : plan.ensembles()) {
            ensembles.put(String.join("+", members), members);
            standings.put(String.join("+", members), fresh(String.join("+", members)));
        }
    }

    private static void requireOutputs(List<List<String>> ensembles, Set<String> outputs) {
        for (List<String> members : ensembles) {
            for (String member : members) {
                if (!outputs.contains(member)) {
                    throw new UserError(
                            UserError.USAGE,
                            "linear.ensembles names " + member + ", which is not judged; model.outputs has "
                                    + String.join(", ", outputs) + ".");
                }
            }
        }
    }

    private List<Standing> fresh(String name) {
        return rates.stream().map(rate -> new Standing(name, rate)).toList();
    }

    private ProbeGroup group(Plan plan, int length, long seed) {
        boolean isLinear = !plan.kind().hidden() && plan.norm() == Classifier.Norm.NONE;
        if (isLinear
                && plan.optimizer() instanceof Sgd.Config rule
                && rule.exempt() == Exempt.NONE
                && rule.clipNorm().isEmpty()) {
            try (Arena first = new Arena();
                    Scope scope = Scope.open()) {
                Map<String, Tensor> tensors = StateDict.of(first.own(() -> probe(plan, length, seed)));
                return new FusedProbes(rule, tensors.get("fc.weight"), tensors.get("fc.bias"), rates.size());
            }
        }
        return new SeparateProbes(plan.optimizer(), () -> probe(plan, length, seed), rates.size(), setting.classes());
    }

    private Classifier.Probe probe(Plan plan, int length, long seed) {
        torch.manual_seed(seed);
        Classifier.Probe probe = plan.kind().probe(length, setting.classes(), plan.norm(), plan.start());
        probe.to(setting.type(), false);
        probe.to(setting.device(), false);
        return probe;
    }

    /** Epochs done so far. */
    public int epochs() {
        return epochs;
    }

    /** The learning rate that each classifier of an output was last trained with, in the order of the rates. */
    public double[] learningRates() {
        return current.clone();
    }

    /**
     * Trains all classifiers on one pass and tests them on another. Those whose loss is no number any more are trained no
     * further.
     *
     * @throws UserError if that is so of all, or if the model has changed
     * @throws java.util.concurrent.CancellationException if it is to stop; what was trained is unusable then
     */
    public List<Outcome> epoch(FeatureSource train, FeatureSource test, Watch watch) {
        Map<String, List<Tally.Score>> training = trained(train, watch);
        if (epochs == 0) {
            train.requireSame();
        }
        epochs++;
        training.forEach(this::dropDiverged);
        if (groups.keySet().stream().flatMap(this::standing).allMatch(one -> one.diverged() > 0)) {
            throw new UserError(
                    UserError.FAILED,
                    "With " + (rates.size() == 1 ? "the learning rate " : "each of the learning rates ")
                            + rates.stream().map(String::valueOf).collect(Collectors.joining(", "))
                            + " the loss is no number after " + epochs + (epochs == 1 ? " epoch" : " epochs")
                            + "; choose smaller ones, or look whether the model's features are finite.");
        }
        return tested(test, training, watch);
    }

    private Stream<Standing> standing(String name) {
        return standings.get(name).stream();
    }

    private Map<String, List<Tally.Score>> trained(FeatureSource train, Watch watch) {
        Map<String, Tally> tallies = new LinkedHashMap<>();
        groups.keySet().forEach(name -> tallies.put(name, new Tally(Tally.Kept.NOTHING)));
        train.pass(epochs, watch::isToStop, (batch, vectors, labels) -> {
            for (int i = 0; i < current.length; i++) {
                current[i] = schedules.get(i).at(epochs, batch, train.batches(), current[i]);
            }
            groups.forEach((name, group) -> {
                try (Scope scope = Scope.open()) {
                    long draws = CounterRandom.key(setting.seed(), epochs, batch);
                    ProbeGroup.Step step = group.step(vectors.get(name), labels, current, draws);
                    tallies.get(name).add(step.logits(), step.losses(), labels);
                }
            });
            watch.step(labels.numel());
        });
        Map<String, List<Tally.Score>> scores = new LinkedHashMap<>();
        tallies.forEach((name, tally) -> scores.put(name, tally.scores()));
        tallies.values().forEach(Tally::close);
        return scores;
    }

    private void dropDiverged(String name, List<Tally.Score> scores) {
        for (int i = 0; i < scores.size(); i++) {
            Standing standing = standings.get(name).get(i);
            if (standing.diverged() > 0) {
                continue;
            }
            if (Double.isFinite(scores.get(i).loss())) {
                standing.trained(scores.get(i).top1());
            } else {
                standing.diverged(epochs);
                groups.get(name).drop(i);
            }
        }
    }

    private List<Outcome> tested(FeatureSource test, Map<String, List<Tally.Score>> training, Watch watch) {
        Map<String, Tally> tallies = new LinkedHashMap<>();
        standings.keySet().forEach(name -> tallies.put(name, new Tally(Tally.Kept.PREDICTIONS)));
        try {
            test.pass(0, watch::isToStop, (batch, vectors, labels) -> {
                Map<String, Tensor> logits = new LinkedHashMap<>();
                groups.forEach((name, group) -> logits.put(name, group.logits(vectors.get(name))));
                ensembles.forEach((name, members) ->
                        logits.put(name, mean(members.stream().map(logits::get).toList())));
                logits.forEach((name, some) -> tallies.get(name).add(some, labels));
            });
            labels = tallies.values().iterator().next().labels();
            List<Outcome> outcomes = new ArrayList<>();
            tallies.forEach((name, tally) -> {
                List<Tally.Score> scores = tally.scores();
                for (int i = 0; i < scores.size(); i++) {
                    if (isAlive(name, i)) {
                        outcomes.add(outcome(name, i, scores.get(i), training));
                        judge(name, i, scores.get(i), tally);
                    }
                }
            });
            return outcomes;
        } finally {
            tallies.values().forEach(Tally::close);
        }
    }

    /** The mean of raw logits. */
    static Tensor mean(List<Tensor> logits) {
        return torch.stack(new TensorVector(logits.toArray(new Tensor[0]))).mean(0);
    }

    private boolean isAlive(String name, int number) {
        return ensembles.getOrDefault(name, List.of(name)).stream()
                .allMatch(member -> standings.get(member).get(number).diverged() == 0);
    }

    private Outcome outcome(String name, int number, Tally.Score test, Map<String, List<Tally.Score>> training) {
        boolean isEnsemble = ensembles.containsKey(name);
        return new Outcome(
                name,
                rates.get(number),
                isEnsemble ? Double.NaN : training.get(name).get(number).loss(),
                isEnsemble ? Double.NaN : training.get(name).get(number).top1(),
                test);
    }

    private void judge(String name, int number, Tally.Score score, Tally tally) {
        Standing standing = standings.get(name).get(number);
        if (!standing.beats(score)) {
            return;
        }
        try (Scope scope = Scope.open()) {
            standing.best(
                    epochs,
                    score,
                    tally.predictions(number),
                    ensembles.containsKey(name) ? Map.of() : groups.get(name).classifier(number));
        }
    }

    /** What all have come to: of each output, then of each ensemble, one for each learning rate. */
    public Map<String, List<Standing>> standings() {
        return new LinkedHashMap<>(standings);
    }

    /** The right classes of the test pictures, in the order in which they came. */
    public long[] labels() {
        return labels.clone();
    }

    /** The live tensors of a classifier by their names; they belong to the caller's scope. */
    public Map<String, Tensor> classifier(String output, int rate) {
        return groups.get(output).classifier(rate);
    }

    /** The logits of a classifier of an output for N×D vectors, N×C; they belong to the caller's scope. */
    public Tensor logits(String output, int rate, Tensor vectors) {
        return groups.get(output).logits(vectors).select(1, rate);
    }

    @Override
    public Map<String, Object> state() {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("epochs", (long) epochs);
        state.put("labels", Tensors.of(labels, labels.length));
        state.put("rates", Tensors.of(current.clone(), current.length));
        Map<String, Object> probes = new LinkedHashMap<>();
        groups.forEach((name, group) -> probes.put(name, group.state()));
        state.put("probes", probes);
        Map<String, Object> results = new LinkedHashMap<>();
        standings.forEach((name, all) -> {
            for (int i = 0; i < all.size(); i++) {
                results.put(name + "/" + i, all.get(i).state());
            }
        });
        state.put("standings", results);
        return state;
    }

    @Override
    public void restore(Map<String, ?> state, String source) {
        if (!(state.get("epochs") instanceof Long done)
                || !(state.get("labels") instanceof Tensor right)
                || !(state.get("rates") instanceof Tensor last)
                || last.numel() != current.length) {
            throw new UserError(
                    UserError.FAILED, source + " is no checkpoint of an evaluation with these learning rates.");
        }
        groups.forEach((name, group) -> group.restore(section(state, "probes", name, source), source));
        standings.forEach((name, all) -> {
            for (int i = 0; i < all.size(); i++) {
                all.get(i).restore(section(state, "standings", name + "/" + i, source), source);
            }
        });
        System.arraycopy(Tensors.doubles(last), 0, current, 0, current.length);
        labels = Tensors.longs(right);
        epochs = Math.toIntExact(done);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, ?> section(Map<String, ?> state, String group, String name, String source) {
        if (state.get(group) instanceof Map<?, ?> all && all.get(name) instanceof Map<?, ?> own) {
            return (Map<String, ?>) own;
        }
        throw new UserError(
                UserError.FAILED, source + " is of an evaluation without " + name + "; it cannot be resumed.");
    }

    @Override
    public void close() {
        standings.values().forEach(all -> all.forEach(Standing::close));
        groups.values().forEach(ProbeGroup::close);
    }
}
