package io.contrast4j.data;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.ReadsFiles;
import io.contrast4j.spec.TypeName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToIntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tiny ImageNet: 64×64 pictures of 200 classes, 500 of each to train on and 50 of each to test on (Stanford's CS231n).
 *
 * <p>{@code wnids.txt} names the classes, whose labels are their places in sorted order. Pictures are the files {@code
 * *.JPEG} anywhere below {@code train} and {@code val}, in the order of their paths as texts. In {@code train} they are
 * called {@code CLASS_N.JPEG} with N from 0 to 499, and so are labelled; those in {@code val} are labelled by
 * {@code val_annotations.txt}, whose lines are file name, class and a box, divided by tabs.
 */
public final class TinyImageNet {
    private static final String FOLDER = "tiny-imagenet-200";
    private static final String NAMES = "wnids.txt";
    private static final String ENDING = ".JPEG";
    private static final Pattern TRAINING_PICTURE = Pattern.compile("(.+)_(\\d{1,3})\\.JPEG");
    private static final int PICTURES_OF_A_CLASS = 500;

    private TinyImageNet() {}

    /** @param path the folder {@code tiny-imagenet-200} or the one above it */
    @TypeName("tiny-imagenet")
    public record Config(Path path) implements Dataset.Config, ReadsFiles {
        @Override
        public Problems missing() {
            Path folder = folder(path);
            return new Problems()
                    .require(
                            Files.isRegularFile(folder.resolve(NAMES))
                                    && Files.isDirectory(folder.resolve("train"))
                                    && Files.isDirectory(folder.resolve("val")),
                            "path",
                            path,
                            "the folder " + FOLDER + " with " + NAMES + ", train and val, or the one above it");
        }

        @Override
        public Dataset openTrain() {
            return openTrainingPart(path);
        }

        @Override
        public Dataset openTest() {
            return openValidationPart(path);
        }
    }

    private static Path folder(Path path) {
        Path below = path.resolve(FOLDER);
        return Files.isDirectory(below) ? below : path;
    }

    private static Dataset openTrainingPart(Path path) {
        Path folder = folder(path);
        List<String> classes = classes(folder);
        Map<String, Integer> ranks = ranks(classes);
        return open(folder.resolve("train"), classes, file -> {
            Matcher name = TRAINING_PICTURE.matcher(file.getFileName().toString());
            Integer label = name.matches() ? ranks.get(name.group(1)) : null;
            if (label == null || Integer.parseInt(name.group(2)) >= PICTURES_OF_A_CLASS) {
                throw Unusable.because(file + " is not called CLASS_N" + ENDING + " with a class of " + NAMES
                        + " and N from 0 to " + (PICTURES_OF_A_CLASS - 1) + "; remove it or name it so.");
            }
            return label;
        });
    }

    private static Dataset openValidationPart(Path path) {
        Path folder = folder(path);
        List<String> classes = classes(folder);
        Path annotations = folder.resolve("val").resolve("val_annotations.txt");
        Map<String, Integer> labels = annotated(annotations, ranks(classes));
        return open(folder.resolve("val"), classes, file -> {
            Integer label = labels.get(file.getFileName().toString());
            if (label == null) {
                throw Unusable.because(annotations + " does not name " + file.getFileName() + ", which is in "
                        + file.getParent() + "; remove the picture or fetch the data set again.");
            }
            return label;
        });
    }

    private static Dataset open(Path part, List<String> classes, ToIntFunction<Path> labelling) {
        List<Path> files = FolderListing.byPath(part, ENDING);
        if (files.isEmpty()) {
            throw Unusable.because("There are no pictures *" + ENDING + " in " + part + "; check the path.");
        }
        List<Integer> labels = new ArrayList<>();
        files.forEach(file -> labels.add(labelling.applyAsInt(file)));
        return new PictureFiles(classes, files, labels, Optional.empty());
    }

    private static List<String> classes(Path folder) {
        Path file = folder.resolve(NAMES);
        List<String> names = DataFiles.lines(DataFiles.map(file), file.toString());
        List<String> classes =
                names.stream().distinct().sorted(FolderListing.BY_CODE_POINT).toList();
        if (classes.isEmpty() || classes.size() < names.size()) {
            throw Unusable.damaged(file.toString(), "its lines are not the names of different classes");
        }
        return classes;
    }

    private static Map<String, Integer> ranks(List<String> classes) {
        Map<String, Integer> ranks = new HashMap<>();
        classes.forEach(name -> ranks.put(name, ranks.size()));
        return ranks;
    }

    private static Map<String, Integer> annotated(Path file, Map<String, Integer> ranks) {
        Map<String, Integer> labels = new HashMap<>();
        for (String line : DataFiles.lines(DataFiles.map(file), file.toString())) {
            String[] fields = line.split("\t");
            @Nullable Integer label = fields.length > 1 ? ranks.get(fields[1]) : null;
            if (label == null) {
                throw Unusable.damaged(
                        file.toString(), "its line \"" + line + "\" is not a file name and a class of " + NAMES);
            }
            labels.put(fields[0], label);
        }
        return labels;
    }
}
