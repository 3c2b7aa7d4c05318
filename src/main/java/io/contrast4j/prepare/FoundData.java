package io.contrast4j.prepare;

import io.contrast4j.data.Cifar10;
import io.contrast4j.data.Cifar100;
import io.contrast4j.data.Dataset;
import io.contrast4j.data.Idx;
import io.contrast4j.data.ImageFolder;
import io.contrast4j.data.Manifest;
import io.contrast4j.data.Packed;
import io.contrast4j.data.Stl10;
import io.contrast4j.data.TinyImageNet;
import io.contrast4j.data.UnsplitFolder;
import io.contrast4j.spec.ReadsFiles;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What lies at a place, as a data set that can be trained on: the known public ones, packs, tables, class folders divided into
 * train and val, and any folder of pictures.
 *
 * @param about what it is, for people
 * @param train the pictures to learn from; of an undivided folder all of them
 * @param test the pictures to test on; empty if nothing says which
 * @param settings of the section {@code data} of a configuration, as texts and lists of texts; empty for an undivided folder
 */
public record FoundData(String about, Dataset train, Optional<Dataset> test, Map<String, Object> settings) {
    private static final String TRAIN = "train";
    private static final String PATH = "path";
    private static final List<String> TRAIN_NAMES = List.of(TRAIN, "training");
    private static final List<String> TEST_NAMES = List.of("val", "valid", "validation", "test", "testing");
    private static final String PACK = ".pack";
    private static final List<String> TABLES = List.of(".csv", ".tsv");
    private static final List<String> DIGITS =
            IntStream.range(0, 10).mapToObj(Integer::toString).toList();

    public FoundData {
        settings = Map.copyOf(settings);
    }

    /** The folder that nobody has divided, if this is one. */
    public Optional<UnsplitFolder> unsplit() {
        return train instanceof UnsplitFolder folder ? Optional.of(folder) : Optional.empty();
    }

    /** Classes that tell pictures from each other: one is none. */
    public int classes() {
        return train.classes().size() > 1 ? train.classes().size() : 0;
    }

    /**
     * Looks at a place.
     *
     * @throws UserError if there is nothing that can be trained on
     */
    public static FoundData at(Path place) {
        return Files.isRegularFile(place) ? ofFile(place) : ofFolder(place);
    }

    private static FoundData ofFile(Path file) {
        String name = Objects.requireNonNullElse(file.getFileName(), file).toString();
        if (name.endsWith(PACK)) {
            return packs(file, sibling(file, PACK));
        }
        for (String ending : TABLES) {
            if (name.endsWith(ending)) {
                return tables(file, sibling(file, ending));
            }
        }
        if (name.startsWith("cifar-100-")) {
            return published("CIFAR-100", "cifar-100", new Cifar100.Config(file, Cifar100.Labels.FINE), file);
        }
        if (name.startsWith("cifar-10-")) {
            return published("CIFAR-10", "cifar-10", new Cifar10.Config(file), file);
        }
        throw new UserError(
                UserError.USAGE,
                file
                        + " is a file; name the folder that the pictures are in, a .pack, a .csv or .tsv table, or an archive"
                        + " of CIFAR.");
    }

    /** The pictures to test on, beside those to learn from. */
    private static Path sibling(Path file, String ending) {
        return TEST_NAMES.stream()
                .map(name -> file.resolveSibling(name + ending))
                .filter(other -> Files.isRegularFile(other) && !other.equals(file))
                .findFirst()
                .orElseThrow(() -> new UserError(
                        UserError.USAGE,
                        "Beside " + file + " there is no test" + ending + " or val" + ending
                                + " with pictures to test on; put one there."));
    }

    private static FoundData packs(Path train, Path test) {
        return ready(
                "a pack",
                new Packed.Config(train, test, Optional.empty()),
                Map.of("type", "packed", TRAIN, absolute(train), "test", absolute(test)));
    }

    private static FoundData tables(Path train, Path test) {
        return ready(
                "a table of pictures",
                new Manifest.Config(train, test, PATH, "label", Optional.empty()),
                Map.of("type", "manifest", TRAIN, absolute(train), "test", absolute(test)));
    }

