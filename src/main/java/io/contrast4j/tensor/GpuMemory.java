package io.contrast4j.tensor;

import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.cuda.DeviceStats;
import org.bytedeco.pytorch.global.torch;

/**
 * The memory of a GPU, as LibTorch's allocator knows it; Python's {@code torch.cuda.memory_stats}.
 *
 * @param allocated bytes of tensors that are alive
 * @param reserved bytes that the allocator has taken from the GPU
 * @param peak the most bytes that were allocated at a time
 */
public record GpuMemory(long allocated, long reserved, long peak) {
    /** @param device a GPU */
    public static GpuMemory of(Device device) {
        try (Scope scope = Scope.open()) {
            DeviceStats stats = torch.getDeviceStats((byte) Math.max(0, device.index()));
            return new GpuMemory(
                    stats.allocated_bytes().current(),
                    stats.reserved_bytes().current(),
                    stats.allocated_bytes().peak());
        }
    }

    /** Starts the peak anew from what is allocated now. */
    public static void resetPeak(Device device) {
        torch.resetPeakStats((byte) Math.max(0, device.index()));
    }
}
