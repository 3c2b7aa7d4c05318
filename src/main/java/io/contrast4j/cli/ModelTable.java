package io.contrast4j.cli;

import io.contrast4j.nn.Anatomy;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.LinearHead;
import io.contrast4j.spec.TypeName;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/** What is printed of a network. */
final class ModelTable {
    private static final long MIB = 1L << 20;

    private final List<String[]> rows = new ArrayList<>();

    private ModelTable(String... columns) {
        rows.add(columns);
    }

    /** The layers, then a row of sums. */
    static String layers(Anatomy anatomy) {
        ModelTable table = new ModelTable("layer", "output", "parameters", "multiply-adds");
        for (Anatomy.Stage stage : anatomy.stages()) {
            table.row(stage.tap(), stage.output(), stage.parameters(), stage.multiplyAdds());
            stage.layers()
                    .forEach(layer ->
                            table.row("  " + layer.name(), layer.output(), layer.parameters(), layer.multiplyAdds()));
        }
        table.row("total", List.of(), anatomy.parameters(), anatomy.multiplyAdds());
        return table.text();
    }

    private void row(String layer, List<Long> output, long parameters, long multiplyAdds) {
        String shape = output.stream().map(String::valueOf).collect(Collectors.joining("x"));
        rows.add(new String[] {layer, shape, count(parameters), count(multiplyAdds)});
    }

    private static String count(long value) {
        return value == 0 ? "-" : String.format(Locale.ROOT, "%,d", value);
    }

    private String text() {
        int columns = rows.get(0).length;
        StringBuilder format = new StringBuilder();
        for (int column = 0; column < columns; column++) {
            int at = column;
            int width = rows.stream().mapToInt(row -> row[at].length()).max().orElse(0);
            // Words and shapes begin below each other, numbers end below each other.
            format.append(column < 2 ? "%-" : "  %").append(width).append(column == 0 ? "s  " : "s");
        }
        return rows.stream()
                .map(row -> String.format(format + "%n", (Object[]) row))
                .collect(Collectors.joining());
    }

    /** What the linear classifier that judges each layer is given. */
    static String linearClassifiers(Backbone.Config encoder, Anatomy anatomy) {
        ModelTable table = new ModelTable("layer", "pooling", "features");
        for (Anatomy.Stage stage : anatomy.stages()) {
            LinearHead.Plan plan = LinearHead.Plan.of(encoder, stage.tap());
            long[] shape = stage.output().stream().mapToLong(Long::longValue).toArray();
            long features = plan.inFeatures(shape);
            String pooling = plan.pooling() == LinearHead.Pooling.NONE
                    ? "-"
                    : written(plan.pooling()) + " to " + plan.side() + "x" + plan.side();
            table.rows.add(new String[] {stage.tap(), pooling, count(features)});
        }
        return "what a linear classifier of a frozen layer is given, after CMC's pooling\n"
                + table.text().indent(2);
    }

    /**
     * What training needs in float32.
     *
     * @param batch pictures in a step; without it the activations are those of one picture
     */
    static String memory(Anatomy anatomy, Optional<Integer> batch) {
        long weights = Float.BYTES * anatomy.parameters();
        long pictures = batch.orElse(1);
        long activations = pictures * anatomy.activationBytes();
        StringBuilder text = new StringBuilder("memory of a training step in float32\n");
        line(text, "parameters", weights);
        line(text, "buffers", Float.BYTES * anatomy.buffers());
        line(text, "gradients", weights);
        line(text, "SGD momentum", weights);
        line(text, "activations of " + (pictures == 1 ? "a picture" : pictures + " pictures"), activations);
        line(text, "together", 3 * weights + Float.BYTES * anatomy.buffers() + activations);
        return text.toString();
    }

    private static void line(StringBuilder text, String what, long bytes) {
        text.append(String.format(Locale.ROOT, "  %-28s %,12.1f MiB%n", what, (double) bytes / MIB));
    }

    /** {@code resnet depth=50 width=1.0 feature-dim=128}: what shows it again when it is written. */
    static String title(Backbone.Config encoder) {
        StringBuilder title =
                new StringBuilder(Objects.requireNonNull(encoder.getClass().getAnnotation(TypeName.class))
                        .value());
        for (RecordComponent component : encoder.getClass().getRecordComponents()) {
            String key =
                    component.getName().replaceAll("([a-z0-9])([A-Z])", "$1-$2").toLowerCase(Locale.ROOT);
            try {
                title.append(' ')
                        .append(key)
                        .append('=')
                        .append(written(component.getAccessor().invoke(encoder)));
            } catch (ReflectiveOperationException impossible) {
                throw new IllegalStateException(impossible);
            }
        }
        return title.toString();
    }

    /** As a configuration has it, without spaces. */
    private static String written(Object value) {
        return value instanceof Enum<?> choice
                ? choice.name().toLowerCase(Locale.ROOT).replace('_', '-')
                : value.toString().replace(" ", "");
    }
}
