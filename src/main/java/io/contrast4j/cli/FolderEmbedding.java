package io.contrast4j.cli;

import io.contrast4j.data.PictureFolder;
import io.contrast4j.embed.Embedder;
import io.contrast4j.embed.Picture;
import io.contrast4j.embed.UnreadablePicture;
import io.contrast4j.metrics.TaskProgress;
import io.contrast4j.spec.UserError;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiConsumer;

/** The pictures of a folder on their way through an embedder, with progress. */
final class FolderEmbedding {
    private final Path folder;
    private final List<Path> files;

    /** What is done about a picture that cannot be read. */
    enum Unreadable {
        FAIL,
        SKIP
    }

    /** @throws UserError if there is no such folder, or no picture in it */
    FolderEmbedding(Path folder) {
        this.folder = folder;
        this.files = PictureFolder.files(folder);
    }

    /** The files, folder by folder, in the order of their names. */
    List<Path> files() {
        return files;
    }

    /** What a file is called in the folder, with slashes on every system. */
    String name(int index) {
        return PictureFolder.name(folder, files.get(index));
    }

    /**
     * Embeds all of them.
     *
     * @param vectors takes the position of a file and its vector, in their order
     * @return how many could not be read; each is named on stderr
     */
    int embed(Embedder embedder, Unreadable policy, BiConsumer<Integer, float[]> vectors) {
        int[] left = {0};
        try (TaskProgress progress = new TaskProgress("embedding", TaskProgress.Unit.PICTURES, 0, files.size())) {
            embedder.embedEach(files.stream().map(Picture::of).toList(), new Embedder.Receiver() {
                @Override
                public void vector(int index, float[] vector) {
                    vectors.accept(index, vector);
                    progress.add(1);
                }

                @Override
                public void unreadable(UnreadablePicture picture) {
                    if (policy == Unreadable.FAIL) {
                        throw new UserError(
                                UserError.FAILED,
                                String.valueOf(picture.getMessage())
                                        .replaceFirst("; [^;]*$", "; repair or remove it, or use --skip-unreadable."),
                                picture);
                    }
                    progress.clear();
                    System.err.println("contrast4j: " + picture.getMessage());
                    left[0]++;
                    progress.add(1);
                }
            });
        }
        if (left[0] == files.size()) {
            throw new UserError(
                    UserError.FAILED, "None of the pictures in " + folder + " can be read; check the path.");
        }
        return left[0];
    }
}
