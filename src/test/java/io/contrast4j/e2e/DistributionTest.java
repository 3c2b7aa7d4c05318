package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The zip of {@code tools/dist}, unpacked on a machine that has Java and neither Maven nor, where the kernel lets us, a network.
 * {@code -Dcontrast4j.dist=ZIP} takes one that is there; else it is built.
 */
@Tag("slow")
class DistributionTest {
    private static final long BUILD_MINUTES = 8;
    private static final List<String> TOOLS = List.of("bash", "cat", "dirname", "head", "readlink", "sed");

    @TempDir
    Path folder;

    @Test
    void itNeedsJavaAndNothingElse() throws IOException, InterruptedException {
        Path zip = zip();
        Path home = unpacked(zip, Files.createDirectory(folder.resolve("a place")));
        System.out.printf("%s: %d MB%n", zip.getFileName(), Files.size(zip) / 1_000_000);
        assertThat(home.resolve("LICENSE")).exists();
        assertThat(home.resolve("README.md"))
                .content()
                .contains("for linux-x86_64")
                .doesNotContain("${");
        assertThat(home.resolve("NOTICE")).content().contains("LibTorch, BSD 3-Clause");
        assertThat(home.resolve("bin/contrast4j.cmd")).content().contains("@echo off\r\n", "cli.Main %*\r\n");
        try (Stream<Path> lib = Files.list(home.resolve("lib"))) {
            List<String> jars = lib.map(jar -> jar.getFileName().toString()).toList();
            String notices = Files.readString(home.resolve("THIRD-PARTY.txt"));
            assertThat(jars).anyMatch(jar -> jar.matches("contrast4j-\\d.*\\.jar"));
            assertThat(jars).noneMatch(jar -> jar.matches(".*(junit|macosx|windows|sources|javadoc).*"));
            assertThat(jars)
                    .filteredOn(jar -> !jar.startsWith("contrast4j-"))
                    .allSatisfy(jar -> assertThat(notices).as(jar).contains(":" + jar.replaceFirst("-(\\d).*", ":$1")));
        }

        Launcher elsewhere = new Launcher(folder);
        assertThat(elsewhere.run(bare(home, "--version")).succeeded().out()).startsWith("contrast4j ");
        assertThat(elsewhere.run(bare(home, "doctor")).succeeded().out()).contains("contrast4j can work here.");
        String conf = home.resolve("conf/quickstart.conf").toString();
        Launcher.Result trained = elsewhere
                .run(bare(
                        home,
                        "train",
                        conf,
                        "train.epochs=1",
                        "train.batch-size=16",
                        "data.train-per-picture=5",
                        "data.test-per-picture=2",
                        "encoder.width=0.0625",
                        "negatives.count=8",
                        "schedule.milestones=[]",
                        "eval { every-epochs = 1, labels-per-class = 2, knn { k = 2 } }"))
                .succeeded();
        assertThat(trained.err() + trained.out()).contains("step 2/2", "linear probe", "report.html");
    }

    private Path zip() throws IOException, InterruptedException {
        String given = System.getProperty("contrast4j.dist", "");
        if (!given.isEmpty()) {
            return Path.of(given);
        }
        assumeTrue(
                Stream.of(System.getenv("PATH").split(":")).anyMatch(place -> Files.exists(Path.of(place, "mvn"))),
                "no Maven to build the distribution with: name one with -Dcontrast4j.dist=ZIP");
        Path log = folder.resolve("dist.log");
        Process dist = new ProcessBuilder(
                        Launcher.HOME.resolve("tools/dist").toString(),
                        "--platform",
                        "linux-x86_64",
                        "--to",
                        folder.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        if (!dist.waitFor(BUILD_MINUTES, TimeUnit.MINUTES)) {
            dist.destroyForcibly();
        }
        assertThat(dist.waitFor()).as(() -> Launcher.read(log)).isZero();
        String name = Files.readString(log).replaceFirst("(?s)(.*\\.zip): \\d+ MB\n", "$1");
        return Path.of(name);
    }

    private static Path unpacked(Path zip, Path to) throws IOException {
        try (ZipFile file = new ZipFile(zip.toFile())) {
            Enumeration<? extends ZipEntry> entries = file.entries();
            while (entries.hasMoreElements()) {
                ZipEntry entry = entries.nextElement();
                Path target = to.resolve(entry.getName());
                if (entry.isDirectory()) {
                    Files.createDirectories(target);
                } else {
                    Files.createDirectories(target.getParent());
                    Files.copy(file.getInputStream(entry), target);
                }
            }
        }
        try (Stream<Path> homes = Files.list(to)) {
            Path home = homes.findFirst().orElseThrow();
            // Java's own unpacking forgets who may execute what.
            assertThat(home.resolve("bin/contrast4j").toFile().setExecutable(true))
                    .isTrue();
            return home;
        }
    }

    /** A start with hardly anything on the path. */
    private ProcessBuilder bare(Path home, String... arguments) throws IOException, InterruptedException {
        Path bin = Files.createDirectories(folder.resolve("bin"));
        for (String tool : TOOLS) {
            String place = Stream.of("/usr/bin/", "/bin/")
                    .filter(there -> Files.exists(Path.of(there + tool)))
                    .findFirst()
                    .orElseThrow();
            Path program = Files.writeString(bin.resolve(tool), "#!/bin/sh\nexec " + place + tool + " \"$@\"\n");
            assertThat(program.toFile().setExecutable(true)).isTrue();
        }
        List<String> command = new ArrayList<>();
        List<String> alone = List.of("/usr/bin/unshare", "-rn");
        if (Files.exists(Path.of(alone.get(0)))
                && new ProcessBuilder(alone.get(0), alone.get(1), "true")
                                .start()
                                .waitFor()
                        == 0) {
            command.addAll(alone);
        }
        command.add(home.resolve("bin/contrast4j").toString());
        command.addAll(List.of(arguments));
        ProcessBuilder process = Launcher.quiet(new ProcessBuilder(command));
        process.environment().put("PATH", bin.toString());
        process.environment().put("JAVA_HOME", System.getProperty("java.home"));
        return process;
    }
}
