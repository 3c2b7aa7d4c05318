package io.contrast4j.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;

/**
 * The native libraries. They are inside the artifacts, from which JavaCPP unpacks them to a cache when they are first needed; or,
 * in an image, in a folder already.
 */
final class Natives {
    private Natives() {}

    /** The folder that they are in without being unpacked; the launcher names it. */
    static Optional<Path> folder() {
        return Optional.ofNullable(System.getProperty("contrast4j.natives")).map(Path::of);
    }

    /** Says on stderr that they will be unpacked, if they have to be: it can take half a minute without a sign of life. */
    static void announce() {
        if (!unpacked()) {
            System.err.println("unpacking LibTorch, once ...");
        }
    }

    /** Whether that has been done. */
    static boolean unpacked() {
        if (folder().isPresent()) {
            return true;
        }
        try {
            File cache = Loader.getCacheDir();
            String jars = "pytorch-" + Versions.all().get("pytorch") + "-*";
            try (DirectoryStream<Path> found = Files.newDirectoryStream(cache.toPath(), jars)) {
                return found.iterator().hasNext();
            }
        } catch (IOException unknown) {
            // JavaCPP will say what is wrong with its cache.
            return true;
        }
    }
}
