package io.contrast4j.config;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A configuration with every shape a record can have; its defaults are in config/example.conf. */
record Example(String name, int seed, Data data, Optimizer optimizer, Optional<Ema> ema, Train train) {
    static final String REFERENCE = "config/example.conf";

    record Data(Path root, List<Transform> transforms, List<View> views, Map<String, Double> weights) {}

    sealed interface Transform permits Crop, Flip, SomeOf {}

    @TypeName("crop")
    record Crop(int size, double minScale, double maxScale) implements Transform {
        Crop {
            new Problems()
                    .atLeast("size", size, 1)
                    .between("minScale", minScale, 0, 1)
                    .require(minScale <= maxScale, "maxScale", maxScale, "at least min-scale")
                    .raise();
        }
    }

    @TypeName("flip")
    record Flip(double p) implements Transform {
        Flip {
            new Problems().between("p", p, 0, 1).raise();
        }
    }

    /** A choice within itself. */
    @TypeName("some-of")
    record SomeOf(int count, List<Transform> transforms) implements Transform {
        SomeOf {
            new Problems()
                    .require(count <= transforms.size(), "count", count, "at most the number of transforms")
                    .raise();
        }
    }

    record View(String name, List<Integer> channels) {}

    sealed interface Optimizer permits Sgd, Adam {}

    @TypeName("sgd")
    record Sgd(double learningRate, double momentum, boolean nesterov, Schedule schedule) implements Optimizer {
        Sgd {
            new Problems()
                    .above("learningRate", learningRate, 0)
                    .between("momentum", momentum, 0, 1)
                    .raise();
        }
    }

    @TypeName("adam")
    record Adam(double learningRate, List<Double> betas) implements Optimizer {
        Adam {
            new Problems()
                    .above("learningRate", learningRate, 0)
                    .require(betas.size() == 2, "betas", betas, "two numbers")
                    .raise();
        }
    }

    /** A choice within a variant of another. */
    sealed interface Schedule permits Constant, Cosine {}

    @TypeName("constant")
    record Constant() implements Schedule {}

    @TypeName("cosine")
    record Cosine(double floor) implements Schedule {
        Cosine {
            new Problems().between("floor", floor, 0, 1).raise();
        }
    }

    record Ema(double decay, Optional<Integer> startEpoch) {}

    enum Precision {
        FLOAT_32,
        BFLOAT_16
    }

    record Train(
            int epochs,
            long maxSteps,
            Duration saveEvery,
            Precision precision,
            float clipNorm,
            Optional<Path> resume,
            List<List<Integer>> grid) {
        Train {
            new Problems().atLeast("epochs", epochs, 1).raise();
        }
    }
}
