package io.contrast4j.negatives;

import io.contrast4j.spec.Problems;
import java.util.random.RandomGenerator;
import org.bytedeco.pytorch.Tensor;

/**
 * The draws of one of several equal parts of a batch, for processes that share it: those that its rows have where one process
 * has the whole batch. What is drawn for all anchors alike is the same for all parts.
 *
 * @param whole draws of the whole batch
 * @param part number of this part, from 0
 * @param parts number of parts
 */
public record DrawsOfPart(Draws whole, int part, int parts) implements Draws {
    public DrawsOfPart {
        new Problems()
                .atLeast("parts", parts, 1)
                .between("part", part, 0, Math.max(0, parts - 1))
                .raise();
    }

    @Override
    public Tensor items(long rows, long columns, long n) {
        return whole.items(rows * parts, columns, n).narrow(0, part * rows, rows);
    }

    @Override
    public Tensor rows(long m, long n) {
        return whole.rows(m, n);
    }

    /** That of the whole batch: n counts the pictures of all parts. */
    @Override
    public Tensor permutation(long n) {
        return whole.permutation(n);
    }

    @Override
    public RandomGenerator mixing() {
        return whole.mixing();
    }
}
