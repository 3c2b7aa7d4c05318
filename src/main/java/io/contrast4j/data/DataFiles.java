package io.contrast4j.data;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** The files that a data set is published as: in a folder, in a {@code .tar.gz}, or each in a {@code .gz} of its own. */
final class DataFiles {
    private static final int BUFFER = 1 << 16;
    private static final long LARGEST_ENTRY = 1 << 30;

    private DataFiles() {}

    /**
     * Those of the named files that are there. Of a folder they are mapped; of an archive they are unpacked to memory, in
     * one pass, wherever in it they are.
     *
     * @param place a folder or a {@code .tar.gz}
     */
    static Map<String, StoredBytes> read(Path place, Collection<String> names) {
        if (!Files.isDirectory(place)) {
            return unpack(place, names);
        }
        Map<String, StoredBytes> found = new HashMap<>();
        for (String name : names) {
            if (Files.isRegularFile(place.resolve(name))) {
                found.put(name, map(place.resolve(name)));
            }
        }
        return found;
    }

    private static Map<String, StoredBytes> unpack(Path archive, Collection<String> names) {
        Map<String, StoredBytes> found = new HashMap<>();
        try (InputStream in = new BufferedInputStream(unzipped(archive), BUFFER);
                TarArchiveInputStream tar = new TarArchiveInputStream(in)) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                String name = entry.getName().substring(entry.getName().lastIndexOf('/') + 1);
                if (entry.isFile() && names.contains(name) && !found.containsKey(name)) {
                    found.put(name, StoredBytes.of(ByteBuffer.wrap(content(tar, entry))));
                }
            }
            return found;
        } catch (IOException | UncheckedIOException e) {
            throw brokenArchive(archive, e);
        }
    }

    private static byte[] content(TarArchiveInputStream tar, TarArchiveEntry entry) throws IOException {
        if (entry.getSize() > LARGEST_ENTRY) {
            throw new IOException("its entry " + entry.getName() + " is larger than 1 GiB");
        }
        byte[] content = new byte[(int) entry.getSize()];
        if (tar.readNBytes(content, 0, content.length) < content.length) {
            throw new EOFException();
        }
        return content;
    }

    private static RuntimeException brokenArchive(Path archive, Exception e) {
        if (e instanceof EOFException || e.getCause() instanceof EOFException) {
            return Unusable.damaged(archive.toString(), "it ends too early");
        }
        if (e instanceof java.nio.file.FileSystemException failed) {
            return Unusable.unreadable(archive, failed);
        }
        return Unusable.damaged(archive.toString(), String.valueOf(e.getMessage()));
    }

    private static InputStream unzipped(Path file) throws IOException {
        InputStream in = Files.newInputStream(file);
        try {
            return new GZIPInputStream(in, BUFFER);
        } catch (ZipException e) {
            in.close();
            throw new IOException("it is not compressed with gzip", e);
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    /** A file as it is, or unpacked if its name ends in {@code .gz}. */
    static StoredBytes open(Path file) {
        if (!file.toString().endsWith(".gz")) {
            return map(file);
        }
        try (InputStream in = unzipped(file)) {
            return StoredBytes.of(ByteBuffer.wrap(in.readAllBytes()));
        } catch (IOException e) {
            throw brokenArchive(file, e);
        }
    }

    static StoredBytes map(Path file) {
        try {
            return StoredBytes.map(file);
        } catch (IOException e) {
            throw Unusable.unreadable(file, e);
        }
    }

    /** The lines of a text in UTF-8, without those that are blank. */
    static List<String> lines(StoredBytes text, String name) {
        try {
            return StandardCharsets.UTF_8
                    .decode(text.whole())
                    .toString()
                    .lines()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty())
                    .toList();
        } catch (IOException e) {
            throw Unusable.damaged(name, String.valueOf(e.getMessage()));
        }
    }
}
