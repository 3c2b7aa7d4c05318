package io.contrast4j.method;

import io.contrast4j.negatives.InBatch;
import io.contrast4j.objective.Scores;
import io.contrast4j.spec.Problems;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * What SelfCon and its relatives contrast in one step (Bae et al., "Self-Contrastive Learning: Single-viewed Supervised
 * Contrastive Framework using Sub-network", 2023). The loss is the sum over the returned scores of InfoNCE with base
 * temperature 0.07:
 *
 * <table>
 * <caption>The published names</caption>
 * <tr><th>name</th><th>crops</th><th>rows</th><th>positives</th><th>α</th></tr>
 * <tr><td>Con (SimCLR)</td><td>2</td><td>end</td><td>same picture</td><td>0</td></tr>
 * <tr><td>SupCon</td><td>2</td><td>end</td><td>same class</td><td>0</td></tr>
 * <tr><td>SupCon-S</td><td>1</td><td>end</td><td>same class</td><td>0</td></tr>
 * <tr><td>SelfCon, -M</td><td>1, 2</td><td>exits and end</td><td>same class</td><td>0</td></tr>
 * <tr><td>SelfCon-SU, -MU</td><td>1, 2</td><td>exits and end</td><td>same picture</td><td>0</td></tr>
 * <tr><td>SelfCon-S*, -M*</td><td>1, 2</td><td>exits and end</td><td>same class</td><td>above 0</td></tr>
 * <tr><td>SelfCon-SU*, -MU*</td><td>1, 2</td><td>exits and end</td><td>same picture</td><td>above 0</td></tr>
 * </table>
 *
 * <p>With α = 0 exits and end are contrasted in one go. With α &gt; 0 the end is contrasted as in SupCon or SimCLR, and
 * added to it is α times a contrast whose anchors are the exits alone, so that the end is not drawn to them. As published,
 * SelfCon-MU takes the other crop of a picture for a negative, and SelfCon-SU* has the second term only, because the end
 * of one crop has no positives.
 *
 * @param crops 1 or 2
 * @param rows whose features are contrasted
 * @param positives what makes two rows positives of each other
 * @param alpha α, at least 0
 */
public record SelfConTerms(int crops, Rows rows, Positives positives, double alpha) {
    /** Whose features are contrasted. */
    public enum Rows {
        /** The end's only. */
        END,
        /** The exits' and the end's. */
        EXITS_AND_END
    }

    /** What makes two rows positives of each other. */
    public enum Positives {
        /** They are of the same picture. */
        SAME_PICTURE,
        /** They are of the same class; this one is supervised. */
        SAME_CLASS
    }

    public SelfConTerms {
        new Problems()
                .between("crops", crops, 1, 2)
                .atLeast("alpha", alpha, 0)
                .require(
                        alpha == 0 || rows == Rows.EXITS_AND_END,
                        "alpha",
                        alpha,
                        "0 where only the end is contrasted, as it is the weight of the exits")
                .require(
                        crops == 2 || rows == Rows.EXITS_AND_END || positives == Positives.SAME_CLASS,
                        "crops",
                        crops,
                        "2 where only the end of the same picture is contrasted, as one crop has no positives")
                .raise();
    }

    /**
     * @param exits (crops·N)×D of unit rows for each exit, in depth order; all first crops, then all second
     * @param end (crops·N)×D of unit rows
     * @param labels int64 N; not looked at unless they make the positives
     * @throws IllegalArgumentException if exits are to be contrasted and there are none, or rows or labels do not fit
     */
    public List<Scores> of(List<Tensor> exits, Tensor end, Tensor labels) {
        long pictures = end.size(0) / crops;
        if (pictures * crops != end.size(0)) {
            throw new IllegalArgumentException(end.size(0) + " rows are not " + crops + " crops of each picture");
        }
        if (positives == Positives.SAME_CLASS && labels.size(0) != pictures) {
            throw new IllegalArgumentException(labels.size(0) + " labels for " + pictures + " pictures");
        }
        if (rows == Rows.END) {
            return List.of(ofEnd(end, pictures, labels));
        }
        if (exits.isEmpty()) {
            throw new IllegalArgumentException("a network without exits has none to contrast");
        }
        List<Tensor> stack = new ArrayList<>(exits);
        stack.add(end);
        if (alpha == 0) {
            // Unsupervised, each crop stands for itself, and the other crop of its picture is a negative.
            Tensor same = same(positives == Positives.SAME_PICTURE ? end.size(0) : pictures, end, labels);
            return List.of(InBatch.of("exits", stack, same, InBatch.Anchors.ALL));
        }
        List<Scores> terms = new ArrayList<>();
        if (crops == 2 || positives == Positives.SAME_CLASS) {
            terms.add(ofEnd(end, pictures, labels));
        }
        terms.add(InBatch.of("exits", stack, same(pictures, end, labels), InBatch.Anchors.ALL_BUT_LAST_VIEW)
                .times(alpha));
        return terms;
    }

    /** The crops of the end as views. */
    private Scores ofEnd(Tensor end, long pictures, Tensor labels) {
        List<Tensor> views = new ArrayList<>();
        for (int crop = 0; crop < crops; crop++) {
            views.add(end.narrow(0, crop * pictures, pictures));
        }
        return InBatch.of("end", views, same(pictures, end, labels), InBatch.Anchors.ALL);
    }

    private Tensor same(long samples, Tensor end, Tensor labels) {
        return positives == Positives.SAME_CLASS ? InBatch.sameClass(labels) : InBatch.samePicture(samples, end);
    }
}
