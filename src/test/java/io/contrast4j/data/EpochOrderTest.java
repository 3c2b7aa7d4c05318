package io.contrast4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.data.EpochOrder.BatchPart;
import io.contrast4j.data.EpochOrder.EveryNthBatch;
import io.contrast4j.data.EpochOrder.Shard;
import io.contrast4j.data.EpochOrder.Shard.Uneven;
import io.contrast4j.data.EpochOrder.Shuffled;
import io.contrast4j.spec.InvalidValues;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class EpochOrderTest {
    /** The rule of torch's DistributedSampler: the whole list is lengthened or cut, then dealt out like cards. */
    @Property(tries = 300)
    void shardsAreDealtOutLikeCards(
            @ForAll @IntRange(min = 1, max = 40) int size,
            @ForAll @IntRange(min = 1, max = 50) int world,
            @ForAll Uneven uneven,
            @ForAll @IntRange(min = 0, max = 5) int epoch) {
        EpochOrder whole = new Shuffled(size, 3);
        List<Integer> list =
                new ArrayList<>(Arrays.stream(whole.indices(epoch)).boxed().toList());
        int length = (uneven == Uneven.DROP ? size / world : (size + world - 1) / world) * world;
        for (int i = 0; list.size() < length; i++) {
            list.add(list.get(i));
        }
        list = list.subList(0, length);
        for (int rank = 0; rank < world; rank++) {
            List<Integer> dealt = new ArrayList<>();
            for (int i = rank; i < length; i += world) {
                dealt.add(list.get(i));
            }
            EpochOrder shard = new Shard(whole, rank, world, uneven);
            assertThat(shard.size()).isEqualTo(length / world);
            assertThat(shard.indices(epoch))
                    .containsExactly(dealt.stream().mapToInt(Integer::intValue).toArray());
        }
    }

    @Test
    void togetherTheShardsAreAnEpochAndAnotherOneEachEpoch() {
        EpochOrder whole = new Shuffled(12, 5);
        int[] first = IntStream.range(0, 3)
                .flatMap(rank -> Arrays.stream(new Shard(whole, rank, 3, Uneven.REPEAT).indices(0)))
                .sorted()
                .toArray();
        assertThat(first).containsExactly(IntStream.range(0, 12).toArray());
        EpochOrder shard = new Shard(whole, 1, 3, Uneven.REPEAT);
        assertThat(shard.indices(0)).isNotEqualTo(shard.indices(1)).isEqualTo(shard.indices(0));
    }

    /** In each step all parts together are the batch of one process, in its order. */
    @Property(tries = 300)
    void batchPartsAreTheRowsOfOneProcess(
            @ForAll @IntRange(min = 0, max = 60) int size,
            @ForAll @IntRange(min = 1, max = 6) int world,
            @ForAll @IntRange(min = 1, max = 6) int rows,
            @ForAll @IntRange(min = 0, max = 5) int epoch) {
        EpochOrder whole = new Shuffled(size, 3);
        int batches = size / (rows * world);
        int[] together = new int[batches * rows * world];
        for (int rank = 0; rank < world; rank++) {
            EpochOrder part = new BatchPart(whole, rank, world, rows);
            assertThat(part.size()).isEqualTo(batches * rows);
            int[] indices = part.indices(epoch);
            assertThat(indices).hasSize(part.size());
            for (int batch = 0; batch < batches; batch++) {
                System.arraycopy(indices, batch * rows, together, (batch * world + rank) * rows, rows);
            }
        }
        assertThat(together).isEqualTo(Arrays.copyOf(whole.indices(epoch), together.length));
    }

    /** Dealt out like cards, in their order, the smaller last one too. */
    @Property(tries = 300)
    void everyNthBatchIsOneOfTheWhole(
            @ForAll @IntRange(min = 0, max = 60) int size,
            @ForAll @IntRange(min = 1, max = 6) int world,
            @ForAll @IntRange(min = 1, max = 6) int rows,
            @ForAll @IntRange(min = 0, max = 5) int epoch) {
        EpochOrder whole = new Shuffled(size, 3);
        int[] all = whole.indices(epoch);
        Batching batching = new Batching(rows, Batching.Last.KEEP);
        int seen = 0;
        for (int rank = 0; rank < world; rank++) {
            EpochOrder part = new EveryNthBatch(whole, rank, world, rows);
            int[] indices = part.indices(epoch);
            assertThat(indices).hasSize(part.size());
            for (int batch = 0; batch < batching.count(indices.length); batch++) {
                assertThat(batching.cut(indices, batch)).isEqualTo(batching.cut(all, batch * world + rank));
            }
            seen += indices.length;
        }
        assertThat(seen).isEqualTo(size);
    }

    @Test
    void aRankThatDoesNotExistIsRefused() {
        assertThatThrownBy(() -> new Shard(new Shuffled(4, 1), 2, 2, Uneven.DROP))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContaining("rank = 2");
    }
}