    private static FoundData published(String about, String type, Dataset.Config config, Path place) {
        return ready(about, config, Map.of("type", type, PATH, absolute(place)));
    }

    private static FoundData ready(String about, Dataset.Config config, Map<String, Object> settings) {
        return new FoundData(about, config.openTrain(), Optional.of(config.openTest()), settings);
    }

    private static String absolute(Path path) {
        return path.toAbsolutePath().normalize().toString();
    }

    private static FoundData ofFolder(Path folder) {
        for (Known known : known(folder)) {
            if (isThere(known.config)) {
                return published(known.about, known.type, known.config, folder);
            }
        }
        if (isThere(new Stl10.Config(folder, Stl10.Part.TRAIN))) {
            // The published runs learn from all; a copy may have no pictures without labels.
            Stl10.Part all = Stl10.Part.TRAIN_UNLABELED;
            boolean isWhole = isThere(new Stl10.Config(folder, all));
            return ready(
                    "STL-10",
                    new Stl10.Config(folder, isWhole ? all : Stl10.Part.TRAIN),
                    Map.of("type", "stl-10", PATH, absolute(folder), "part", isWhole ? "train-unlabeled" : TRAIN));
        }
        for (String ending : List.of(PACK, TABLES.get(0), TABLES.get(1))) {
            Path train = folder.resolve(TRAIN + ending);
            if (Files.isRegularFile(train)) {
                return ofFile(train);
            }
        }
        for (String train : TRAIN_NAMES) {
            if (Files.isDirectory(folder.resolve(train)) && isPart(folder, train)) {
                return divided(folder, train);
            }
        }
        return unsplit(folder, "");
    }

    /** A data set that needs no more than its path. */
    private record Known(String about, String type, Dataset.Config config) {}

    private static List<Known> known(Path folder) {
        return List.of(
                new Known("CIFAR-10", "cifar-10", new Cifar10.Config(folder)),
                new Known("CIFAR-100", "cifar-100", new Cifar100.Config(folder, Cifar100.Labels.FINE)),
                new Known("Tiny-ImageNet", "tiny-imagenet", new TinyImageNet.Config(folder)),
                new Known("IDX files", "idx", new Idx.Config(folder, TRAIN, "t10k", DIGITS)));
    }

    private static boolean isThere(Dataset.Config config) {
        return config instanceof ReadsFiles files && files.missing().found().isEmpty();
    }

    /** A class may be called train, too: of trains, beside planes. */
    private static boolean isPart(Path folder, String train) {
        if (TEST_NAMES.stream().anyMatch(test -> Files.isDirectory(folder.resolve(test)))) {
            return true;
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(Files::isDirectory).allMatch(other -> other.endsWith(train));
        } catch (IOException failed) {
            throw new UserError(
                    UserError.USAGE,
                    "Cannot list the folder " + folder + " (" + Reasons.of(failed) + "); check its permissions.",
                    failed);
        }
    }

    /** With test pictures of the same classes beside them, or else the training folder alone. */
    private static FoundData divided(Path folder, String train) {
        String left = "";
        for (String test : TEST_NAMES) {
            if (Files.isDirectory(folder.resolve(test))) {
                ImageFolder.Config config = new ImageFolder.Config(
                        folder, train, test, Optional.empty(), Optional.empty(), Optional.empty());
                try {
                    return ready(
                            "class folders in " + train + " and " + test,
                            config,
                            Map.of("type", "image-folder", PATH, absolute(folder), TRAIN, train, "test", test));
                } catch (UserError unfit) {
                    // Pictures to test on without classes, or with others: those to learn from are still of use.
                    left = ", without " + test + " (" + unfit.getMessage() + ")";
                }
            }
        }
        return unsplit(folder.resolve(train), " in " + train + left);
    }

    private static FoundData unsplit(Path folder, String where) {
        UnsplitFolder pictures = UnsplitFolder.open(folder);
        return new FoundData(
                (pictures.classes().size() > 1 ? "class folders" : "pictures without classes") + where,
                pictures,
                Optional.empty(),
                Map.of());
    }
}
