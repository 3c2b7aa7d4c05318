package io.contrast4j.embed;

import io.contrast4j.checkpoint.AtomicFile;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Files that hold vectors and the names of their pictures. The ending of a file's name says which one. */
public enum EmbeddingFormat {
    /** NumPy's array, N×D of float32; the names are beside it. */
    NPY {
        @Override
        Sink open(FileChannel channel, int dimension, List<String> columns) throws IOException {
            return new NpySink(channel, dimension);
        }
    },
    /** A row for each picture: its name, then D numbers. */
    CSV {
        @Override
        Sink open(FileChannel channel, int dimension, List<String> columns) throws IOException {
            return new CsvSink(channel, dimension, columns);
        }
    },
    /** One tensor {@code embeddings}, N×D of float32; the names are beside it. */
    SAFETENSORS {
        @Override
        Sink open(FileChannel channel, int dimension, List<String> columns) throws IOException {
            return new SafeTensorsSink(channel, dimension);
        }
    },
    /** Apache Arrow's file format, with the columns {@code file} and {@code embedding}. */
    ARROW {
        @Override
        Sink open(FileChannel channel, int dimension, List<String> columns) throws IOException {
            return new ArrowSink(channel, dimension);
        }
    };

    /** Takes rows and writes them. */
    interface Sink {
        void add(String name, float[] vector) throws IOException;

        /** Writes what is only known at the end. */
        void finish() throws IOException;
    }

    /** Gives rows to a sink. */
    @FunctionalInterface
    public interface Rows {
        /**
         * Gives all rows.
         *
         * @param target takes them
         */
        void to(Target target);
    }

    /** Where rows go. */
    @FunctionalInterface
    public interface Target {
        /**
         * Takes a row.
         *
         * @param name of the picture
         * @param vector of the picture
         */
        void add(String name, float[] vector);
    }

    abstract Sink open(FileChannel channel, int dimension, List<String> columns) throws IOException;

    /**
     * The format that the ending of a file's name stands for.
     *
     * @param file to be written
     * @return its format
     * @throws UserError if the name of the file ends in none
     */
    public static EmbeddingFormat of(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return Arrays.stream(values())
                .filter(format -> name.endsWith(format.ending()))
                .findFirst()
                .orElseThrow(() -> new UserError(
                        UserError.USAGE,
                        file + " must end in "
                                + Arrays.stream(values())
                                        .map(EmbeddingFormat::ending)
                                        .collect(Collectors.joining(", "))
                                + "."));
    }

    private String ending() {
        return "." + name().toLowerCase(Locale.ROOT);
    }

    /**
     * Where the names of the pictures are, one a line: beside the file, or in it.
     *
     * @param file with the vectors
     * @return the file itself where the names are in it
     */
    public Path names(Path file) {
        if (this == CSV || this == ARROW) {
            return file;
        }
        String name = file.getFileName().toString();
        return file.resolveSibling(name.substring(0, name.length() - ending().length()) + ".files.txt");
    }

    /**
     * Writes rows as they come. The files are there completely or not at all.
     *
     * @param file with the vectors, which is replaced
     * @param dimension D of all rows
     * @param rows that are written
     * @throws UserError if a file cannot be written
     */
    public void write(Path file, int dimension, Rows rows) {
        write(file, dimension, List.of(), rows);
    }

    /**
     * Writes rows as they come, whose columns have names. Only formats that have a column for each number write these.
     *
     * @param file with the vectors, which is replaced
     * @param dimension D of all rows
     * @param columns names of the numbers, D or none
     * @param rows that are written
     * @throws UserError if a file cannot be written
     */
    public void write(Path file, int dimension, List<String> columns, Rows rows) {
        try {
            if (names(file).equals(file)) {
                AtomicFile.write(file, channel -> write(channel, dimension, columns, rows, (name, vector) -> {}));
            } else {
                AtomicFile.write(names(file), list -> {
                    NameList names = new NameList(list);
                    AtomicFile.write(file, channel -> {
                        write(channel, dimension, columns, rows, names);
                        // Names of earlier vectors must not stand beside these if the program ends before theirs do.
                        Files.deleteIfExists(names(file));
                    });
                    names.finish();
                });
            }
        } catch (IOException | Unwritable failed) {
            IOException reason = failed instanceof Unwritable wrapped ? wrapped.reason : (IOException) failed;
            throw new UserError(
                    UserError.FAILED,
                    file + " could not be written (" + Reasons.of(reason) + "): " + Reasons.remedy(reason) + ".",
                    reason);
        }
    }

    /** Takes names beside a sink. */
    @FunctionalInterface
    interface Names {
        void add(String name, float[] vector) throws IOException;
    }

    private void write(FileChannel channel, int dimension, List<String> columns, Rows rows, Names names)
            throws IOException {
        Sink sink = open(channel, dimension, columns);
        rows.to((name, vector) -> {
            try {
                sink.add(name, vector);
                names.add(name, vector);
            } catch (IOException failed) {
                throw new Unwritable(failed);
            }
        });
        sink.finish();
    }

    /** A full disk, on its way through the code of who gives the rows. */
    private static final class Unwritable extends RuntimeException {
        private final transient IOException reason;

        Unwritable(IOException reason) {
            super(reason);
            this.reason = reason;
        }
    }
}
