package io.contrast4j.checkpoint;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Which of the names that are unknown here may stand in a checkpoint, as names and nothing more. */
final class PythonClasses {
    private static final Pattern MODULE = Pattern.compile("[A-Za-z_]\\w*(\\.[A-Za-z_]\\w*)*");
    private static final Pattern CLASS = Pattern.compile("_?[A-Z]\\w*");
    private static final Set<String> LIBRARIES = Set.of("torch", "numpy");
    private static final Set<String> PYTHONS_OWN = modules();

    private PythonClasses() {}

    static boolean mayBeKept(String module, String name) {
        String library = module.split("\\.", 2)[0];
        return MODULE.matcher(module).matches()
                && CLASS.matcher(name).matches()
                && !LIBRARIES.contains(library)
                && !PYTHONS_OWN.contains(library);
    }

    private static Set<String> modules() {
        InputStream list = Objects.requireNonNull(PythonClasses.class.getResourceAsStream("python-modules.txt"));
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(list, StandardCharsets.UTF_8))) {
            return lines.lines().filter(line -> !line.startsWith("#")).collect(Collectors.toUnmodifiableSet());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
