package io.contrast4j.data;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.ReadsFiles;
import io.contrast4j.spec.TypeName;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.regex.PatternSyntaxException;

/**
 * A folder with one sub-folder per class, as torchvision reads it: classes are the sub-folders in the order of their
 * names; the samples of a class are its picture files, also those in folders further down, in the order of folder and
 * name. Links are followed.
 *
 * <p>With a list of classes it is a subset, as the published code of ImageNet-100 reads it: a label is the place of its
 * class in the list; folders that are not in the list are left out, and a class without a folder or without pictures
 * keeps its label; pictures are the files {@code *.JPEG} directly in a class folder, in the order of their names, unless
 * another pattern is given.
 */
public final class ImageFolder implements Dataset {
    /** How ImageNet spells the names of its pictures. */
    private static final String IMAGENET_FILES = "*.JPEG";

    private final Path folder;
    private final PictureFiles pictures;

    private ImageFolder(Path folder, PictureFiles pictures) {
        this.folder = folder;
        this.pictures = pictures;
    }

    /**
     * What of a folder is read, and how.
     *
     * @param classList file with the names of the classes, or {@link ClassNames#IMAGENET_100}; without it every sub-folder
     *     is a class
     * @param files glob, relative to a class folder, that the picture files must match; {@code **} is all of them. Without
     *     it all are taken, or {@code *.JPEG} if there is a class list
     * @param loadSide shorter side in pixels that every picture is scaled to when it is read; without it pictures stay as
     *     they are
     */
    public record Choice(Optional<String> classList, Optional<String> files, Optional<Integer> loadSide) {
        /** All pictures of all sub-folders, as they are. */
        public static final Choice ALL = new Choice(Optional.empty(), Optional.empty(), Optional.empty());
    }

    /**
     * @param path the folder that holds both parts
     * @param train name of the sub-folder to learn from
     * @param test name of the sub-folder to test on
     * @param classList see {@link Choice}
     * @param files see {@link Choice}
     * @param loadSide see {@link Choice}
     */
    @TypeName("image-folder")
    public record Config(
            Path path,
            String train,
            String test,
            Optional<String> classList,
            Optional<String> files,
            Optional<Integer> loadSide)
            implements Dataset.Config, ReadsFiles {
        public Config {
            new Problems()
                    .between("loadSide", loadSide.orElse(1), 1, 8192)
                    .require(
                            isGlob(files.orElse("*")),
                            "files",
                            files.orElse(""),
                            "a glob such as *.JPEG or **.{jpg,png}")
                    .require(train.indexOf('\0') < 0, "train", train, "the name of a folder")
                    .require(test.indexOf('\0') < 0, "test", test, "the name of a folder")
                    .raise();
        }

        /** Whether this is a glob, as {@code files} takes it. */
        public static boolean isGlob(String text) {
            try {
                FileSystems.getDefault().getPathMatcher("glob:" + text);
                return true;
            } catch (PatternSyntaxException e) {
                return false;
            }
        }

        @Override
        public Problems missing() {
            Problems problems = new Problems();
            classList.ifPresent(list -> problems.require(
                    ClassNames.isThere(list), "classList", list, "a file that is there or " + ClassNames.IMAGENET_100));
            if (!Files.isDirectory(path)) {
                return problems.require(false, "path", path, "a folder that is there");
            }
            return problems.require(Files.isDirectory(path.resolve(train)), "train", train, "a folder in " + path)
                    .require(Files.isDirectory(path.resolve(test)), "test", test, "a folder in " + path);
        }

        private Choice choice() {
            return new Choice(classList, files, loadSide);
        }

        @Override
        public Dataset openTrain() {
            return open(path.resolve(train), choice());
        }

        @Override
        public Dataset openTest() {
            ImageFolder samples = open(path.resolve(test), choice());
            List<String> trained =
                    classList.isPresent() ? samples.classes() : FolderListing.classes(path.resolve(train));
            if (!samples.classes().equals(trained)) {
                throw new UserError(
                        UserError.USAGE,
                        "The class folders in " + path.resolve(test) + " differ from those in "
                                + path.resolve(train) + " (" + difference(samples.classes(), trained)
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
     * Lists a folder.
     *
     * @throws UserError if there is no such folder, or a class without pictures
     */
    public static ImageFolder open(Path folder) {
        return open(folder, Choice.ALL);
    }

    /**
     * Lists what was chosen of a folder.
     *
     * @throws UserError if there is no such folder, no such list, a class without pictures though there is no list, or no
     *     picture at all
     */
    public static ImageFolder open(Path folder, Choice choice) {
        List<String> found = FolderListing.classes(folder);
        List<String> classes =
                choice.classList.map(list -> ClassNames.read(list).names()).orElse(found);
        List<Path> files = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        for (int label = 0; label < classes.size(); label++) {
            List<Path> some = pictures(folder.resolve(classes.get(label)), choice);
            files.addAll(some);
            labels.addAll(Collections.nCopies(some.size(), label));
        }
        if (files.isEmpty()) {
            throw Unusable.because(
                    "None of the " + classes.size() + " classes in the list "
                            + choice.classList.orElse("") + " has a picture " + choice.files.orElse(IMAGENET_FILES)
                            + " in "
                            + folder
                            + "; check the path, or say with data.files how the pictures are called, as in data.files = \"*.jpg\".");
        }
        return new ImageFolder(folder, new PictureFiles(classes, files, labels, choice.loadSide));
    }

    private static List<Path> pictures(Path folder, Choice choice) {
        if (choice.classList.isPresent()) {
            return FolderListing.picturesIfAny(folder, choice.files.orElse(IMAGENET_FILES));
        }
        return choice.files.isPresent()
                ? FolderListing.pictures(folder, choice.files.get())
                : FolderListing.pictures(folder);
    }

    @Override
    public int size() {
        return pictures.size();
    }

    @Override
    public List<String> classes() {
        return pictures.classes();
    }

    @Override
    public int label(int index) {
        return pictures.label(index);
    }

    @Override
    public Sample read(int index) throws IOException {
        return pictures.read(index);
    }

    @Override
    public String describe(int index) {
        return pictures.describe(index);
    }

    /** The file of a sample. */
    public Path file(int index) {
        return pictures.file(index);
    }

    /** The folder that holds the class folders. */
    public Path folder() {
        return folder;
    }
}
