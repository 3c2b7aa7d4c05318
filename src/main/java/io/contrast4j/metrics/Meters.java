package io.contrast4j.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/**
 * The meters of a run, under the names by which monitoring systems know them; docs/monitors.md lists them. They are made in
 * the registry that is given, so that a service can hand in its own.
 */
public final class Meters implements AutoCloseable {
    private final MeterRegistry registry;
    private final Tags tags;
    private final AtomicReference<Double> loss = new AtomicReference<>(Double.NaN);
    private final Timer step;
    private final Timer dataWait;
    private final Timer checkpointCopy;
    private final Timer checkpointSave;
    private final Counter images;
    private final Map<String, Timer> stages = new HashMap<>();
    private final Map<String, AtomicReference<Double>> monitors = new HashMap<>();
    private final Map<String, AtomicReference<Double>> accuracies = new HashMap<>();
    private final ProcessMeters process;

    /** Meters without tags in a registry of their own, in memory. */
    public Meters() {
        this(new SimpleMeterRegistry(), Map.of());
    }

    /** @param tags that each of them has, such as {@code method} → {@code cmc} */
    public Meters(MeterRegistry registry, Map<String, String> tags) {
        this.registry = registry;
        this.tags = Tags.of(tags.entrySet().stream()
                .map(tag -> Tag.of(tag.getKey(), tag.getValue()))
                .toList());
        this.step = timer("train.step", "One step: copies, forward, backward, optimizer, commit");
        this.dataWait = timer("data.wait", "Waiting for the loader to have the next batch");
        this.checkpointCopy = timer("checkpoint.copy", "Copying the state for a checkpoint, while training waits");
        this.checkpointSave = timer("checkpoint.save", "Writing one checkpoint to the disk, beside the training");
        this.images = Counter.builder("train.images")
                .description("Images trained on")
                .baseUnit("images")
                .tags(this.tags)
                .register(registry);
        Gauge.builder("train.loss", loss, AtomicReference::get)
                .description("The loss of the last step that was looked at")
                .tags(this.tags)
                .register(registry);
        this.process = new ProcessMeters(registry, this.tags);
    }

    private Timer timer(String name, String description, String... more) {
        return Timer.builder(name)
                .description(description)
                .tags(tags)
                .tags(more)
                .register(registry);
    }

    public MeterRegistry registry() {
        return registry;
    }

    /** Records {@code train.step}, seconds that a step took without what it waited for. */
    public void step(double seconds) {
        record(step, seconds);
    }

    /** Records {@code data.wait}. */
    public void dataWait(double seconds) {
        record(dataWait, seconds);
    }

    /** Records {@code train.stage} with the tag {@code stage}: what a part of the training took. */
    public void stage(String name, double seconds) {
        record(
                stages.computeIfAbsent(
                        name, stage -> timer("train.stage", "Time of a part of the training", "stage", stage)),
                seconds);
    }

    private static void record(Timer timer, double seconds) {
        timer.record(Math.round(seconds * 1e9), TimeUnit.NANOSECONDS);
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
        monitors.computeIfAbsent(name, this::monitorGauge).set(value);
    }

    private AtomicReference<Double> monitorGauge(String name) {
        int dot = name.indexOf('.');
        String meter = "monitor." + (dot < 0 ? name : name.substring(0, dot)).replace('_', '.');
        return gauge(meter, "See docs/monitors.md", "pair", dot < 0 ? "all" : name.substring(dot + 1));
    }

    /** Sets the gauge {@code eval.accuracy} with the tag {@code classifier}, in percent; there from the first value on. */
    public void accuracy(String classifier, double percent) {
        accuracies
                .computeIfAbsent(
                        classifier,
                        name -> gauge("eval.accuracy", "Top-1 accuracy of frozen features", "classifier", name))
                .set(percent);
    }

    private AtomicReference<Double> gauge(String name, String description, String tag, String value) {
        AtomicReference<Double> held = new AtomicReference<>(Double.NaN);
        Gauge.builder(name, held, AtomicReference::get)
                .description(description)
                .tags(tags)
                .tag(tag, value)
                .register(registry);
        return held;
    }

    /**
     * Adds {@code gpu.memory} with the tag {@code state}: bytes of the memory of the run's GPU.
     *
     * @param state allocated, reserved or peak
     * @param bytes asked whenever the meter is read
     */
    public void gpuMemory(String state, LongSupplier bytes) {
        Gauge.builder("gpu.memory", bytes::getAsLong)
                .description("Memory of the GPU: of tensors, of LibTorch's allocator, and the most that tensors had")
                .baseUnit("bytes")
                .tags(tags)
                .tag("state", state)
                .strongReference(true)
                .register(registry);
    }

    /** Sets {@code train.loss}; NaN until then. */
    public void loss(double value) {
        loss.set(value);
    }

    @Override
    public void close() {
        process.close();
    }
}
