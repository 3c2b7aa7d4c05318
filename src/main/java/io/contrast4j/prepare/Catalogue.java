package io.contrast4j.prepare;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The data sets that can be downloaded. Those that come with contrast4j stand in the resource {@code archives.json},
 * with the checksums their makers published (or torchvision, where the makers have none).
 */
public final class Catalogue {
    private static final String BUILT_IN = "archives.json";
    private static final String CHECKPOINTS = "checkpoints.json";

    private final List<Archive> archives;
    private final List<Written.Elsewhere> elsewhere;

    private Catalogue(Written written) {
        Written.required(written, "all of it");
        Written.required(written.archives, "archives");
        written.archives.forEach(entry -> Written.required(entry, "a data set"));
        this.archives = written.archives.stream().map(Written.Entry::archive).toList();
        this.elsewhere = Objects.requireNonNullElse(written.elsewhere, List.of());
        for (Written.Elsewhere other : elsewhere) {
            Written.required(other, "an entry of elsewhere");
            Written.required(other.name, "the name of an entry of elsewhere");
            Written.required(other.how, "how of " + other.name);
        }
    }

    /** The public data sets. */
    public static Catalogue builtIn() {
        return resource(BUILT_IN);
    }

    /** Published checkpoints, in the same form. */
    public static Catalogue checkpoints() {
        return resource(CHECKPOINTS);
    }

    private static Catalogue resource(String name) {
        try (InputStream in = Objects.requireNonNull(Catalogue.class.getResourceAsStream(name), name);
                Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
            return new Catalogue(new Gson().fromJson(reader, Written.class));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Data sets of one's own.
     *
     * @param file JSON in the form of the resource
     * @throws UserError if there is no such file, or if it is not in that form
     */
    public static Catalogue read(Path file) {
        try (Reader reader = Files.newBufferedReader(file)) {
            return new Catalogue(new Gson().fromJson(reader, Written.class));
        } catch (IOException e) {
            throw new UserError(
                    UserError.USAGE,
                    "Cannot read the catalogue " + file + " (" + Reasons.of(e) + "); check its path.",
                    e);
        } catch (JsonParseException | IllegalArgumentException e) {
            throw new UserError(
                    UserError.USAGE,
                    "The catalogue " + file + " is not in the form of archives.json (" + e.getMessage()
                            + "); docs/data-tools.md shows it.",
                    e);
        }
    }

    /** Every data set that can be downloaded, in the order to show. */
    public List<Archive> archives() {
        return archives;
    }

    /**
     * The data set of a name.
     *
     * @throws UserError if there is none, or if it cannot be downloaded without a registration
     */
    public Archive named(String name) {
        for (Written.Elsewhere other : elsewhere) {
            if (name.equals(other.name)) {
                throw new UserError(UserError.FAILED, other.how);
            }
        }
        return archives.stream()
                .filter(archive -> archive.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new UserError(
                        UserError.USAGE,
                        "Nothing that can be fetched is called " + name + "; choose one of "
                                + archives.stream().map(Archive::name).collect(Collectors.joining(", ")) + "."));
    }

    /** The JSON. Reading it leaves null where something is missing, whatever is declared here. */
    private record Written(List<Entry> archives, @Nullable List<Elsewhere> elsewhere) {
        private static void required(@Nullable Object value, String name) {
            if (value == null) {
                throw new IllegalArgumentException(name + " is missing");
            }
        }

        /** Its makers' page is for readers of the file. */
        record Entry(
                String name,
                @Nullable String about,
                @Nullable String page,
                List<String> from,
                @Nullable String folder,
                List<File> files) {
            private static URI address(@Nullable String text) {
                required(text, "an address");
                URI address = URI.create(text);
                if (!Archive.isAddress(address)) {
                    throw new IllegalArgumentException(text + " is no address such as https://host/folder/");
                }
                return address;
            }

            Archive archive() {
                required(name, "the name of a data set");
                required(from, "from of " + name);
                required(files, "files of " + name);
                return new Archive(
                        name,
                        Objects.requireNonNullElse(about, ""),
                        from.stream().map(Entry::address).toList(),
                        Optional.ofNullable(folder).map(Written::folderName),
                        files.stream().map(File::item).toList());
            }
        }

        private static final List<String> UNPACKED = List.of(".zip", ".tar.gz", ".tgz");

        record File(
                String name,
                long bytes,
                @Nullable String md5,
                @Nullable String sha256,
                @Nullable String unpacks) {
            Archive.Item item() {
                required(name, "the name of a file");
                if (sha256 == null) {
                    required(md5, "md5 of " + name);
                }
                if (unpacks != null && UNPACKED.stream().noneMatch(name::endsWith)) {
                    throw new IllegalArgumentException(name + " is no kind of archive that is known: " + UNPACKED);
                }
                return new Archive.Item(
                        folderName(name),
                        bytes,
                        sha256 == null
                                ? new Checksum("MD5", Objects.requireNonNull(md5))
                                : new Checksum("SHA-256", sha256),
                        Optional.ofNullable(unpacks).map(Written::folderName));
            }
        }

        record Elsewhere(String name, String how) {}

        private static String folderName(String name) {
            if (name.isBlank() || name.contains("/") || name.contains("\\") || name.equals(".") || name.equals("..")) {
                throw new IllegalArgumentException('"' + name + "\" is not a name");
            }
            return name;
        }
    }
}
