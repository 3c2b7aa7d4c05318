package io.contrast4j.image;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;

/**
 * A constant table with a value for every index, to be {@linkplain Tensor#take taken} from. It is copied to a device when it is first
 * asked for there, and stays there for the life of the program: that of the hues takes 2 MB, too much for a copy with every batch.
 */
final class DeviceTable {
    private final float[] values;
    private final Map<String, Tensor> copies = new ConcurrentHashMap<>();

    /** @param values not changed afterwards */
    DeviceTable(float[] values) {
        this.values = values;
    }

    /** The table on a device; nobody closes it. */
    Tensor on(Device device) {
        return copies.computeIfAbsent(device.str().getString(), name -> {
            try (Scope scope = Scope.open()) {
                return Scope.keep(Tensors.to(Tensors.of(values, values.length), device));
            }
        });
    }
}
