package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The two launchers of a distribution start the same. Nothing starts the one for Windows here. */
class WindowsLauncherTest {
    /** What starts Java, with its values where they are fixed, and what the environment is set to. */
    private static final Pattern SETTING = Pattern.compile(
            "-[DX][\\w.:+-]*(?:=[\\w-]+)?|(?:OPENBLAS|CUBLAS|OPENCV|CONTRAST4J_JAVA)_\\w+|io\\.contrast4j\\.cli\\.\\w+");

    private static Set<String> settings(String file) throws IOException {
        Matcher matcher =
                SETTING.matcher(Files.readString(Launcher.HOME.resolve(file)).replaceAll("(?m)^\\s*(#|rem ).*$", ""));
        Set<String> found = new TreeSet<>();
        while (matcher.find()) {
            found.add(matcher.group());
        }
        return found;
    }

    @Test
    void bothSetTheSame() throws IOException {
        Set<String> windows = settings("src/assembly/contrast4j.cmd");
        assertThat(windows).contains("io.contrast4j.cli.Main", "-XX:+UseSerialGC", "-Dcontrast4j.home");
        Set<String> bash = settings("tools/contrast4j");
        // The width of a terminal is not asked for there, and libraries that are files are what images have.
        bash.removeIf(setting -> setting.matches("-D(contrast4j\\.(terminal|natives)|java\\.library\\.path)"
                + "|-Dorg\\.bytedeco\\.javacpp\\.(pathsFirst|cacheLibraries)=.*|-XX:-UsePerfData"));
        assertThat(windows).isEqualTo(bash);
    }
}
