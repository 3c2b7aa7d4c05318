package io.contrast4j.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.random.CounterRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Exact neighbours, against cosines computed one by one. */
class NeighboursTest {
    private static float[][] random(int rows, int dimension, long seed) {
        CounterRandom random = CounterRandom.of(seed);
        float[][] vectors = new float[rows][dimension];
        for (float[] vector : vectors) {
            for (int i = 0; i < dimension; i++) {
                vector[i] = (float) random.nextGaussian() * 5;
            }
        }
        return vectors;
    }

    private static double cosine(float[] a, float[] b) {
        double dot = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            dot += (double) a[i] * b[i];
            aa += (double) a[i] * a[i];
            bb += (double) b[i] * b[i];
        }
        return dot / Math.sqrt(aa * bb);
    }

    @Test
    void theyAreThoseOfTheHighestCosines() {
        float[][] known = random(150, 17, 1);
        float[][] queries = random(600, 17, 2); // more than a block
        try (Neighbours neighbours = Neighbours.of(known)) {
            assertThat(neighbours.size()).isEqualTo(150);
            List<List<Neighbours.Hit>> found = neighbours.nearest(queries, 7);
            assertThat(found).hasSize(600);
            for (int q = 0; q < queries.length; q++) {
                float[] query = queries[q];
                List<Integer> rows = new ArrayList<>();
                for (int row = 0; row < known.length; row++) {
                    rows.add(row);
                }
                rows.sort(Comparator.comparingDouble(row -> -cosine(query, known[row])));
                for (int i = 0; i < 7; i++) {
                    Neighbours.Hit hit = found.get(q).get(i);
                    assertThat((double) hit.similarity()).isCloseTo(cosine(query, known[rows.get(i)]), within(1e-5));
                    assertThat((double) hit.similarity()).isCloseTo(cosine(query, known[hit.row()]), within(1e-5));
                }
            }
        }
    }

    /** So long that two of them are copied at a time. */
    @Test
    void vectorsAreCopiedInBlocks() {
        float[][] known = new float[3][6_000_000];
        for (int row = 0; row < 3; row++) {
            known[row][row * 2_000_000] = row + 1;
        }
        float[] query = new float[6_000_000];
        query[4_000_000] = 4;
        query[2_000_000] = 3;
        try (Neighbours neighbours = Neighbours.of(known)) {
            assertThat(neighbours.nearest(query, 3))
                    .containsExactly(
                            new Neighbours.Hit(2, 0.8f), new Neighbours.Hit(1, 0.6f), new Neighbours.Hit(0, 0));
        }
    }

    @Test
    void closingWaitsForSearchesAndRefusesLaterOnes() throws Exception {
        float[][] known = random(2000, 64, 1);
        Neighbours neighbours = Neighbours.of(known);
        List<Neighbours.Hit> expected = neighbours.nearest(known[5], 3);
        ExecutorService callers = Executors.newFixedThreadPool(3);
        CountDownLatch searching = new CountDownLatch(3);
        List<Future<Integer>> calls = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            calls.add(callers.submit(() -> {
                for (int done = 0; ; done++) {
                    try {
                        assertThat(neighbours.nearest(known[5], 3)).isEqualTo(expected);
                        if (done == 0) {
                            searching.countDown();
                        }
                    } catch (IllegalStateException closed) {
                        assertThat(closed).hasMessageEndingWith("is closed");
                        return done;
                    }
                }
            }));
        }
        searching.await();
        neighbours.close();
        for (Future<Integer> call : calls) {
            assertThat(call.get(60, TimeUnit.SECONDS)).isPositive();
        }
        callers.shutdown();
        neighbours.close();
    }

    @Test
    void equalOnesAreInTheirOrderAndThereAreNoMoreThanThereAre() {
        float[] vector = {1, 2, 3};
        try (Neighbours neighbours = Neighbours.of(new float[][] {vector, {3, 0, -1}, vector, {0, 0, 0}})) {
            assertThat(neighbours.nearest(vector, 10))
                    .extracting(Neighbours.Hit::row)
                    .containsExactly(0, 2, 1, 3);
            assertThatThrownBy(() -> neighbours.nearest(new float[] {1}, 2))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("vector 0 has 1 numbers, and not 3 as the others");
            assertThatThrownBy(() -> neighbours.nearest(vector, 0)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> Neighbours.of(new float[0][]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("there is no vector");
    }
}
