package io.contrast4j.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The meters of a run, under the names by which monitoring systems know them. They are made in the registry that is given,
 * so that a service can hand in its own.
 */
public final class Meters {
    private final MeterRegistry registry;
    private final AtomicReference<Double> loss = new AtomicReference<>(Double.NaN);
    private final Timer step;
    private final Timer dataWait;
    private final Timer checkpointCopy;
    private final Timer checkpointSave;
    private final Counter images;
    private final Map<String, AtomicReference<Double>> monitors = new HashMap<>();

    /** Meters in a registry of their own, in memory. */
    public Meters() {
        this(new SimpleMeterRegistry());
    }

    public Meters(MeterRegistry registry) {
        this.registry = registry;
        this.step = Timer.builder("train.step")
                .description("One step: forward, backward, optimizer, commit")
                .register(registry);
        this.dataWait = Timer.builder("data.wait")
                .description("Waiting for the loader to have the next batch")
                .register(registry);
        this.checkpointCopy = Timer.builder("checkpoint.copy")
                .description("Copying the state for a checkpoint, while training waits")
                .register(registry);
        this.checkpointSave = Timer.builder("checkpoint.save")
                .description("Writing one checkpoint to the disk, beside the training")
                .register(registry);
        this.images = Counter.builder("train.images")
                .description("Images trained on")
                .baseUnit("images")
                .register(registry);
        Gauge.builder("train.loss", loss, AtomicReference::get)
                .description("The loss of the last step that was looked at")
                .register(registry);
        Gauge.builder("memory.resident", ResidentMemory::bytes)
                .description("Physical memory of the process")
                .baseUnit("bytes")
                .register(registry);
    }

    public MeterRegistry registry() {
        return registry;
    }

    /** {@code train.step}. */
    public Timer step() {
        return step;
    }

    /** {@code data.wait}. */
    public Timer dataWait() {
        return dataWait;
    }

    /** {@code checkpoint.copy}. */
    public Timer checkpointCopy() {
        return checkpointCopy;
    }

    /** {@code checkpoint.save}. */
    public Timer checkpointSave() {
        return checkpointSave;
    }

    /** {@code train.images}. */
    public Counter images() {
        return images;
    }

    /** Sets the gauge {@code monitor.NAME}, which is there from the first value on; a pair in the name is a tag. */
    public void monitor(String name, double value) {
        monitors.computeIfAbsent(name, this::gauge).set(value);
    }

    private AtomicReference<Double> gauge(String name) {
        int dot = name.indexOf('.');
        String meter = "monitor." + (dot < 0 ? name : name.substring(0, dot)).replace('_', '.');
        AtomicReference<Double> held = new AtomicReference<>(Double.NaN);
        Gauge.builder(meter, held, AtomicReference::get)
                .description("See docs/monitors.md")
                .tag("pair", dot < 0 ? "all" : name.substring(dot + 1))
                .register(registry);
        return held;
    }

    /** Sets {@code train.loss}; NaN until then. */
    public void loss(double value) {
        loss.set(value);
    }
}
