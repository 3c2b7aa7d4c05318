package io.contrast4j.site;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The Markdown pages of the project: those at its top, in {@code docs} and in {@code checkpoints}, and those that they link to.
 *
 * @param home the project's folder
 * @param pages by path
 */
record Documentation(Path home, SortedMap<String, Page> pages) {
    Documentation {
        pages = Collections.unmodifiableSortedMap(new TreeMap<>(pages));
    }

    /** Those of the project whose tests run. */
    static Documentation ofThisProject() throws IOException {
        return read(Path.of(System.getProperty("contrast4j.home", "."))
                .toAbsolutePath()
                .normalize());
    }

    static Documentation read(Path home) throws IOException {
        Deque<String> waiting = new ArrayDeque<>(markdown(home, "", 1));
        waiting.addAll(markdown(home, "docs", Integer.MAX_VALUE));
        waiting.addAll(markdown(home, "checkpoints", 1));
        SortedMap<String, Page> pages = new TreeMap<>();
        while (!waiting.isEmpty()) {
            String path = waiting.remove();
            if (!pages.containsKey(path)) {
                Page page = Page.parse(path, Files.readString(home.resolve(path)));
                pages.put(path, page);
                References.links(page).stream()
                        .map(address -> Target.of(path, address))
                        .filter(target -> target.isMarkdown() && Files.isRegularFile(home.resolve(target.path())))
                        .forEach(target -> waiting.add(target.path()));
            }
        }
        return new Documentation(home, pages);
    }

    private static List<String> markdown(Path home, String folder, int depth) throws IOException {
        Path root = home.resolve(folder);
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(root, depth)) {
            return files.filter(file -> file.toString().endsWith(".md") && Files.isRegularFile(file))
                    .map(file -> relative(home, file))
                    .sorted()
                    .toList();
        }
    }

    /** From the project's folder, with slashes. */
    static String relative(Path home, Path file) {
        return home.relativize(file).toString().replace(file.getFileSystem().getSeparator(), "/");
    }
}
