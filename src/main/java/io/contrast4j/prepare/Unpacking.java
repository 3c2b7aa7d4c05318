package io.contrast4j.prepare;

import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Enumeration;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/**
 * Unpacks {@code .zip}, {@code .tar.gz} and {@code .tgz} files.
 *
 * <p>What is unpacked is in a folder of its own until all of it is there, and is moved to its place then: a folder that
 * is there is complete. Nothing is ever written outside of it: an archive with a path that leads out, or with a link or
 * a device, is refused.
 */
public final class Unpacking {
    private static final int BUFFER = 1 << 16;

    private final Path archive;
    private final Path into;
    private final LongConsumer readBytes;

    private Unpacking(Path archive, Path into, LongConsumer readBytes) {
        this.archive = archive;
        this.into = into;
        this.readBytes = readBytes;
    }

    /**
     * Unpacks an archive.
     *
     * @param folder what is in the archive's root comes to be in here; nothing of it may be there yet
     * @param readBytes is told how many bytes more of the archive have been read
     * @return what was in the archive's root
     * @throws UserError if it is damaged or has unsafe paths, if something is in the way, or if there is no room
     */
    public static List<Path> unpack(Path archive, Path folder, LongConsumer readBytes) {
        Path temporary = folder.toAbsolutePath().normalize().resolve("." + archive.getFileName() + ".unpacking");
        try {
            Folders.delete(temporary);
            Files.createDirectories(temporary);
            new Unpacking(archive, temporary, readBytes).unpack();
            return settle(temporary, folder);
        } catch (IOException e) {
            throw new UserError(
                    UserError.FAILED,
                    "Cannot unpack " + archive + " into " + folder + " (" + Reasons.of(e)
                            + "); make room, or fetch the archive again if it is damaged.",
                    e);
        } finally {
            Folders.deleteQuietly(temporary);
        }
    }

    private void unpack() throws IOException {
        String name = archive.getFileName().toString();
        if (name.endsWith(".zip")) {
            zip();
        } else if (name.endsWith(".tar.gz") || name.endsWith(".tgz")) {
            tar();
        } else {
            throw new IllegalArgumentException(name + " is no kind of archive that is known");
        }
    }

    private void tar() throws IOException {
        try (InputStream file = new Counting(Files.newInputStream(archive), readBytes);
                TarArchiveInputStream tar =
                        new TarArchiveInputStream(new BufferedInputStream(new GZIPInputStream(file, BUFFER), BUFFER))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                boolean plain = entry.isDirectory() || (entry.isFile() && !entry.isLink() && !entry.isSymbolicLink());
                write(entry.getName(), plain, entry.isDirectory(), tar);
            }
        }
    }

    private void zip() throws IOException {
        try (ZipFile zip = ZipFile.builder().setPath(archive).get()) {
            Enumeration<ZipArchiveEntry> entries = zip.getEntries();
            while (entries.hasMoreElements()) {
                ZipArchiveEntry entry = entries.nextElement();
                try (InputStream content = zip.getInputStream(entry)) {
                    write(entry.getName(), !entry.isUnixSymlink(), entry.isDirectory(), content);
                }
                readBytes.accept(Math.max(0, entry.getCompressedSize()));
            }
        }
    }

    private void write(String name, boolean plain, boolean directory, InputStream content) throws IOException {
        if (!plain) {
            throw unsafe(name, "which is neither a file nor a folder");
        }
        Path target = inside(name);
        if (directory) {
            Files.createDirectories(target);
        } else {
            Files.createDirectories(target.getParent());
            Files.copy(content, target);
        }
    }

    /** Where an entry goes, which is in the folder. */
    private Path inside(String name) {
        Path target;
        try {
            target = into.resolve(name).normalize();
        } catch (InvalidPathException e) {
            throw unsafe(name, "which is no path");
        }
        // A backslash separates folders for some programs and systems.
        boolean leadsOut = !target.startsWith(into)
                || name.startsWith("/")
                || name.contains("\\")
                || List.of(name.split("/")).contains("..");
        if (leadsOut) {
            throw unsafe(name, "a path that leads out of it");
        }
        return target;
    }

    private UserError unsafe(String name, String why) {
        return new UserError(
                UserError.FAILED,
                "The archive " + archive + " holds " + name + ", " + why
                        + "; it is not safe to unpack and was left alone.");
    }

    private static List<Path> settle(Path temporary, Path folder) throws IOException {
        List<Path> names;
        try (Stream<Path> listed = Files.list(temporary)) {
            names = listed.map(Path::getFileName).sorted().toList();
        }
        for (Path name : names) {
            Path target = folder.resolve(name);
            if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
                throw new UserError(
                        UserError.FAILED, target + " is in the way of what is to be unpacked; move it away.");
            }
        }
        for (Path name : names) {
            Files.move(temporary.resolve(name), folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        }
        return names.stream().map(folder::resolve).toList();
    }

    /** Tells how much of the archive has been read. */
    private static final class Counting extends FilterInputStream {
        private final LongConsumer readBytes;

        Counting(InputStream in, LongConsumer readBytes) {
            super(in);
            this.readBytes = readBytes;
        }

        @Override
        public int read() throws IOException {
            int value = in.read();
            if (value >= 0) {
                readBytes.accept(1);
            }
            return value;
        }

        @Override
        public int read(byte[] bytes, int start, int length) throws IOException {
            int read = in.read(bytes, start, length);
            if (read > 0) {
                readBytes.accept(read);
            }
            return read;
        }
    }
}
