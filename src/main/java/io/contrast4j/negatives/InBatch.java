package io.contrast4j.negatives;

import io.contrast4j.objective.Scores;
import io.contrast4j.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The features of a batch contrasted with each other (SimCLR, Chen et al., 2020; SupCon, Khosla et al., 2020; SelfCon,
 * Bae et al., 2023): every row is contrasted with all rows but itself, and those of the same picture or class are its
 * positives.
 *
 * <p>Views are stacked, all N rows of the first, then all of the second, and so on. Row r belongs to sample r mod b of b:
 * b is N, or a part of it where a view's rows are already several crops one after another. Two rows r ≠ c are positives
 * of weight P[r mod b, c mod b]. Gradients flow to anchors and contrast rows alike.
 */
public final class InBatch {
    private InBatch() {}

    /** Which of the stacked rows are anchors; all rows are contrasted with. */
    public enum Anchors {
        /** All. */
        ALL,
        /** Those of the first view. */
        FIRST_VIEW,
        /** Those of every view but the last, which by convention is the backbone's: the anchors are the exits'. */
        ALL_BUT_LAST_VIEW
    }

    /** P where rows of the same sample are positives: the identity, b×b, on the device of {@code like}. */
    public static Tensor samePicture(long b, Tensor like) {
        return like.new_ones(b, b).triu(0).tril(0);
    }

    /** P where rows of the same class are positives: 1 for equal labels, else 0; b×b booleans from b labels. */
    public static Tensor sameClass(Tensor labels) {
        return labels.unsqueeze(1).eq(labels.unsqueeze(0));
    }

    /**
     * @param pair names the contrast, see {@link Scores#pair}
     * @param views N×D for each view; further axes are flattened into D. 16-bit features are widened
     * @param positives P, b×b, b a divisor of N; weights at least 0, or booleans
     * @throws IllegalArgumentException if shapes do not fit, or no anchors are left
     */
    public static Scores of(String pair, List<Tensor> views, Tensor positives, Anchors anchors) {
        if (views.isEmpty()) {
            throw new IllegalArgumentException("at least one view is needed");
        }
        long rows = views.get(0).size(0);
        long samples = positives.size(0);
        for (Tensor view : views) {
            if (view.dim() < 2 || view.size(0) != rows) {
                throw new IllegalArgumentException("every view must be of " + rows + " rows with a feature each");
            }
        }
        if (positives.dim() != 2 || positives.size(1) != samples || samples == 0 || rows % samples != 0) {
            throw new IllegalArgumentException("the " + rows + " rows of a view are no whole number of crops of the "
                    + samples + " samples that positives are given for");
        }
        long anchorViews = switch (anchors) {
            case ALL -> views.size();
            case FIRST_VIEW -> 1;
            case ALL_BUT_LAST_VIEW -> views.size() - 1;
        };
        if (anchorViews == 0) {
            throw new IllegalArgumentException("without the last view no anchor is left: two views or more are needed");
        }
        Tensor contrast = torch.cat(
                new TensorVector(views.stream()
                        .map(view -> Tensors.wide(view).flatten(1, -1))
                        .toArray(Tensor[]::new)),
                0);
        long all = rows * views.size();
        long chosen = rows * anchorViews;
        Tensor similarities = contrast.narrow(0, 0, chosen).matmul(contrast.t());

        // Anchors are the first of the contrast rows, so that a row meets itself on the diagonal.
        Tensor others = similarities.new_ones(chosen, all).fill_diagonal_(Tensors.scalar(0));
        Tensor weights = positives
                .to(similarities.scalar_type().intern())
                .repeat(chosen / samples, all / samples)
                .mul(others);
        return Scores.of(pair, similarities, similarities, samples)
                .sharing(weights)
                .keeping(others.ne(Tensors.scalar(0)))
                .against(Scores.Denominator.NEGATIVES);
    }
}
