package io.contrast4j.config;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A temporary folder with configuration files, whose own path is left out of messages. */
record Folder(Path path) {
    Folder also(String name, String... lines) {
        try {
            Files.createDirectories(path.resolve(name).getParent());
            Files.write(path.resolve(name), List.of(lines));
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The file that is loaded. */
    Folder write(String... lines) {
        return also("x.conf", lines);
    }

    ConfigFile load(String... overrides) {
        return ConfigFile.load(path.resolve("x.conf"), List.of(overrides), Example.REFERENCE);
    }

    Example bind(String... overrides) {
        return load(overrides).bind(Example.class);
    }

    /** What the user is told. */
    List<String> problems(String... overrides) {
        try {
            throw new AssertionError("bound " + bind(overrides));
        } catch (InvalidConfig e) {
            return relative(e.getMessage()).lines().toList();
        }
    }

    String relative(String text) {
        return text.replace(path + path.getFileSystem().getSeparator(), "");
    }
}
