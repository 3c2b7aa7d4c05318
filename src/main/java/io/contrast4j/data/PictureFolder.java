package io.contrast4j.data;

import io.contrast4j.image.Decoder;
import io.contrast4j.spec.UserError;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;

/** A folder of pictures without classes. */
public final class PictureFolder {
    private PictureFolder() {}

    /**
     * The picture files in a folder and below, folder by folder, both in the order of their names.
     *
     * @throws UserError if there is no such folder, or no picture in it
     */
    public static List<Path> files(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw Unusable.because(
                    Files.exists(folder)
                            ? folder + " is not a folder; name the one that the pictures are in."
                            : "There is no folder " + folder + "; check the path.");
        }
        List<Path> files = FolderListing.picturesIfAny(folder, "**");
        if (files.isEmpty()) {
            throw Unusable.because("The folder " + folder + " has no pictures ("
                    + String.join(", ", new TreeSet<>(Decoder.ENDINGS)) + "); check the path.");
        }
        return files;
    }

    /** What a file is called in its folder, with slashes on every system. */
    public static String name(Path folder, Path file) {
        String name = folder.relativize(file).toString();
        return File.separatorChar == '/' ? name : name.replace(File.separatorChar, '/');
    }
}
