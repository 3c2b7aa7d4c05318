package io.contrast4j.data;

import io.contrast4j.checkpoint.NumpyArray;
import io.contrast4j.checkpoint.PickleFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The two formats of CIFAR-10 and CIFAR-100, each in a folder or in the archive it is published as.
 *
 * <p>Binary: for each picture its label or labels, one byte each, then 1024 bytes each of red, green and blue, by rows.
 * Python: a pickled dictionary with an N×3072 array of the same pixels and a list of labels.
 *
 * @param title as it is called in messages
 * @param stem what the names of folders and archives begin with, such as {@code cifar-10}
 * @param folders of the pickles and of the binary files
 * @param labels what is read of each picture's labels
 */
record CifarFormat(String title, String stem, Folders folders, Labels labels) {
    private static final PixelLayout PIXELS = new PixelLayout(32, 32, 3, PixelLayout.Order.ROWS);
    private static final String BINARY = ".bin";

    record Folders(String pickles, String binary) {}

    /**
     * @param classes their number
     * @param stored labels of a picture in a binary file
     * @param place of the one that is read
     * @param key of the labels in a pickle
     * @param binaryNames file of the classes' names
     * @param pickledNames pickle of the classes' names
     * @param namesKey their key in it
     */
    record Labels(
            int classes, int stored, int place, String key, String binaryNames, String pickledNames, String namesKey) {}

    /** Where the data set is: the path itself, a folder in it, or an archive in it. Nothing is said of what is missing. */
    Optional<Path> find(Path path, String batch) {
        if (Files.isRegularFile(path)) {
            return Optional.of(path);
        }
        return Stream.concat(
                        Stream.of(path, path.resolve(folders.pickles), path.resolve(folders.binary))
                                .filter(folder -> Files.isRegularFile(folder.resolve(batch))
                                        || Files.isRegularFile(folder.resolve(batch + BINARY))),
                        Stream.of("-python.tar.gz", "-binary.tar.gz")
                                .map(ending -> path.resolve(stem + ending))
                                .filter(Files::isRegularFile))
                .findFirst();
    }

    /** Ends the sentence "path must be …". */
    String wanted() {
        return "the folder " + folders.pickles + " or " + folders.binary + ", the one above it, or " + stem
                + "-python.tar.gz or " + stem + "-binary.tar.gz";
    }

    /** The pictures of some batches, one after another. */
    Dataset open(Path path, List<String> batches) {
        Path place = find(path, batches.get(0))
                .orElseThrow(() ->
                        Unusable.because("There is no " + title + " at " + path + ": it must be " + wanted() + "."));
        List<String> names = new ArrayList<>(List.of(labels.pickledNames, labels.binaryNames));
        batches.forEach(batch -> names.addAll(List.of(batch, batch + BINARY)));
        Map<String, StoredBytes> files = DataFiles.read(place, names);
        boolean binary = files.containsKey(batches.get(0) + BINARY);
        List<RawPictures.Part> parts = new ArrayList<>();
        for (String batch : batches) {
            String file = binary ? batch + BINARY : batch;
            StoredBytes content = need(files, place, file);
            String name = place.resolve(file).toString();
            parts.add(binary ? binary(name, content) : pickled(name, content));
        }
        return new RawPictures(classes(files, place, binary), PIXELS, parts);
    }

    private StoredBytes need(Map<String, StoredBytes> files, Path place, String name) {
        StoredBytes content = files.get(name);
        if (content == null) {
            throw Unusable.because(
                    place + " has no " + name + ", which is a part of " + title + "; fetch the data set again.");
        }
        return content;
    }

    private RawPictures.Part binary(String name, StoredBytes content) {
        int record = labels.stored + PIXELS.size();
        if (content.size() == 0 || content.size() % record != 0) {
            throw Unusable.damaged(
                    name, "it has " + content.size() + " bytes, and a picture of " + title + " takes " + record);
        }
        int[] found = new int[(int) (content.size() / record)];
        try {
            for (int i = 0; i < found.length; i++) {
                found[i] = checked(content.read((long) i * record + labels.place, 1)[0] & 0xFF, name);
            }
        } catch (IOException e) {
            throw Unusable.damaged(name, String.valueOf(e.getMessage()));
        }
        return new RawPictures.Part(name, content, labels.stored, record, found);
    }

    private RawPictures.Part pickled(String name, StoredBytes content) {
        Map<?, ?> batch = dictionary(name, content);
        if (!(batch.get("data") instanceof NumpyArray pixels)
                || !pixels.type().equals("u1")
                || pixels.shape().size() != 2
                || pixels.shape().get(1) != PIXELS.size()
                || pixels.shape().get(0) == 0) {
            throw Unusable.damaged(name, "its data are not an array of N × " + PIXELS.size() + " bytes");
        }
        if (!(batch.get(labels.key) instanceof List<?> list)
                || list.size() != pixels.shape().get(0)) {
            throw Unusable.damaged(
                    name,
                    "its " + labels.key + " are not a list of " + pixels.shape().get(0) + " numbers");
        }
        int[] found = list.stream()
                .mapToInt(label -> checked(label instanceof Long number ? number : -1, name))
                .toArray();
        return RawPictures.Part.dense(name, StoredBytes.of(pixels.bytes()), 0, PIXELS, found);
    }

    private int checked(long label, String name) {
        if (label < 0 || label >= labels.classes) {
            throw Unusable.damaged(
                    name, "it has the label " + label + ", and " + title + "'s are 0 to " + (labels.classes - 1));
        }
        return (int) label;
    }

    private List<String> classes(Map<String, StoredBytes> files, Path place, boolean binary) {
        String file = binary ? labels.binaryNames : labels.pickledNames;
        String name = place.resolve(file).toString();
        StoredBytes content = need(files, place, file);
        List<String> classes = new ArrayList<>();
        if (binary) {
            classes.addAll(DataFiles.lines(content, name));
        } else if (dictionary(name, content).get(labels.namesKey) instanceof List<?> list) {
            list.forEach(each -> classes.add(String.valueOf(each)));
        }
        if (classes.size() != labels.classes || classes.stream().distinct().count() < labels.classes) {
            throw Unusable.damaged(name, "it does not name " + labels.classes + " classes");
        }
        return classes;
    }

    private static Map<?, ?> dictionary(String name, StoredBytes content) {
        try {
            return PickleFile.readMap(content.whole());
        } catch (IOException e) {
            throw Unusable.damaged(name, String.valueOf(e.getMessage()));
        }
    }
}
