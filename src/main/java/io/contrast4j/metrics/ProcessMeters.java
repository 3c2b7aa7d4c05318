package io.contrast4j.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.util.List;
import org.bytedeco.javacpp.Pointer;

/**
 * Meters of the process: Java's own ({@code jvm.*}, {@code process.*}, {@code system.*}), and of the memory outside Java's
 * heap, where tensors are.
 *
 * <ul>
 *   <li>{@code memory.resident}: physical memory of the whole process;
 *   <li>{@code memory.native}: the part of it that Java has not committed for its heap and its other pools: tensors on the
 *       CPU, pictures, and the code and data of native libraries;
 *   <li>{@code memory.javacpp}: what JavaCPP has allocated itself: buffers and strings, not tensors.
 * </ul>
 */
final class ProcessMeters implements AutoCloseable {
    private static final String BYTES = "bytes";

    private final JvmGcMetrics collections;

    ProcessMeters(MeterRegistry registry, Tags tags) {
        this.collections = new JvmGcMetrics(tags);
        List<MeterBinder> java = List.of(
                new JvmMemoryMetrics(tags),
                collections,
                new JvmThreadMetrics(tags),
                new ClassLoaderMetrics(tags),
                new FileDescriptorMetrics(tags),
                new ProcessorMetrics(tags),
                new UptimeMetrics(tags));
        java.forEach(meters -> meters.bindTo(registry));
        Gauge.builder("memory.resident", ResidentMemory::bytes)
                .description("Physical memory of the process")
                .baseUnit(BYTES)
                .tags(tags)
                .register(registry);
        Gauge.builder("memory.native", ProcessMeters::nativeBytes)
                .description("Physical memory of the process that is not Java's: tensors, pictures, libraries")
                .baseUnit(BYTES)
                .tags(tags)
                .register(registry);
        Gauge.builder("memory.javacpp", Pointer::totalBytes)
                .description("Native memory that JavaCPP has allocated itself: buffers and strings, not tensors")
                .baseUnit(BYTES)
                .tags(tags)
                .register(registry);
    }

    /** Committed memory that was never touched is not resident, so that this is a lower bound. */
    private static long nativeBytes() {
        MemoryMXBean java = ManagementFactory.getMemoryMXBean();
        long committed = java.getHeapMemoryUsage().getCommitted()
                + java.getNonHeapMemoryUsage().getCommitted();
        return Math.max(0, ResidentMemory.bytes() - committed);
    }

    @Override
    public void close() {
        collections.close();
    }
}
