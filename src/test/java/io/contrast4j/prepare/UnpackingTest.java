package io.contrast4j.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UnpackingTest {
    @TempDir
    Path folder;

    private Path into() throws IOException {
        return Files.createDirectories(folder.resolve("data"));
    }

    /** An archive of text files; a name that ends with a slash is a folder, one with an arrow a symbolic link. */
    private Path archive(String name, String... entries) throws IOException {
        Path file = folder.resolve(name);
        try (OutputStream out = Files.newOutputStream(file)) {
            if (name.endsWith(".zip")) {
                zip(out, entries);
            } else {
                tar(out, entries);
            }
        }
        return file;
    }

    private static void tar(OutputStream out, String... entries) throws IOException {
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(out))) {
            for (String entry : entries) {
                String[] link = entry.split("->");
                byte[] content = ("content of " + entry).getBytes(StandardCharsets.UTF_8);
                TarArchiveEntry header;
                if (link.length == 2) {
                    header = new TarArchiveEntry(link[0], TarConstants.LF_SYMLINK);
                    header.setLinkName(link[1]);
                    content = new byte[0];
                } else {
                    header = new TarArchiveEntry(entry, true);
                    content = entry.endsWith("/") ? new byte[0] : content;
                    header.setSize(content.length);
                }
                tar.putArchiveEntry(header);
                tar.write(content);
                tar.closeArchiveEntry();
            }
        }
    }

    private static void zip(OutputStream out, String... entries) throws IOException {
        try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(out)) {
            for (String entry : entries) {
                String[] link = entry.split("->");
                ZipArchiveEntry header = new ZipArchiveEntry(link[0]);
                if (link.length == 2) {
                    header.setUnixMode(0120777);
                }
                zip.putArchiveEntry(header);
                zip.write((link.length == 2 ? link[1] : entry.endsWith("/") ? "" : "content of " + entry)
                        .getBytes(StandardCharsets.UTF_8));
                zip.closeArchiveEntry();
            }
        }
    }

    private List<String> files() throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"set.tar.gz", "set.tgz", "set.zip"})
    void everyFileComesToItsPlace(String name) throws IOException {
        Path archive = archive(name, "set/", "set/a.txt", "set/deep/b.txt", "./set/c.txt");
        AtomicLong read = new AtomicLong();
        assertThat(Unpacking.unpack(archive, into(), read::addAndGet)).containsExactly(into().resolve("set"));
        assertThat(files()).containsExactly("data/set/a.txt", "data/set/c.txt", "data/set/deep/b.txt", name);
        assertThat(into().resolve("set/deep/b.txt")).hasContent("content of set/deep/b.txt");
        assertThat(read.get()).isBetween(Files.size(archive) / 10, Files.size(archive));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../evil.txt",
                "set/../../evil.txt",
                "set/../../data-other/evil.txt",
                "ABSOLUTE/evil.txt",
                "..\\evil.txt",
                "set/link->/etc",
                "set/link->a.txt"
            })
    void nothingLeadsOutOfTheFolder(String evil) throws IOException {
        for (String name : List.of("set.tar.gz", "set.zip")) {
            Path archive = archive(name, "set/a.txt", evil.replace("ABSOLUTE", folder.toString()));
            assertThatThrownBy(() -> Unpacking.unpack(archive, into(), bytes -> {}))
                    .as(name)
                    .isInstanceOfSatisfying(
                            UserError.class,
                            error -> assertThat(error.exitCode()).isEqualTo(UserError.FAILED))
                    .hasMessageContaining("not safe");
            Files.delete(archive);
            assertThat(files()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"set.tar.gz", "set.zip"})
    void aDamagedArchiveLeavesNothing(String name) throws IOException {
        Path archive = archive(name, "set/a.txt", "set/b.txt");
        byte[] content = Files.readAllBytes(archive);
        Files.write(archive, Arrays.copyOf(content, content.length * 2 / 3));
        assertThatThrownBy(() -> Unpacking.unpack(archive, into(), bytes -> {}))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("fetch the archive again");
        assertThat(files()).containsExactly(name);
    }

    @Test
    void whatIsThereIsNotTouched() throws IOException {
        Path archive = archive("set.tgz", "set/a.txt");
        Files.writeString(Files.createDirectories(into().resolve("set")).resolve("mine.txt"), "mine");
        assertThatThrownBy(() -> Unpacking.unpack(archive, into(), bytes -> {}))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("in the way");
        assertThat(files()).containsExactly("data/set/mine.txt", "set.tgz");
    }
}
