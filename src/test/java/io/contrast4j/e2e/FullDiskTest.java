package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is full in the middle of a run: a small file system in memory, in a name space of its own. */
class FullDiskTest {
    @TempDir
    Path folder;

    @Test
    void theRunEndsWithASentenceAndGoesOnWhenThereIsRoom() throws IOException {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        assumeMounting(disk);
        Path script = Files.writeString(folder.resolve("script"), """
                set -eu
                mount -t tmpfs -o size=8m none disk
                train() { "$1" train "$2" out=disk --resume --allow-change train.epochs "$3"; }
                train "$@" train.epochs=1
                latest=$(echo disk/tiny/*/checkpoints/step-10.pth)
                cp "$latest" before.pth

                # Room for less than a checkpoint.
                free=$(df -k --output=avail disk | tail -n 1)
                dd if=/dev/zero of=disk/filler bs=1k count=$((free - 400)) status=none
                train "$1" "$2" train.epochs=3 >full.out 2>full.err && exit 99
                echo $? >full.code
                cmp "$latest" before.pth
                test -s disk/tiny/*/config.conf -a -s disk/tiny/*/run.json
                test -z "$(find disk -name '*.part')"

                # No room at all: not for the shortest line.
                dd if=/dev/zero of=disk/filler2 bs=1k status=none 2>/dev/null || true
                train "$1" "$2" train.epochs=3 >none.out 2>none.err && exit 98
                echo $? >none.code
                cmp "$latest" before.pth
                test -s disk/tiny/*/config.conf -a -s disk/tiny/*/run.json

                rm disk/filler disk/filler2
                train "$1" "$2" train.epochs=3
                cp -r disk/tiny resumed
                """);
        Launcher launcher = new Launcher(folder);
        String conf = Launcher.conf("tiny.conf").toString();
        Launcher.Result result = launcher.run(Launcher.quiet(new ProcessBuilder(
                "unshare", "-rm", "bash", script.toString(), Launcher.HOME + "/tools/contrast4j", conf)));
        assertThat(result.exitCode())
                .as(() -> result.err() + printed("full") + printed("none"))
                .isZero();

        assertThat(folder.resolve("full.code")).hasContent("1");
        assertThat(printed("full"))
                .contains("contrast4j: The checkpoint disk/tiny/")
                .containsPattern("No space left on device.*the previous one .*step-10.pth is intact.*resume")
                .doesNotContain("\tat ");
        assertThat(folder.resolve("none.code")).hasContent("1");
        assertThat(printed("none")).contains("No space left on device").doesNotContain("\tat ");

        launcher.run("train", conf, "out=whole", "train.epochs=3").succeeded();
        RunFiles whole = RunFiles.only(folder.resolve("whole"), "tiny");
        RunFiles resumed = RunFiles.only(folder, "resumed");
        assertThat(resumed.timelessMetrics()).isEqualTo(whole.timelessMetrics());
        assertThat(RunFiles.content(resumed.latestCheckpoint())).isEqualTo(RunFiles.content(whole.latestCheckpoint()));
    }

    private String printed(String name) {
        Path err = folder.resolve(name + ".err");
        return Files.exists(err) ? Launcher.read(err) : "";
    }

    /** Skips a test that needs a file system of its own where none may be mounted. */
    static void assumeMounting(Path disk) {
        assumeTrue(mayMount(disk), "a file system may be mounted in a name space of its own (unshare -rm)");
    }

    private static boolean mayMount(Path disk) {
        try {
            return new ProcessBuilder(
                                    "unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=1m", "none", disk.toString())
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException missing) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
