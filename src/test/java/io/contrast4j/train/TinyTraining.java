package io.contrast4j.train;

import io.contrast4j.checkpoint.PthFile;
import io.contrast4j.data.BatchLoader;
import io.contrast4j.data.Batching;
import io.contrast4j.data.CropViews;
import io.contrast4j.data.Dataset;
import io.contrast4j.data.EpochOrder;
import io.contrast4j.data.MemoryFormat;
import io.contrast4j.data.OnCorrupt;
import io.contrast4j.data.PhotoCrops;
import io.contrast4j.data.Views;
import io.contrast4j.dist.Gradients;
import io.contrast4j.image.ColorSpace;
import io.contrast4j.image.HorizontalFlip;
import io.contrast4j.image.RandomResizedCrop;
import io.contrast4j.method.Method;
import io.contrast4j.optim.Optimizer;
import io.contrast4j.optim.Schedule;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Stateful;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A training of any method on two 32-pixel crops of each of 14 pieces of photographs, from seeds that are always the same.
 */
final class TinyTraining implements Observer, Trainer.Events, Stateful, AutoCloseable {
    static final Dataset PHOTOS = new PhotoCrops.Config(40, 2, 1, 0.4).openTrain();
    private static final Views VIEWS = new CropViews.Config(
                    2,
                    32,
                    List.of(new RandomResizedCrop.Config(0.2, 1, 0.75, 4 / 3.0), new HorizontalFlip.Config(0.5)),
                    ColorSpace.RGB,
                    List.of(List.of(0, 1, 2)),
                    Optional.empty(),
                    Optional.empty(),
                    new CropViews.Config.Central(Optional.empty(), 32))
            .random();

    /** What is trained. */
    record Parts(Module module, Method method) {}

    final List<Step> steps = new ArrayList<>();
    final List<Long> inspections = new ArrayList<>();
    final List<Long> checkpoints = new ArrayList<>();
    final Trainer trainer;
    final RunCheckpoint content;
    final Parts parts;
    final BatchLoader loader;
    private final Optimizer optimizer;
    private final Arena arena = new Arena();
    private Optional<Path> inspected = Optional.empty();

    /** @param parts built in an arena that lives as long as this */
    TinyTraining(Trainer.Config config, Function<Arena, Parts> parts, Optimizer.Config optimizer, Schedule schedule) {
        this(config, parts, optimizer, schedule, module -> new Gradients.Local());
    }

    /** @param gradients of a module; the loader has the same batches, whatever ranks they are of */
    TinyTraining(
            Trainer.Config config,
            Function<Arena, Parts> parts,
            Optimizer.Config optimizer,
            Schedule schedule,
            Function<Module, Gradients> gradients) {
        torch.manual_seed(1);
        this.parts = parts.apply(arena);
        try (Scope scope = Scope.open()) {
            this.optimizer =
                    optimizer.build(StateDict.parameters(this.parts.module()).values());
        }
        this.loader = loader(config.batchSize());
        this.trainer = new Trainer(
                config,
                new CheckpointPlan(1, 0, 0, 1, 0, "auto"),
                this.parts.module(),
                this.parts.method(),
                this.optimizer,
                schedule,
                loader,
                arena.own(() -> Tensors.device("cpu")),
                4,
                gradients.apply(this.parts.module()));
        this.content = new RunCheckpoint(
                Map.of("seed", 1L),
                this.parts.module(),
                this.parts.method(),
                new ContrastSection(Optional.empty()),
                this.optimizer,
                trainer,
                this);
    }

    static BatchLoader loader(int batchSize) {
        return new BatchLoader(
                PHOTOS,
                VIEWS,
                new EpochOrder.Shuffled(PHOTOS.size(), 2),
                new Batching(batchSize, Batching.Last.DROP),
                3,
                new BatchLoader.Config(1, 2, OnCorrupt.FAIL, MemoryFormat.CONTIGUOUS, true, true));
    }

    /** The inspection's state goes to this file. */
    TinyTraining inspectingAt(Path file) {
        inspected = Optional.of(file);
        return this;
    }

    /** Trains until so many steps are done; true if the training is complete then. */
    boolean until(long number) {
        return trainer.run(this, this, () -> trainer.steps() >= number);
    }

    void save(Path file) {
        try (Scope scope = Scope.open()) {
            PthFile.write(file, content.content());
        }
    }

    /** Every value of the run's state by its path; tensors as texts of their numbers. */
    Map<String, String> everything() {
        try (Scope scope = Scope.open()) {
            Map<String, String> values = new TreeMap<>();
            flatten("", content.content(), values);
            return values;
        }
    }

    private static void flatten(String path, Object value, Map<String, String> values) {
        if (value instanceof Map<?, ?> map) {
            map.forEach((key, part) -> flatten(path + "/" + key, part, values));
        } else if (value instanceof Tensor tensor) {
            values.put(path, Arrays.toString(Tensors.doubles(tensor)));
        } else {
            values.put(path, String.valueOf(value));
        }
    }

    @Override
    public void checkpoint() {
        checkpoints.add(trainer.steps());
    }

    @Override
    public Map<String, Double> validation(int epochs) {
        return Map.of();
    }

    @Override
    public Path inspection() {
        inspections.add(trainer.steps());
        inspected.ifPresent(this::save);
        return inspected.orElse(Path.of("nonfinite.pth"));
    }

    @Override
    public void begin(int epoch, int epochs, int done, int number) {}

    @Override
    public void step(Step step) {
        steps.add(step);
    }

    @Override
    public void end(Epoch epoch) {}

    @Override
    public Map<String, Object> state() {
        return Map.of();
    }

    @Override
    public void restore(Map<String, ?> state, String source) {}

    @Override
    public void close() {
        trainer.close();
        optimizer.close();
        parts.method().close();
        arena.close();
    }
}
