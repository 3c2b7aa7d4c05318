package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two hosts, each a network namespace, with a cable between them that can be cut. Only root can make them. */
@Tag("slow")
class TwoHostsTest {
    private static final String CONF = Launcher.conf("tiny.conf").toString();
    private static final String NAME = "c4j" + ProcessHandle.current().pid() % 100_000;
    private static final List<String> HOSTS = List.of(NAME + "a", NAME + "b");
    private static final List<String> ADDRESSES = List.of("10.213.77.1", "10.213.77.2");
    private static final List<String> RUN = List.of(
            "train",
            CONF,
            "views { space = rgb, groups = [[0, 1, 2]], crops = 2 }",
            "method.type=moco",
            "store={ type = queue, size = 48 }",
            "negatives=null",
            "negatives={ type = all }",
            "objective.type=infonce",
            "train.epochs=2",
            "schedule.milestones=[1]",
            "eval.random-weights=false",
            "report.pictures=0",
            "distributed.timeout=4s");

    @TempDir
    Path folder;

    @BeforeEach
    void plugIn() {
        assumeTrue(
                succeeds("ip", "netns", "add", HOSTS.get(0)),
                "skipped: network namespaces need root and the program ip (Debian: iproute2)");
        must("ip", "netns", "add", HOSTS.get(1));
        must("ip", "link", "add", HOSTS.get(0), "type", "veth", "peer", "name", HOSTS.get(1));
        for (int host = 0; host < 2; host++) {
            String name = HOSTS.get(host);
            must("ip", "link", "set", name, "netns", name);
            must("ip", "-n", name, "addr", "add", ADDRESSES.get(host) + "/24", "dev", name);
            must("ip", "-n", name, "link", "set", name, "up");
            must("ip", "-n", name, "link", "set", "lo", "up");
        }
    }

    @AfterEach
    void pullOut() {
        HOSTS.forEach(host -> succeeds("ip", "netns", "del", host));
    }

    private static boolean succeeds(String... command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getInputStream().readAllBytes();
            return process.waitFor() == 0;
        } catch (IOException none) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void must(String... command) {
        assertThat(succeeds(command)).as(String.join(" ", command)).isTrue();
    }

    /** The process of a host, with torchrun's variables. */
    private Launcher.Started start(int host, String... more) {
        List<String> command =
                new ArrayList<>(List.of("ip", "netns", "exec", HOSTS.get(host), Launcher.SCRIPT.toString()));
        Stream.concat(RUN.stream(), Stream.of(more)).forEach(command::add);
        ProcessBuilder process = Launcher.quiet(new ProcessBuilder(command));
        process.environment()
                .putAll(Map.of(
                        "RANK",
                        Integer.toString(host),
                        "WORLD_SIZE",
                        "2",
                        "LOCAL_RANK",
                        "0",
                        "LOCAL_WORLD_SIZE",
                        "1",
                        "MASTER_ADDR",
                        ADDRESSES.get(0),
                        "MASTER_PORT",
                        "29500"));
        return new Launcher(folder).start(process);
    }

    @Test
    void whenTheCableIsCutBothSaySoAndTheRunGoesOnLater() {
        List<String> alone = new ArrayList<>(RUN);
        alone.addAll(List.of("out=one", "method.shards=2"));
        new Launcher(folder).run(alone.toArray(String[]::new)).succeeded();

        Launcher.Started second = start(1, "out=two", "--resume");
        Launcher.Started first = start(0, "out=two", "--resume");
        assertThat(first.until(() -> RunFiles.all(folder.resolve("two"), "tiny").stream()
                        .anyMatch(run -> run.lines().size() >= 5)))
                .isTrue();
        must("ip", "-n", HOSTS.get(0), "link", "set", HOSTS.get(0), "down");
        long cut = System.nanoTime();
        Launcher.Result told = first.await()
                .failed(
                        1,
                        "Rank 1 on ",
                        "took no part in an exchange within distributed.timeout = 4 s: it hangs, or its host or the"
                                + " network to it is gone.",
                        "saved after step ");
        second.await().failed(1, "Rank 0 on ", "does not answer: its host or the network to it is gone");
        assertThat(Duration.ofNanos(System.nanoTime() - cut)).isLessThan(Duration.ofSeconds(25));
        assertThat(told.err()).doesNotContain("not saved");

        must("ip", "-n", HOSTS.get(0), "link", "set", HOSTS.get(0), "up");
        second = start(1, "out=two", "--resume");
        assertThat(start(0, "out=two", "--resume").await().succeeded().err()).contains("resumed, from step");
        second.await().succeeded();
        assertThat(RunFiles.only(folder.resolve("two"), "tiny").json().get("weights_sha256"))
                .isEqualTo(RunFiles.only(folder.resolve("one"), "tiny").json().get("weights_sha256"));
    }
}
