package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher in a copy of the project with hardly anything in it, on a path where Java and Maven are stand-ins. */
class LauncherScriptTest {
    private static final List<String> TOOLS = List.of(
            "bash", "cat", "dirname", "find", "flock", "grep", "head", "mkdir", "readlink", "rm", "sed", "touch");

    @TempDir
    Path folder;

    private Path home = Path.of("");
    private Path bin = Path.of("");

    private String mavenArguments = "";

    @BeforeEach
    void copyTheProject() throws IOException {
        home = Files.createDirectories(folder.resolve("a project"));
        bin = Files.createDirectory(folder.resolve("bin"));
        Files.createDirectories(home.resolve("tools"));
        Files.createDirectories(home.resolve("src/main/java"));
        Files.copy(Launcher.HOME.resolve("tools/contrast4j"), script());
        Files.writeString(home.resolve("pom.xml"), "<project/>");
        Files.writeString(home.resolve("src/main/java/Main.java"), "class Main {}");
        for (String tool : TOOLS) {
            for (String place : List.of("/usr/bin", "/bin")) {
                if (Files.exists(Path.of(place, tool))) {
                    // Not a link: JUnit warns about every link that it removes.
                    program(tool, "exec " + place + "/" + tool + " \"$@\"");
                }
            }
        }
        java("17.0.2");
        program("javac", "exit 0");
        program("mvn", "echo \"built with $*\"; mkdir -p target; echo one.jar >target/classpath");
    }

    private Path script() {
        return home.resolve("tools/contrast4j");
    }

    private void java(String version) throws IOException {
        program("java", """
                if [ "$1" = -version ]; then
                  echo 'openjdk version "%s" 2022-01-18' >&2
                else
                  printf '%%s\\n' "started with $*"
                fi
                """.formatted(version));
    }

    private void program(String name, String text) throws IOException {
        Files.writeString(bin.resolve(name), "#!/bin/sh\n" + text + "\n");
        assertThat(bin.resolve(name).toFile().setExecutable(true)).isTrue();
    }

    private Launcher.Result start(Path script, String... arguments) {
        ProcessBuilder process = new ProcessBuilder();
        process.command().add(script.toString());
        process.command().addAll(List.of(arguments));
        process.environment().remove("JAVA_HOME");
        process.environment().put("PATH", bin.toString());
        process.environment().put("CONTRAST4J_MAVEN_ARGS", mavenArguments);
        process.directory(folder.toFile());
        try {
            Path out = folder.resolve("out");
            Path err = folder.resolve("err");
            int code = process.redirectOutput(out.toFile())
                    .redirectError(err.toFile())
                    .start()
                    .waitFor();
            return new Launcher.Result(code, Launcher.read(out), Launcher.read(err));
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void buildsOnFirstUseAndWhenSourcesChangeOnly() throws IOException {
        Launcher.Result first = start(script(), "train", "a b.conf").succeeded();
        assertThat(first.err()).contains("building for the first time");
        assertThat(first.out()).contains("io.contrast4j.cli.Main train a b.conf", home + "/target/classes:one.jar");
        assertThat(start(script()).succeeded().err()).isEmpty();

        touch(home.resolve("src/main/java/Main.java"));
        assertThat(start(script()).succeeded().err()).contains("sources or Maven arguments changed, building");
        assertThat(start(script()).succeeded().err()).isEmpty();
        touch(home.resolve("pom.xml"));
        assertThat(start(script()).succeeded().err()).contains("sources or Maven arguments changed, building");
        assertThat(start(script()).succeeded().err()).isEmpty();
    }

    private void touch(Path source) throws IOException {
        Files.setLastModifiedTime(
                home.resolve("target/classpath"), FileTime.from(Instant.now().minusSeconds(60)));
        for (Path other : List.of(home.resolve("src/main"), home.resolve("src/main/java"), home.resolve("pom.xml"))) {
            Files.setLastModifiedTime(other, FileTime.from(Instant.now().minusSeconds(120)));
        }
        Files.setLastModifiedTime(
                home.resolve("src/main/java/Main.java"),
                FileTime.from(Instant.now().minusSeconds(120)));
        assertThat(start(script()).succeeded().err()).isEmpty();
        Files.setLastModifiedTime(source, FileTime.from(Instant.now()));
    }

    @Test
    void buildsAgainForOtherMavenArguments() throws IOException {
        assertThat(start(script()).succeeded().err()).contains("building for the first time");
        mavenArguments = "-Pgpu";
        assertThat(start(script()).succeeded().err()).contains("sources or Maven arguments changed, building");
        assertThat(start(script()).succeeded().err()).isEmpty();
        mavenArguments = "";
        assertThat(start(script()).succeeded().err()).contains("sources or Maven arguments changed, building");
    }

    @Test
    void worksThroughALinkFromAnotherFolder() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("c4j"), script());
        assertThat(start(link, "--version").succeeded().out())
                .contains("-cp " + home + "/target/classes:one.jar", "Main --version");
    }

