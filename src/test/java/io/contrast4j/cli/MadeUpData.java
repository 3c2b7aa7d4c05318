package io.contrast4j.cli;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;

/**
 * Noise in the formats of the public data sets, in a folder: {@link #TRAIN} pictures to learn from and a few to test on.
 *
 * @param folder holds what each data set's {@code path} may be
 */
record MadeUpData(Path folder) {
    /** Two batches of sixteen, and what is left over. */
    static final int TRAIN = 34;

    private static final int TEST = 6;
    private static final int CLASSES = 2;
    private static final int CIFAR_BYTES = 3 * 32 * 32;
    private static final int STL_BYTES = 3 * 96 * 96;

    /** Writes all of them. */
    static MadeUpData in(Path folder) throws IOException {
        MadeUpData data = new MadeUpData(folder);
        data.imageFolder();
        data.cifar10();
        data.cifar100();
        data.stl10();
        data.tinyImageNet();
        return data;
    }

    /** What a configuration of this type must be told to read it. */
    List<String> overrides(String type, boolean hasClassList) {
        Path path = folder.resolve(type);
        List<String> overrides = new ArrayList<>(List.of("data.path=\"" + path + '"'));
        if (hasClassList) {
            overrides.add("data.class-list=\"" + path.resolve("classes.txt") + '"');
        }
        return overrides;
    }

    /** One folder for each class, as ImageNet has it, and a list of the classes. */
    private void imageFolder() throws IOException {
        Path root = folder.resolve("image-folder");
        for (int i = 0; i < TRAIN + TEST; i++) {
            String part = i < TRAIN ? "train" : "val";
            picture(root.resolve(part + "/n" + i % CLASSES + "/" + i + ".JPEG"), 40);
        }
        Files.writeString(root.resolve("classes.txt"), "n0\nn1\n");
    }

    private void tinyImageNet() throws IOException {
        Path root = folder.resolve("tiny-imagenet/tiny-imagenet-200");
        StringBuilder annotations = new StringBuilder();
        for (int i = 0; i < TRAIN; i++) {
            String name = "n" + i % CLASSES;
            picture(root.resolve("train/" + name + "/images/" + name + "_" + i + ".JPEG"), 64);
        }
        for (int i = 0; i < TEST; i++) {
            picture(root.resolve("val/images/val_" + i + ".JPEG"), 64);
            annotations.append("val_" + i + ".JPEG\tn" + i % CLASSES + "\t0\t0\t62\t62\n");
        }
        Files.writeString(root.resolve("val/val_annotations.txt"), annotations);
        Files.writeString(root.resolve("wnids.txt"), "n1\nn0\n");
    }

    private void cifar10() throws IOException {
        Path root = Files.createDirectories(folder.resolve("cifar-10/cifar-10-batches-bin"));
        int batches = 5;
        for (int batch = 1; batch <= batches; batch++) {
            bytes(root.resolve("data_batch_" + batch + ".bin"), TRAIN / batches + 1, 1, CIFAR_BYTES);
        }
        bytes(root.resolve("test_batch.bin"), TEST, 1, CIFAR_BYTES);
        names(root.resolve("batches.meta.txt"), 10);
    }

    private void cifar100() throws IOException {
        Path root = Files.createDirectories(folder.resolve("cifar-100/cifar-100-binary"));
        bytes(root.resolve("train.bin"), TRAIN, 2, CIFAR_BYTES);
        bytes(root.resolve("test.bin"), TEST, 2, CIFAR_BYTES);
        names(root.resolve("fine_label_names.txt"), 100);
        names(root.resolve("coarse_label_names.txt"), 20);
    }

    private void stl10() throws IOException {
        Path root = Files.createDirectories(folder.resolve("stl-10/stl10_binary"));
        bytes(root.resolve("train_X.bin"), TRAIN, 0, STL_BYTES);
        bytes(root.resolve("test_X.bin"), TEST, 0, STL_BYTES);
        bytes(root.resolve("unlabeled_X.bin"), 1, 0, STL_BYTES);
        labels(root.resolve("train_y.bin"), TRAIN);
        labels(root.resolve("test_y.bin"), TEST);
        names(root.resolve("class_names.txt"), CLASSES);
    }

    /** Pictures one after another, each with so many labels before it. */
    private static void bytes(Path file, int pictures, int labels, int size) throws IOException {
        Random noise = new Random(file.getFileName().toString().hashCode());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < pictures; i++) {
            for (int label = 0; label < labels; label++) {
                out.write(i % CLASSES);
            }
            byte[] pixels = new byte[size];
            noise.nextBytes(pixels);
            out.writeBytes(pixels);
        }
        Files.write(file, out.toByteArray());
    }

    private static void labels(Path file, int pictures) throws IOException {
        byte[] labels = new byte[pictures];
        IntStream.range(0, pictures).forEach(i -> labels[i] = (byte) (1 + i % CLASSES));
        Files.write(file, labels);
    }

    private static void names(Path file, int classes) throws IOException {
        Files.write(file, IntStream.range(0, classes).mapToObj(i -> "class" + i).toList());
    }

    private static void picture(Path file, int side) throws IOException {
        Files.createDirectories(file.getParent());
        Random noise = new Random(file.getFileName().toString().hashCode());
        BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
        for (int pixel = 0; pixel < side * side; pixel++) {
            image.setRGB(pixel % side, pixel / side, noise.nextInt(1 << 24));
        }
        ImageIO.write(image, "jpg", file.toFile());
    }
}
