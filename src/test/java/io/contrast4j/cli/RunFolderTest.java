package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
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
}
