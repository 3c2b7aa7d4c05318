package io.contrast4j.data;

import io.contrast4j.image.Decoder;
import io.contrast4j.spec.UserError;
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
}
