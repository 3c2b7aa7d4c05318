package io.contrast4j.optim;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Operator;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The tensors that an optimizer trains, in groups, with what it keeps for each of them, such as a velocity, and the learning
 * rate. What is kept starts at 0.
 */
final class Trained implements AutoCloseable {
    private final Arena arena = new Arena();
    private final String optimizer;
    private final Set<String> names;
    private final Optional<GradientClip> clip;
    private final List<Group> groups = new ArrayList<>();
    private double rate;

    /**
     * One tensor.
     *
     * @param kept by Python's names
     */
    record Slot(Tensor parameter, Map<String, Tensor> kept) {}

    /**
     * Tensors that are treated alike.
     *
     * @param isExempt whether they have no weight decay
     */
    record Group(boolean isExempt, List<Slot> slots) {}

    /**
     * The tensors of a group that have a gradient, as arguments of LibTorch's kernels.
     *
     * @param isExempt whether they have no weight decay
     */
    record Moving(boolean isExempt, List<Slot> slots) {
        IValue parameters() {
            return Operator.tensors(slots.stream().map(Slot::parameter).toList());
        }

        IValue gradients() {
            return Operator.tensors(gradientList());
        }

        List<Tensor> gradientList() {
            return slots.stream().map(slot -> slot.parameter().grad()).toList();
        }

        IValue kept(String name) {
            return Operator.tensors(slots.stream()
                    .map(slot -> Objects.requireNonNull(slot.kept().get(name)))
                    .toList());
        }
    }

    /**
     * @param optimizer its name in messages
     * @param kept what is kept for each tensor: the name, and how a zero is made from the tensor
     * @param exempt which parameters come into a second group
     * @param clipNorm length that the gradients have at most; none for as they are
     * @param rate η of the first step
     */
    Trained(
            String optimizer,
            Iterable<Tensor> parameters,
            Map<String, UnaryOperator<Tensor>> kept,
            Exempt exempt,
            Optional<Double> clipNorm,
            double rate) {
        this.optimizer = optimizer;
        this.rate = rate;
        this.names = new TreeSet<>(kept.keySet());
        this.clip = clipNorm.map(GradientClip::new);
        groups.add(new Group(false, new ArrayList<>()));
        if (exempt != Exempt.NONE) {
            groups.add(new Group(true, new ArrayList<>()));
        }
        arena.own(() -> {
            for (Tensor parameter : parameters) {
                Map<String, Tensor> zeros = new LinkedHashMap<>();
                kept.forEach((name, zero) -> zeros.put(name, zero.apply(parameter.detach())));
                int group = exempt.holds(parameter) ? 1 : 0;
                groups.get(group).slots().add(new Slot(new Tensor(parameter), zeros));
            }
            return null;
        });
    }

    private List<Slot> slots() {
        return groups.stream().flatMap(group -> group.slots().stream()).toList();
    }

    /** η of the next step. */
    double rate() {
        return rate;
    }

    void rate(double next) {
        rate = next;
    }

    void zeroGrad() {
        slots().forEach(slot -> slot.parameter().mutable_grad().reset());
    }

    /** The groups that have a gradient now; gradients that are too long have been shortened. */
    List<Moving> moving() {
        List<Moving> moving = groups.stream()
                .map(group -> new Moving(
                        group.isExempt(),
                        group.slots().stream()
                                .filter(slot -> slot.parameter().grad().defined())
                                .toList()))
                .filter(group -> !group.slots().isEmpty())
                .toList();
        clip.ifPresent(limit -> limit.apply(
                moving.stream().flatMap(group -> group.gradientList().stream()).toList()));
        return moving;
    }

    /** @param options of a group, in Python's words */
    Map<String, Object> state(Function<Group, Map<String, @Nullable Object>> options) {
        List<Map<String, @Nullable Object>> entries = new ArrayList<>();
        slots().forEach(slot -> entries.add(new LinkedHashMap<>(slot.kept())));
        return new OptimizerState(
                        groups.stream().map(options).toList(),
                        groups.stream().map(group -> group.slots().size()).toList(),
                        entries)
                .tree();
    }

    /**
     * Takes over what {@link #state} or Python's optimizer saved. Tensors are matched by position, whatever numbers
     * Python gave them; of one that has nothing yet all is 0, as before its first step. The learning rate is that of the
     * first group.
     *
     * @throws UserError if it is of another optimizer, other groups or other tensors; nothing is changed then
     */
    void restore(Map<String, ?> saved, String source) {
        String wanted = groups.size() == 1 ? "one parameter group" : groups.size() + " parameter groups";
        OptimizerState state = OptimizerState.of(saved)
                .filter(read -> read.groups().size() == groups.size()
                        && read.groups().get(0).get("lr") instanceof Number)
                .orElseThrow(() -> new UserError(
                        UserError.FAILED, source + " has no state of " + optimizer + " with " + wanted + "."));
        List<Slot> slots = slots();
        if (state.entries().size() != slots.size()) {
            throw new UserError(
                    UserError.FAILED,
                    source + " has the optimizer state of " + state.entries().size() + " tensors, and this network has "
                            + slots.size() + ": it is of another architecture.");
        }
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Map<String, Tensor> own = new LinkedHashMap<>();
            Map<String, Object> values = new LinkedHashMap<>();
            List<Slot> fresh = new ArrayList<>();
            for (int i = 0; i < slots.size(); i++) {
                Map<String, Object> found = written(state.entries().get(i));
                if (found.isEmpty()) {
                    fresh.add(slots.get(i));
                } else if (!found.keySet().equals(names)) {
                    throw new UserError(
                            UserError.FAILED,
                            source + " has the state of another optimizer than " + optimizer + " ("
                                    + String.join(", ", new TreeSet<>(found.keySet())) + " instead of "
                                    + String.join(", ", names)
                                    + "); use the optimizer.type that it was trained with.");
                } else {
                    String prefix = "optimizer.state." + i + ".";
                    slots.get(i).kept().forEach((name, tensor) -> own.put(prefix + name, tensor));
                    found.forEach((name, value) -> values.put(prefix + name, value));
                }
            }
            StateDict.copy(own, values, source);
            fresh.forEach(slot -> slot.kept().values().forEach(Tensor::zero_));
        }
        rate = ((Number) Objects.requireNonNull(state.groups().get(0).get("lr"))).doubleValue();
    }

    /** Python leaves out, or sets to None, what has not been trained yet; its older versions count steps in an int. */
    private static Map<String, Object> written(Map<String, @Nullable Object> entry) {
        Map<String, Object> found = new LinkedHashMap<>();
        entry.forEach((name, value) -> {
            if (value instanceof Number number) {
                found.put(name, Tensors.of(new double[] {number.doubleValue()}));
            } else if (value != null) {
                found.put(name, value);
            }
        });
        return found;
    }

    @Override
    public void close() {
        arena.close();
    }
}
