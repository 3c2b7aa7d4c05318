package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
}
