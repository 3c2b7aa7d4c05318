package io.contrast4j.objective;

import io.contrast4j.spec.Problems;
import io.contrast4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * Distillation of a teacher's classes into a student (Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural
 * Network", 2015): KL(s, t) = −T²·mean over rows of Σ_c softmax(t/T)_c·log softmax(s/T)_c.
 *
 * <p>As in SelfCon it is the cross-entropy: the teacher's entropy, which no gradient comes from, is not subtracted, so it
 * is not 0 where the two agree.
 *
 * @param temperature T, above 0
 */
public record Distillation(double temperature) {
    public Distillation {
        new Problems().above("temperature", temperature, 0).raise();
    }

    /**
     * A 0-d tensor.
     *
     * @param student logits, N×C
     * @param teacher logits, N×C; no gradient goes there
     */
    public Tensor of(Tensor student, Tensor teacher) {
        Tensor wanted = softened(teacher.detach()).softmax(1);
        Tensor found = softened(student).log_softmax(1);
        return wanted.mul(found).sum().mul(Tensors.scalar(-temperature * temperature / student.size(0)));
    }

    private Tensor softened(Tensor logits) {
        return Tensors.wide(logits).div(Tensors.scalar(temperature));
    }
}
