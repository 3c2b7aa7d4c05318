package io.contrast4j.train;

import io.contrast4j.checkpoint.OrderedDict;
import io.contrast4j.method.Moco;
import io.contrast4j.method.Parts;
import io.contrast4j.negatives.MemoryBank;
import io.contrast4j.negatives.UniformSample;
import io.contrast4j.objective.InfoNce;
import io.contrast4j.objective.Nce;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The section {@code contrast} of a checkpoint in the layout of CMC's repository, so that its scripts take it as it is. The
 * features of earlier steps have its names whatever the method calls them, and {@code params} come first:
 *
 * <table>
 * <caption>Layouts</caption>
 * <tr><th>stores</th><th>tables</th><th>params</th></tr>
 * <tr><td>of two views</td><td>{@code memory_l}, {@code memory_ab}</td><td>[K, τ, Z_l, Z_ab, m], float32</td></tr>
 * <tr><td>one</td><td>{@code memory}</td><td>[K, τ, Z, m], float32</td></tr>
 * <tr><td>one, with a key encoder</td><td>{@code memory}</td><td>[Z], int64</td></tr>
 * <tr><td>of more views</td><td>{@code memory_NAME}</td><td>none, as CMC's repository has no such method</td></tr>
 * </table>
 *
 * <p>A Z that is not set is −1. What these layouts have no place for, such as the write position of a queue, is the rest
 * of the state, which is kept elsewhere.
 */
public final class ContrastSection {
    private static final String PARAMS = "params";
    private static final List<String> TABLES = List.of("memory", "queue");
    private static final String ONE = "memory";
    private static final List<String> TWO = List.of("memory_l", "memory_ab");

    private final Optional<Constants> constants;

    /**
     * What CMC's buffer {@code params} repeats of the configuration.
     *
     * @param negatives K
     * @param temperature τ
     * @param momentum m of the memory bank
     */
    public record Constants(long negatives, double temperature, double momentum) {
        /** Those of a run whose parts CMC's repository has; none for others. */
        public static Optional<Constants> of(Parts parts) {
            if (parts.negatives() instanceof UniformSample.Config sample
                    && parts.store() instanceof MemoryBank.Config bank) {
                if (parts.objective() instanceof Nce.Config nce) {
                    return Optional.of(new Constants(sample.count(), nce.temperature(), bank.momentum()));
                } else if (parts.objective() instanceof InfoNce.Config infoNce) {
                    return Optional.of(new Constants(sample.count(), infoNce.temperature(), bank.momentum()));
                }
            }
            return Optional.empty();
        }
    }

    /** Where a table is in the state of a method. */
    private record Place(String part, String key) {}

    /** @param constants none leaves out {@code params} where they would be needed */
    public ContrastSection(Optional<Constants> constants) {
        this.constants = constants;
    }

    /** The section; empty for a method without stores. Its tensors belong to the caller's scope. */
    OrderedDict of(Map<String, ?> state) {
        Map<String, Place> places = places(state);
        OrderedDict section = new OrderedDict();
        params(state, places).ifPresent(params -> section.put(PARAMS, params));
        places.forEach((name, place) -> section.put(name, table(state, place)));
        return section;
    }

    /** The state without what the section has. */
    Map<String, Object> rest(Map<String, ?> state) {
        Map<String, Object> rest = copy(state);
        places(state).values().forEach(place -> part(rest, place).remove(place.key()));
        return rest;
    }

    /**
     * A state made of the section and the rest.
     *
     * @param now the present state of the method, which says where each table belongs
     */
    Map<String, Object> joined(Map<String, ?> section, Map<String, ?> rest, Map<String, ?> now) {
        Map<String, Object> state = copy(rest);
        places(now).forEach((name, place) -> {
            Object table = section.get(name);
            if (table != null) {
                part(state, place).put(place.key(), table);
            }
        });
        return state;
    }

    private static Map<String, Place> places(Map<String, ?> state) {
        List<Place> found = new ArrayList<>();
        state.forEach((part, value) -> {
            if (value instanceof Map<?, ?> map && !part.equals(Moco.KEY_ENCODER)) {
                TABLES.stream()
                        .filter(key -> map.get(key) instanceof Tensor)
                        .forEach(key -> found.add(new Place(part, key)));
            }
        });
        Map<String, Place> places = new LinkedHashMap<>();
        for (int i = 0; i < found.size(); i++) {
            String name = found.size() == 1
                    ? ONE
                    : found.size() == 2 ? TWO.get(i) : ONE + "_" + found.get(i).part();
            places.put(name, found.get(i));
        }
        return places;
    }

    private Optional<Tensor> params(Map<String, ?> state, Map<String, Place> places) {
        if (state.containsKey(Moco.KEY_ENCODER)) {
            return Optional.of(Tensors.of(new long[] {(long) z(state, "q")}, 1));
        }
        if (places.isEmpty() || places.size() > 2) {
            return Optional.empty();
        }
        return constants.map(some -> {
            List<Double> values = new ArrayList<>(List.of((double) some.negatives(), some.temperature()));
            places.values().forEach(place -> values.add(z(state, place.part())));
            values.add(some.momentum());
            double[] row = values.stream().mapToDouble(Double::doubleValue).toArray();
            return Tensors.of(row, row.length).to(ScalarType.Float);
        });
    }

    /** The constant of a pair, −1 where it is not set yet or there is none. */
    private static double z(Map<String, ?> state, String pair) {
        return state.get("objective") instanceof Map<?, ?> objective
                        && objective.get("z") instanceof Map<?, ?> constants
                        && constants.get(pair) instanceof Number number
                ? number.doubleValue()
                : -1;
    }

    private static Object table(Map<String, ?> state, Place place) {
        return part(state, place).get(place.key());
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> part(Map<String, ?> state, Place place) {
        return state.get(place.part()) instanceof Map<?, ?> map ? (Map<String, Object>) map : new LinkedHashMap<>();
    }

    /** Of the parts too, whose maps need not be changeable. */
    private static Map<String, Object> copy(Map<String, ?> state) {
        Map<String, Object> copy = new LinkedHashMap<>();
        state.forEach((name, value) ->
                copy.put(name, value instanceof Map<?, ?> map ? new LinkedHashMap<>(map) : value));
        return copy;
    }
}
