package io.contrast4j.data;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Archives for tests. */
final class Archives {
    private Archives() {}

    /** Packs a folder under its own name, in the reverse order of names, as published archives have no order either. */
    static Path tarGz(Path folder, Path archive) {
        try (Stream<Path> files = Files.list(folder);
                OutputStream out = Files.newOutputStream(archive);
                TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(out))) {
            List<Path> sorted = files.sorted(Comparator.reverseOrder()).toList();
            tar.putArchiveEntry(new TarArchiveEntry(folder.getFileName() + "/"));
            tar.closeArchiveEntry();
            for (Path file : sorted) {
                tar.putArchiveEntry(new TarArchiveEntry(file, folder.getFileName() + "/" + file.getFileName()));
                Files.copy(file, tar);
                tar.closeArchiveEntry();
            }
            return archive;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path gz(Path file) throws IOException {
        Path target = file.resolveSibling(file.getFileName() + ".gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(target))) {
            Files.copy(file, out);
        }
        Files.delete(file);
        return target;
    }

    static void cut(Path file, long size) throws IOException {
        Files.write(file, Arrays.copyOf(Files.readAllBytes(file), (int) size));
    }
}
