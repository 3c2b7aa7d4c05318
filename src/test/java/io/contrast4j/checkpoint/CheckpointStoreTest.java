package io.contrast4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointStoreTest {
    @TempDir
    Path folder;

    @Test
    void keepsTheLastOnesAndThoseWithAName() throws IOException {
        CheckpointStore store = new CheckpointStore(folder, 2);
        assertThat(store.latest()).isEmpty();
        store.save("epoch-1", Map.of("epoch", 1L));
        store.save("best", Map.of("epoch", 1L));
        for (long epoch = 2; epoch <= 11; epoch++) {
            store.save("epoch-" + epoch, Map.of("epoch", epoch));
        }

        // 11 follows 10 and 9, although "9" sorts after "11".
        assertThat(names()).containsExactly("best.pth", "epoch-10.pth", "epoch-11.pth");
        assertThat(store.latest()).contains(folder.resolve("epoch-11.pth"));
        assertThat(store.load("best")).isEqualTo(Map.of("epoch", 1L));
    }

    @Test
    void theBestAreSparedAndNamesStandForOthers() throws IOException {
        CheckpointStore store = new CheckpointStore(folder, 2);
        for (long step = 1; step <= 6; step++) {
            store.save("step-" + step, Map.of("epoch", step), step < 3 ? Set.of("step-1") : Set.of("step-1", "step-3"));
            store.point("latest", "step-" + step);
        }
        store.point("best", "step-3");

        assertThat(names())
                .containsExactly("best.pth", "latest.pth", "step-1.pth", "step-3.pth", "step-5.pth", "step-6.pth");
        assertThat(store.load("latest")).isEqualTo(Map.of("epoch", 6L));
        assertThat(store.load("best")).isEqualTo(Map.of("epoch", 3L));
        assertThat(Files.readSymbolicLink(store.file("best"))).isEqualTo(Path.of("step-3.pth"));
        // What points somewhere is never the latest itself, nor in its way when that is gone.
        Files.delete(store.file("step-6"));
        assertThat(store.latest()).contains(store.file("step-5"));
    }

    @Test
    void aFileThatWasCutOffIsNeverTheLatest() throws IOException {
        CheckpointStore store = new CheckpointStore(folder, 3);
        store.save("epoch-1", Map.of("epoch", 1L));
        Path second = store.save("epoch-2", Map.of("epoch", 2L));
        byte[] whole = Files.readAllBytes(second);
        for (int length : new int[] {0, 10, whole.length / 2, whole.length - 1}) {
            Files.write(second, java.util.Arrays.copyOf(whole, length));
            assertThat(store.latest()).contains(store.file("epoch-1"));
        }
    }

    @Test
    void leftoversAreNeverReadAndAreRemovedAtTheNextSave() throws IOException {
        CheckpointStore store = new CheckpointStore(folder, 3);
        Path first = store.save("epoch-1", Map.of("epoch", 1L));
        Files.copy(first, folder.resolve("epoch-7.pth.part"));
        Files.writeString(folder.resolve("notes.txt"), "not ours");

        assertThat(store.latest()).contains(first);
        store.save("epoch-2", Map.of("epoch", 2L));

        assertThat(names()).containsExactly("epoch-1.pth", "epoch-2.pth", "notes.txt");
    }

    @Test
    void aFolderThatCannotBeWrittenToIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "in the way");
        CheckpointStore store = new CheckpointStore(file.resolve("checkpoints"), 3);

        assertThatThrownBy(() -> store.save("epoch-1", Map.of("epoch", 1L)))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("The checkpoint " + store.file("epoch-1") + " could not be written")
                .hasMessageContaining("there is no previous one")
                .satisfies(error -> assertThat(((UserError) error).exitCode()).isEqualTo(UserError.FAILED));
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
