package io.contrast4j.data;

import io.contrast4j.image.Decoder;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.ReadsFiles;
import io.contrast4j.spec.TypeName;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A folder with one sub-folder per class, as torchvision reads it: classes are the sub-folders in the order of their
 * names; the samples of a class are its picture files, also those in folders further down, in the order of folder and
 * name. Links are followed.
 */
public final class ImageFolder implements Dataset {
    private final List<String> classes;
    private final List<Path> files;
    private final int[] firstOfClass;

    private ImageFolder(List<String> classes, List<Path> files, int[] firstOfClass) {
        this.classes = classes;
        this.files = files;
        this.firstOfClass = firstOfClass;
    }

    /**
     * @param path the folder that holds both parts
     * @param train name of the sub-folder to learn from
     * @param test name of the sub-folder to test on
     */
    @TypeName("image-folder")
    public record Config(Path path, String train, String test) implements Dataset.Config, ReadsFiles {
        @Override
        public Problems missing() {
            if (!Files.isDirectory(path)) {
                return new Problems().require(false, "path", path, "a folder that is there");
            }
            return new Problems()
                    .require(Files.isDirectory(path.resolve(train)), "train", train, "a folder in " + path)
                    .require(Files.isDirectory(path.resolve(test)), "test", test, "a folder in " + path);
        }

        @Override
        public Dataset openTrain() {
            return open(path.resolve(train));
        }

        @Override
        public Dataset openTest() {
            ImageFolder samples = open(path.resolve(test));
            List<String> trained = FolderListing.classes(path.resolve(train));
            if (!samples.classes.equals(trained)) {
                throw new UserError(
                        UserError.USAGE,
                        "The class folders in " + path.resolve(test) + " differ from those in "
                                + path.resolve(train) + " (" + difference(samples.classes, trained)
                                + "); give both the same.");
            }
            return samples;
        }

        private static String difference(List<String> tested, List<String> trained) {
            List<String> only = new ArrayList<>(tested);
            only.removeAll(trained);
            if (!only.isEmpty()) {
                return only.get(0) + " is only in the first";
            }
            List<String> missing = new ArrayList<>(trained);
            missing.removeAll(tested);
            return missing.get(0) + " is only in the second";
        }
    }

    /**
     * Lists the folder.
     *
     * @throws UserError if there is no such folder, or a class without pictures
     */
    public static ImageFolder open(Path folder) {
        List<String> classes = FolderListing.classes(folder);
        List<Path> files = new ArrayList<>();
        int[] firstOfClass = new int[classes.size()];
        for (int label = 0; label < classes.size(); label++) {
            firstOfClass[label] = files.size();
            files.addAll(FolderListing.pictures(folder.resolve(classes.get(label))));
        }
        return new ImageFolder(classes, List.copyOf(files), firstOfClass);
    }

    @Override
    public int size() {
        return files.size();
    }

    @Override
    public List<String> classes() {
        return classes;
    }

    @Override
    public int label(int index) {
        int found = Arrays.binarySearch(firstOfClass, Objects.checkIndex(index, size()));
        return found >= 0 ? found : -found - 2;
    }

    @Override
    public Sample read(int index) throws IOException {
        return new Sample(Decoder.read(files.get(index)), label(index), index);
    }

    @Override
    public String describe(int index) {
        return files.get(index).toString();
    }
}
