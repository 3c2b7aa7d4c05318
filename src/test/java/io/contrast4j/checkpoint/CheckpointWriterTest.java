package io.contrast4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointWriterTest {
    @TempDir
    Path folder;

    private static Map<String, Object> tree(Tensor weight) {
        OrderedDict model = new OrderedDict();
        model.put("weight", weight);
        model.put("tied", weight);
        model.put("turned", weight.t());
        model.attributes().put("_metadata", "kept");
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("model", model);
        tree.put("groups", List.of(Map.of("lr", 0.5), new Tuple(List.of(1L, weight))));
        tree.put("epoch", 3L);
        tree.put("empty", Tensors.of(new float[0], 0));
        return tree;
    }

    @Test
    void aSnapshotIsTheStateAtItsMomentWhateverHappensToTheStateAfterwards() {
        try (Scope scope = Scope.open()) {
            Tensor weight = Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
            Path live = folder.resolve("live.pth");
            PthFile.write(live, tree(weight));
            try (Snapshot snapshot = Snapshot.of(tree(weight))) {
                weight.fill_(new Scalar(9.0));
                Path copied = folder.resolve("copied.pth");
                PthFile.write(copied, snapshot.content());
                // To the byte: names of the same memory are still that, and the order of keys is the same.
                assertThat(copied).hasSameBinaryContentAs(live);
            }
        }
    }

    @Test
    void whoSavesDoesNotWaitForTheWriting() throws InterruptedException {
        CountDownLatch mayWrite = new CountDownLatch(1);
        AtomicReference<String> thread = new AtomicReference<>("");
        AtomicReference<float[]> written = new AtomicReference<>(new float[0]);
        try (CheckpointWriter writer = new CheckpointWriter();
                Scope scope = Scope.open()) {
            Tensor weight = Tensors.of(new float[] {7}, 1);
            writer.start(Snapshot.of(Map.of("weight", weight)), content -> {
                try {
                    assertThat(mayWrite.await(60, TimeUnit.SECONDS)).isTrue();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                thread.set(Thread.currentThread().getName());
                written.set(Tensors.floats((Tensor) content.get("weight")));
            });
            writer.check();
            weight.fill_(new Scalar(0.0));
            assertThat(thread.get()).isEmpty();
            mayWrite.countDown();
            writer.finish();
            assertThat(thread.get()).isEqualTo("checkpoint-writer");
            assertThat(written.get()).containsExactly(7);
        }
    }

    @Test
    void whatGoesWrongIsThrownOnceWhereTheRunIs() {
        UserError full = new UserError(UserError.FAILED, "The disk is full.");
        CheckpointWriter.Destination failing = content -> {
            throw full;
        };
        try (CheckpointWriter writer = new CheckpointWriter()) {
            writer.start(Snapshot.of(Map.of()), failing);
            assertThatThrownBy(writer::finish).isSameAs(full);
            writer.check();
            writer.finish();

            writer.start(Snapshot.of(Map.of()), failing);
            CountDownLatch second = new CountDownLatch(1);
            assertThatThrownBy(() -> writer.start(Snapshot.of(Map.of()), content -> second.countDown()))
                    .isSameAs(full);
            assertThat(second.getCount()).isEqualTo(1);
        }
    }

    @Test
    void closingWaitsForWhatIsBeingWritten() {
        CheckpointStore store = new CheckpointStore(folder, 2);
        CheckpointWriter writer = new CheckpointWriter();
        try (Scope scope = Scope.open()) {
            writer.start(Snapshot.of(CheckpointSaver.content(4)), content -> store.save("epoch-4", content));
        }
        writer.close();
        assertThat(store.latest()).contains(store.file("epoch-4"));
    }
}
