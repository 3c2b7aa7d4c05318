package io.contrast4j.data;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.ReadsFiles;
import io.contrast4j.spec.TypeName;
import java.nio.file.Path;
import java.util.List;

/**
 * CIFAR-100: 32×32 pictures of 100 classes in 20 groups, 50,000 to train on and 10,000 to test on (Krizhevsky, "Learning
 * multiple layers of features from tiny images", 2009). Samples are in the order of the files, as in torchvision.
 */
public final class Cifar100 {
    private static final String TRAIN = "train";
    private static final String TEST = "test";

    private Cifar100() {}

    /** Which of its two labels a picture gets. */
    public enum Labels {
        /** One of 100 classes. */
        FINE(new CifarFormat.Labels(100, 2, 1, "fine_labels", "fine_label_names.txt", "meta", "fine_label_names")),
        /** One of 20 groups of classes. */
        COARSE(new CifarFormat.Labels(
                20, 2, 0, "coarse_labels", "coarse_label_names.txt", "meta", "coarse_label_names"));

        private final CifarFormat format;

        Labels(CifarFormat.Labels labels) {
            this.format = new CifarFormat(
                    "CIFAR-100", "cifar-100", new CifarFormat.Folders("cifar-100-python", "cifar-100-binary"), labels);
        }
    }

    /**
     * @param path folder of the files, pickled or binary, or the one above it; or one of the archives
     *     {@code cifar-100-python.tar.gz} and {@code cifar-100-binary.tar.gz}, or their folder
     * @param labels fine or coarse
     */
    @TypeName("cifar-100")
    public record Config(Path path, Labels labels) implements Dataset.Config, ReadsFiles {
        @Override
        public Problems missing() {
            return new Problems()
                    .require(labels.format.find(path, TRAIN).isPresent(), "path", path, labels.format.wanted());
        }

        @Override
        public Dataset openTrain() {
            return labels.format.open(path, List.of(TRAIN));
        }

        @Override
        public Dataset openTest() {
            return labels.format.open(path, List.of(TEST));
        }
    }
}