    @Test
    void aDistributionIsStartedAsItIs() throws IOException {
        Path packed = Files.createDirectories(folder.resolve("a distribution"));
        Files.createDirectories(packed.resolve("bin"));
        Path script = Files.copy(script(), packed.resolve("bin/contrast4j"));
        for (String jar : List.of("one.jar", "two-linux-x86_64-gpu.jar")) {
            Files.createFile(Files.createDirectories(packed.resolve("lib")).resolve(jar));
        }
        Files.writeString(packed.resolve("commit"), "0123456789ab\n");
        for (String tool : List.of("mvn", "javac", "find", "flock")) {
            Files.delete(bin.resolve(tool));
        }
        Launcher.Result started = start(script, "train", "a b.conf").succeeded();
        assertThat(started.err()).isEmpty();
        assertThat(started.out())
                .contains("-cp " + packed + "/lib/one.jar:" + packed
                        + "/lib/two-linux-x86_64-gpu.jar io.contrast4j.cli.Main")
                .contains("Main train a b.conf", "platform.extension=-gpu", "-Dcontrast4j.git=0123456789ab");
        assertThat(packed.resolve("target")).doesNotExist();
    }

    @Test
    void nativesThatAreFilesAreNotUnpacked() throws IOException {
        Path image = Files.createDirectories(folder.resolve("an image"));
        Path script = Files.copy(
                script(), Files.createDirectories(image.resolve("bin")).resolve("contrast4j"));
        Files.createFile(Files.createDirectories(image.resolve("lib")).resolve("one.jar"));
        Path natives = Files.createDirectories(image.resolve("natives"));
        assertThat(start(script).succeeded().out())
                .contains("-Dcontrast4j.natives=" + natives, "-Djava.library.path=" + natives, "cacheLibraries=false")
                .doesNotContain("platform.extension");
        Files.createFile(natives.resolve("libtorch_cuda.so"));
        assertThat(start(script).succeeded().out()).contains("platform.extension=-gpu");
    }

    @Test
    void saysWhatIsMissing() throws IOException {
        Files.delete(bin.resolve("mvn"));
        start(script()).failed(1, "Maven is needed to build", "apt-get install maven");
        program("mvn", "mkdir -p target; echo one.jar >target/classpath");
        Files.delete(bin.resolve("javac"));
        start(script()).failed(1, "a JDK is needed to build", "openjdk-17-jdk-headless");
        Files.delete(bin.resolve("java"));
        start(script()).failed(1, "no Java found", "openjdk-17-jdk-headless");
    }

    @Test
    void mavenIsNotNeededOnceItIsBuilt() throws IOException {
        start(script()).succeeded();
        Files.delete(bin.resolve("mvn"));
        Files.delete(bin.resolve("javac"));
        assertThat(start(script(), "config").succeeded().out()).contains("Main config");
    }

    @Test
    void refusesAnOldJava() throws IOException {
        java("11.0.21");
        start(script()).failed(1, bin.resolve("java") + " is Java 11; install a JDK 17");
        java("1.8.0_292");
        start(script()).failed(1, bin.resolve("java") + " is Java 8; install a JDK 17");
        assertThat(home.resolve("target")).doesNotExist();
    }

    @Test
    void aBuildThatFailsIsShownAndTriedAgain() throws IOException {
        program("mvn", "echo '[INFO] much else'; echo '[ERROR] Main.java:[1,1] no'; exit 1");
        Launcher.Result failed =
                start(script()).failed(1, "[ERROR] Main.java:[1,1] no", "the build failed", "build.log");
        assertThat(failed.err()).doesNotContain("much else");
        program("mvn", "mkdir -p target; echo one.jar >target/classpath");
        start(script()).succeeded();
    }
}
