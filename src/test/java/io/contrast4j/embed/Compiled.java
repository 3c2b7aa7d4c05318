package io.contrast4j.embed;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/** Java sources outside of the build, compiled against it as a user's program is. */
final class Compiled {
    private Compiled() {}

    /** Compiles a file, without any warning, and loads a class of it. */
    static Class<?> load(Path source, String name, Path folder) throws IOException, ClassNotFoundException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        boolean done = compiler.getTask(
                        said,
                        null,
                        null,
                        List.of(
                                "-d",
                                Files.createDirectories(folder).toString(),
                                "-cp",
                                classPath,
                                "-Xlint:all,-classfile,-processing,-path",
                                "-proc:none",
                                "--release",
                                "17"),
                        null,
                        compiler.getStandardFileManager(null, null, null)
                                .getJavaFileObjects(new File(source.toString())))
                .call();
        assertThat(said.toString()).isEmpty();
        assertThat(done).isTrue();
        return Class.forName(name, true, new URLClassLoader(new URL[] {url(folder)}, Compiled.class.getClassLoader()));
    }

    private static URL url(Path folder) throws MalformedURLException {
        return folder.toUri().toURL();
    }
}
