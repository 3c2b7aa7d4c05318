package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.checkpoint.PthFile;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Module;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is read of a run's folder when it goes on; people edit these files, and put others beside them. */
class RunFolderTest {
    @TempDir
    private Path folder;

    private RunFolder run = new RunFolder(Path.of(""), true);

    @BeforeEach
    void makeRun() throws IOException {
        run = new RunFolder(Files.createDirectory(folder.toRealPath().resolve("run")), true);
        Files.createDirectory(run.checkpoints());
        Files.writeString(run.config(), "");
    }

    private static Path file(Path place) throws IOException {
        return Files.writeString(place, place.getFileName().toString());
    }

    @Test
    void onlyACheckpointAmongThoseOfARunBelongsToIt() throws IOException {
        Path saved = file(run.checkpoints().resolve("step-5.pth"));
        assertThat(RunFolder.of(saved)).contains(run);
        assertThat(RunFolder.of(Files.createSymbolicLink(folder.resolve("link.pth"), saved)))
                .contains(run);

        Path models = Files.createDirectory(run.path().resolve("models"));
        assertThat(RunFolder.of(file(models.resolve("step-5.pth")))).isEmpty();
        assertThat(RunFolder.of(file(run.path().resolve("step-5.pth")))).isEmpty();
        Files.delete(run.config());
        assertThat(RunFolder.of(saved)).as("without a run beside it").isEmpty();
    }

    @Test
    void theHashOfAFileThatIsWrittenAnewIsForgottenBefore() throws IOException {
        Path saved = file(run.checkpoints().resolve("step-100.pth"));
        file(run.checkpoints().resolve("step-50.pth"));
        Files.writeString(run.runJson(), """
                {"checkpoints": {"step-50.pth": "of 50", "step-100.pth": "of what was damaged"}}
                """);
        CheckpointHashes hashes = new CheckpointHashes(run);
        assertThat(hashes.forget(saved)).isTrue();
        assertThat(hashes.forget(saved)).as("again").isFalse();
        assertThat(hashes.soFar()).isEqualTo(Map.of("step-50.pth", "of 50"));
        Files.writeString(saved, "new");
        hashes.saved(saved);
        assertThat(hashes.soFar()).isEqualTo(Map.of("step-50.pth", "of 50", "step-100.pth", Sha256.of(saved)));
    }

    @Test
    void whatWasEditedByHandInRunJsonIsPassedOver() throws IOException {
        Path saved = file(run.checkpoints().resolve("step-5.pth"));
        for (String threads : List.of("\"many\"", "[2]", "{}", "null", "1e99", "true")) {
            Files.writeString(run.runJson(), """
                    {"checkpoints": {"step-5.pth": {}, "step-6.pth": null, "step-7.pth": ["a", "b"]}, "threads": %s, "ranks": %s}
                    """.formatted(threads, threads));
            CheckpointHashes hashes = new CheckpointHashes(run);
            assertThat(hashes.all()).isEqualTo(Map.of("step-5.pth", Sha256.of(saved)));
            try (Module module = new Module()) {
                assertThatCode(() -> new RunIdentity("", Map.of(), module, hashes).goesOn(run, 2, 1))
                        .as(threads)
                        .doesNotThrowAnyException();
            }
        }
    }

    @Test
    void theEndsOfEpochsAreReadUntilALineThatIsNone() throws IOException {
        Files.writeString(run.metrics(), """
                {"step":5,"loss":3.5}
                {"step":10,"epoch":1,"epoch.loss":2.5,"validation.knn":50,"note":"x"}
                """);
        Map<Long, Map<String, Double>> first =
                Map.of(10L, Map.of("step", 10.0, "epoch", 1.0, "epoch.loss", 2.5, "validation.knn", 50.0));
        assertThat(RunLog.endedEpochs(run)).isEqualTo(first);
        String good = Files.readString(run.metrics());
        for (String wrong :
                List.of("[\"epoch.loss\":1]", "[{\"epoch.loss\":1}]", "\"\\\"epoch.loss\":", "{\"epoch.loss\":")) {
            Files.writeString(run.metrics(), good + wrong + "\n");
            assertThat(RunLog.endedEpochs(run)).as(wrong).isEqualTo(first);
        }
    }

    @Test
    void aValueThatIsNoFiniteNumberIsAChangeLikeAnyOther() throws IOException {
        Path saved = run.checkpoints().resolve("step-5.pth");
        PthFile.write(
                saved, Map.of("opt", Map.of("a", Double.NaN, "b", Double.POSITIVE_INFINITY, "c", 2.0, "d", 1e300)));
        assertThatThrownBy(() -> new AllowedChanges(List.of()).check(saved, "a = 1, b = 2, c = 2, d = 1e300", Map.of()))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("a was NaN and is now 1")
                .hasMessageContaining("b was Infinity and is now 2")
                .hasMessageNotContainingAny("c was", "d was");
    }
}
