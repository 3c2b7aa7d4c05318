package io.contrast4j.checkpoint;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** A process that saves one checkpoint after the other until it is killed, or fails. */
final class CheckpointSaver {
    private static final int SIZE = 1 << 18;

    private CheckpointSaver() {}

    /** Arguments: folder, first epoch, last epoch. */
    public static void main(String[] arguments) {
        CheckpointStore store = new CheckpointStore(Path.of(arguments[0]), 2);
        try {
            for (long epoch = Long.parseLong(arguments[1]); epoch <= Long.parseLong(arguments[2]); epoch++) {
                try (Scope scope = Scope.open()) {
                    store.save("epoch-" + epoch, content(epoch));
                    System.out.println("saved " + epoch);
                }
            }
        } catch (UserError failed) {
            System.out.println(failed.getMessage());
            System.out.flush();
            System.exit(failed.exitCode());
        }
    }

    /** A megabyte in which every number tells the epoch. */
    static Map<String, Object> content(long epoch) {
        float[] values = new float[SIZE];
        Arrays.fill(values, epoch);
        OrderedDict model = new OrderedDict();
        model.put("weight", Tensors.of(values, SIZE));
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("model", model);
        content.put("epoch", epoch);
        return content;
    }
}
