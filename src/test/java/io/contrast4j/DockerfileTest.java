package io.contrast4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the Dockerfile, Compose's files and docs/docker.md say of each other, of pom.xml and of the code. */
class DockerfileTest {
    private static final Path HOME = Path.of(System.getProperty("contrast4j.home", "."));

    private final String dockerfile = read("Dockerfile");
    private final String manual = read("docs/docker.md");
    private final String compose = read("compose.yaml");

    @Test
    void theBaseHasTheCudaThatTheNativesAreBuiltFor() {
        Matcher natives = find("<cuda\\.version>(\\d+\\.\\d+)-(\\d+\\.\\d+)-", read("pom.xml"));
        String cuda = natives.group(1);
        String cudnn = natives.group(2);
        assertThat(arguments().get("CUDA_VERSION")).startsWith(cuda + ".");
        assertThat(arguments().get("NCCL_VERSION")).endsWith("+cuda" + cuda);
        assertThat(dockerfile).contains("CUDA " + cuda + " and cuDNN " + cudnn + ":");
        assertThat(manual).contains("built for " + cuda + " and cuDNN " + cudnn + ";");
        assertThat(read("tools/docker/base/gpu.txt"))
                .contains(arguments().get("CUDA_VERSION") + "-cudnn-runtime")
                .contains("cuda-cudart-" + cuda.replace('.', '-'));
    }

    @Test
    void theManualHasTheArgumentsAndTheirDefaults() {
        assertThat(arguments()).isNotEmpty();
        arguments().forEach((name, value) -> {
            Matcher row = Pattern.compile("(?m)^\\|[^|]*`" + name + "`[^|]*\\| *(.*?) *\\|")
                    .matcher(manual);
            assertThat(row.find()).as("docs/docker.md has a row for %s", name).isTrue();
            if (row.group(1).startsWith("`")) {
                assertThat(row.group(1)).as(name).isEqualTo("`" + value + "`");
            }
        });
    }

    @Test
    void theManualHasTheUserAndTheVolumes() {
        String user = find("(?m)^USER (\\S+)", dockerfile).group(1);
        assertThat(dockerfile).contains("--uid " + user.split(":")[0] + " --gid " + user.split(":")[1]);
        assertThat(manual).contains("`" + user + "`");
        assertThat(compose).contains("CONTRAST4J_USER:-" + user);
        assertThat(read("tools/docker/build-without-docker")).contains("user=" + user);
        Matcher volume = Pattern.compile("\"(/\\w+)\"")
                .matcher(find("(?m)^VOLUME (.*)$", dockerfile).group(1));
        while (volume.find()) {
            assertThat(manual).contains("`" + volume.group(1) + "`");
        }
    }

    @Test
    void allAskTheMetersAtTheSamePort() {
        String port = find("metrics\\.prometheus\\.port=(\\d+)", compose).group(1);
        assertThat(compose).contains("CONTRAST4J_METRICS_PORT: " + port);
        assertThat(read("tools/docker/prometheus.yml")).contains("train:" + port);
        assertThat(read("tools/docker/healthy")).contains("CONTRAST4J_METRICS_PORT");
        Matcher published = Pattern.compile("127\\.0\\.0\\.1:(\\d+):").matcher(compose);
        while (published.find()) {
            assertThat(manual).contains("http://localhost:" + published.group(1));
        }
    }

    @Test
    void allFilesThatTheBuildNamesAreThere() {
        Matcher file = Pattern.compile("tools/docker/[\\w./-]*\\w").matcher(dockerfile);
        Set<String> names = new TreeSet<>(Set.of("tools/docker/base/gpu.txt", "tools/docker/base/cpu.txt"));
        while (file.find()) {
            names.add(file.group());
        }
        assertThat(names)
                .hasSizeGreaterThan(3)
                .allSatisfy(name -> assertThat(HOME.resolve(name)).exists());
    }

    /** jlink refuses a folder that is there, and Temurin's images, which Maven's are made of, have their JDK in /opt/java/openjdk. */
    @Test
    void theRuntimeIsMadeWhereTheBaseOfTheBuildHasNothing() {
        assertThat(arguments().get("BUILD_BASE")).contains("eclipse-temurin");
        Path runtime = Path.of(find("--output (\\S+?);?\\s", dockerfile).group(1));
        assertThat(Path.of("/opt/java/openjdk").startsWith(runtime))
                .as("jlink --output %s", runtime)
                .isFalse();
        assertThat(dockerfile).contains("COPY --from=build " + runtime + " /opt/java\n");
        assertThat(read("tools/docker/build-without-docker")).contains("JAVA_HOME=/opt/java/openjdk");
    }

    /** A folder that is not there is made by Docker, for root, and nobody else may write to it. */
    @Test
    void foldersOfRunsAreMadeBeforeTheyAreMounted() {
        for (String page : new String[] {"README.md", "docs/docker.md"}) {
            String text = read(page);
            int mounted = text.indexOf("$PWD/runs:/runs");
            assertThat(mounted).as(page).isPositive();
            assertThat(text.lastIndexOf("mkdir -p runs", mounted))
                    .as(page)
                    .isGreaterThan(text.lastIndexOf("```\n", mounted));
        }
    }

    @Test
    @Tag("slow")
    void theRuntimeHasTheModulesThatTheClassesNeed() {
        Set<String> modules = read("tools/docker/modules.txt")
                .lines()
                .filter(line -> !line.startsWith("#"))
                .collect(Collectors.toCollection(TreeSet::new));
        StringWriter printed = new StringWriter();
        int code = ToolProvider.findFirst("jdeps")
                .orElseThrow()
                .run(
                        new PrintWriter(printed),
                        new PrintWriter(printed),
                        "--ignore-missing-deps",
                        "-s",
                        HOME.resolve("target/classes").toString());
        assertThat(code).as(printed.toString()).isZero();
        Set<String> needed = new TreeSet<>();
        Matcher module = Pattern.compile("-> ((?:java|jdk)\\.[\\w.]+)").matcher(printed.toString());
        while (module.find()) {
            needed.add(module.group(1));
        }
        assertThat(needed).contains("java.base");
        assertThat(modules).containsAll(needed);
    }

    /** Arguments that have a default, those of the first lines and those of a stage. */
    private Map<String, String> arguments() {
        Map<String, String> arguments = new TreeMap<>();
        Matcher argument = Pattern.compile("(?m)^ARG (\\w+)=\"?([^\"\\n]*)\"?$").matcher(dockerfile);
        while (argument.find()) {
            arguments.put(argument.group(1), argument.group(2));
        }
        return arguments;
    }

    private static Matcher find(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(pattern).isTrue();
        return matcher;
    }

    private static String read(String file) {
        try {
            return Files.readString(HOME.resolve(file));
        } catch (IOException e) {
            throw new AssertionError(file + " cannot be read", e);
        }
    }
}
