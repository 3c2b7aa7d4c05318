package io.contrast4j.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import io.contrast4j.eval.Features;
import io.contrast4j.eval.NeighbourVote;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** The published validation by the rows of a memory bank, as {@code eval knn} does it. */
@Tag("golden")
class RingValidationGoldenTest {
    @TestFactory
    Stream<DynamicTest> theLabelOfTheBankRowWithTheLargestInnerProduct() {
        return Goldens.find("ring", "memory_bank*.json")
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> check(file)));
    }

    private static void check(Path file) {
        JsonObject golden = Goldens.json(file).getAsJsonObject("nn");
        try (Scope scope = Scope.open()) {
            Map<String, Tensor> tensors = Goldens.tensors(file);
            Tensor labels = Goldens.here(tensors.get("nn/train_labels"));
            Features queries = new Features(tensors.get("nn/val_outputs"), Goldens.here(tensors.get("nn/val_labels")));
            int classes = 1 + (int) LongStream.of(Tensors.longs(labels)).max().orElseThrow();
            NeighbourVote vote = new NeighbourVote(NeighbourVote.Metric.INNER_PRODUCT, NeighbourVote.Votes.UNIFORM, 1);
            Features bank = new Features(tensors.get("init/bank").to(ScalarType.Float), labels);
            assertThat(vote.among(bank, queries, List.of(1), classes).get(0).top1())
                    .isCloseTo(100 * golden.get("acc").getAsDouble(), within(1e-9));
        }
    }
}
