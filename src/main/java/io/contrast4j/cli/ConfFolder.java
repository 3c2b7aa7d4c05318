package io.contrast4j.cli;

import io.contrast4j.config.Suggestion;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The configurations that come with contrast4j. A run is called as its file: {@code conf/cmc/alexnet-lab-nce.conf} is {@code
 * cmc-alexnet-lab-nce}.
 *
 * @param path the folder
 */
record ConfFolder(Path path) {
    /** The folders of published runs, each a source. */
    private static final Set<String> PUBLISHED = Set.of("align-uniform", "cmc", "insdis", "moco", "ring", "selfcon");

    /** The folders of evaluations, which are configurations of another kind. */
    private static final Set<String> OTHERS = Set.of("eval", "linear");

    /** A folder of sweeps, which are files about several runs. */
    private static final Path SWEEPS = Path.of("sweeps");

    private static final String ENDING = ".conf";
    private static final int GUESSES = 3;

    /** That of the program: the launcher says where it is. */
    static ConfFolder installed() {
        return new ConfFolder(
                Path.of(System.getProperty("contrast4j.home", ".")).resolve("conf"));
    }

    /**
     * All runs by name, sorted.
     *
     * @throws UserError if the folder cannot be read
     */
    Map<String, Path> runs() {
        try (Stream<Path> files = Files.walk(path)) {
            return files.filter(file ->
                            file.toString().endsWith(ENDING) && !OTHERS.contains(source(file)) && !isSweep(file))
                    .collect(Collectors.toMap(this::name, file -> file, (one, other) -> one, TreeMap::new));
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    "The configurations in " + path + " cannot be read (" + Reasons.of(failed)
                            + "); start contrast4j by its launcher, or name a file.",
                    failed);
        }
    }

    /** Those that others have published. */
    Map<String, Path> published() {
        Map<String, Path> runs = runs();
        runs.values().removeIf(file -> !PUBLISHED.contains(source(file)));
        return runs;
    }

    /**
     * The file of a run.
     *
     * @throws UserError if there is none of this name; it says which are called alike
     */
    Path file(String name) {
        Map<String, Path> runs = runs();
        Path file = runs.get(name);
        if (file == null) {
            List<String> near = Suggestion.nearest(name, List.copyOf(runs.keySet()), GUESSES);
            throw new UserError(
                    UserError.USAGE,
                    "There is no run called " + name + ", and no such file"
                            + (near.isEmpty() ? "" : "; did you mean " + String.join(", ", near) + "?")
                            + (near.isEmpty() ? "; " : " ") + "`contrast4j runs` lists all.");
        }
        return file;
    }

    /** What an argument of the command line means: a file, or the name of a run. */
    Path resolve(Path argument) {
        boolean isName = argument.getNameCount() == 1
                && !argument.isAbsolute()
                && !argument.toString().endsWith(ENDING);
        return isName && !argument.toString().isEmpty() && !Files.exists(argument)
                ? file(argument.toString())
                : argument;
    }

    private String name(Path file) {
        String relative = path.relativize(file).toString();
        return relative.substring(0, relative.length() - ENDING.length())
                .replace(file.getFileSystem().getSeparator(), "-");
    }

    /** Whether a file is one of a sweep. */
    static boolean isSweep(Path file) {
        return SWEEPS.equals(file.getParent().getFileName());
    }

    /** The folder within conf/ that a file is in, or its own name. */
    private String source(Path file) {
        return path.relativize(file).getName(0).toString();
    }
}
