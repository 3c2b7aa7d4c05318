package io.contrast4j.data;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.ReadsFiles;
import io.contrast4j.spec.TypeName;
import java.nio.file.Path;
import java.util.List;

/**
 * CIFAR-10: 32×32 pictures of ten classes, 50,000 to train on and 10,000 to test on (Krizhevsky, "Learning multiple layers
 * of features from tiny images", 2009). Samples are in the order of the five batches, as in torchvision.
 */
public final class Cifar10 {
    private static final List<String> TRAIN =
            List.of("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5");
    private static final String TEST = "test_batch";
    private static final CifarFormat FORMAT = new CifarFormat(
            "CIFAR-10",
            "cifar-10",
            new CifarFormat.Folders("cifar-10-batches-py", "cifar-10-batches-bin"),
            new CifarFormat.Labels(10, 1, 0, "labels", "batches.meta.txt", "batches.meta", "label_names"));

    private Cifar10() {}

    /**
     * @param path folder of the batches, pickled or binary, or the one above it; or one of the archives
     *     {@code cifar-10-python.tar.gz} and {@code cifar-10-binary.tar.gz}, or their folder
     */
    @TypeName("cifar-10")
    public record Config(Path path) implements Dataset.Config, ReadsFiles {
        @Override
        public Problems missing() {
            return new Problems().require(FORMAT.find(path, TRAIN.get(0)).isPresent(), "path", path, FORMAT.wanted());
        }

        @Override
        public Dataset openTrain() {
            return FORMAT.open(path, TRAIN);
        }

        @Override
        public Dataset openTest() {
            return FORMAT.open(path, List.of(TEST));
        }
    }
}
