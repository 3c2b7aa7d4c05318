package io.contrast4j.data;

import static io.contrast4j.data.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TinyImageNetTest implements DatasetKit {
    @TempDir
    Path root;

    private Path folder = Path.of("");

    @BeforeEach
    void write() throws IOException {
        folder = Files.createDirectory(root.resolve("tiny-imagenet-200"));
        Files.writeString(folder.resolve("wnids.txt"), "n2\nn10\nn1\n");
        for (String name :
                List.of("n1/images/n1_0", "n1/images/n1_10", "n1/images/n1_2", "n10/images/n10_499", "n2/n2_7")) {
            picture("train/" + name);
        }
        for (String name : List.of("val_0", "val_10", "val_9")) {
            picture("val/images/" + name);
        }
        Files.writeString(
                folder.resolve("val/val_annotations.txt"),
                "val_9.JPEG\tn1\t0\t0\t62\t62\nval_0.JPEG\tn10\t5\t5\t9\t9\nval_10.JPEG\tn2\t0\t0\t1\t1\n");
    }

    private void picture(String name) throws IOException {
        Files.move(
                Pictures.write(folder.resolve(name + ".jpg"), 8, 8, name.hashCode()), folder.resolve(name + ".JPEG"));
    }

    @Override
    public Dataset open() {
        return new TinyImageNet.Config(root).openTrain();
    }

    private List<String> samples(Dataset data) {
        return IntStream.range(0, data.size())
                .mapToObj(i -> folder.relativize(Path.of(data.describe(i))) + " " + data.label(i))
                .toList();
    }

    @Test
    void filesAreInTheOrderOfTheirPathsAndClassesInThatOfTheirNames() {
        TinyImageNet.Config config = new TinyImageNet.Config(folder);
        assertThat(config.missing().found()).isEmpty();
        assertThat(config.openTrain().classes()).containsExactly("n1", "n10", "n2");
        assertThat(samples(config.openTrain()))
                .containsExactly(
                        "train/n1/images/n1_0.JPEG 0",
                        "train/n1/images/n1_10.JPEG 0",
                        "train/n1/images/n1_2.JPEG 0",
                        "train/n10/images/n10_499.JPEG 1",
                        "train/n2/n2_7.JPEG 2");
        assertThat(samples(config.openTest()))
                .containsExactly("val/images/val_0.JPEG 1", "val/images/val_10.JPEG 2", "val/images/val_9.JPEG 0");
    }

    @Test
    void filesThatDoNotBelongThereAreNamed() throws IOException {
        for (String wrong : List.of("n1_500", "n3_1", "n1", "n1_0001")) {
            picture("train/n1/" + wrong);
            Path file = folder.resolve("train/n1/" + wrong + ".JPEG");
            assertRefused(
                    () -> new TinyImageNet.Config(folder).openTrain(),
                    file + " is not called CLASS_N.JPEG with a class of wnids.txt and N from 0 to 499;"
                            + " remove it or name it so.");
            Files.delete(file);
        }
        picture("val/images/val_11");
        Path annotations = folder.resolve("val/val_annotations.txt");
        assertRefused(
                () -> new TinyImageNet.Config(folder).openTest(),
                annotations + " does not name val_11.JPEG, which is in " + folder.resolve("val/images")
                        + "; remove the picture or fetch the data set again.");
        Files.writeString(annotations, "val_9.JPEG\tn7\t0\n");
        assertRefused(
                () -> new TinyImageNet.Config(folder).openTest(),
                annotations + " is damaged: its line \"val_9.JPEG\tn7\t0\" is not a file name and a class of"
                        + " wnids.txt; fetch it again.");
        Files.writeString(folder.resolve("wnids.txt"), "n1\nn1\n");
        assertRefused(
                () -> new TinyImageNet.Config(folder).openTest(),
                folder.resolve("wnids.txt")
                        + " is damaged: its lines are not the names of different classes; fetch it again.");
    }

    @Test
    void whatIsMissingIsSaid() throws IOException {
        Path empty = Files.createDirectory(root.resolve("empty"));
        assertThat(new TinyImageNet.Config(empty).missing().found())
                .hasToString("[path = " + empty + " must be the folder tiny-imagenet-200 with wnids.txt, train and val,"
                        + " or the one above it]");
    }
}
