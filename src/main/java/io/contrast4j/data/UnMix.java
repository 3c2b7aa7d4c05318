package io.contrast4j.data;

import io.contrast4j.image.Box;
import io.contrast4j.spec.Problems;
import io.contrast4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * Mixes a batch with itself in reverse order (Shen et al., "Un-Mix", AAAI 2022): picture i of N with picture N − 1 − i. One
 * share λ and one box hold for the whole batch, so that the reversed result is the mixture seen from the other side: in it
 * picture i has the share 1 − λ.
 *
 * @param beta β: λ is drawn from Beta(β, β)
 * @param globalProbability of blending {@code λ·x + (1 − λ)·reverse(x)}; else a box of the reversed batch is pasted, and λ
 *     becomes the share of the area that is left
 */
public record UnMix(double beta, double globalProbability) {
    private static final int HEIGHT = 2;
    private static final int WIDTH = 3;

    public UnMix {
        new Problems()
                .above("beta", beta, 0)
                .between("globalProbability", globalProbability, 0, 1)
                .raise();
    }

    /**
     * A mixed batch.
     *
     * @param images N×C×H×W; it belongs to the caller's scope
     * @param share λ: what picture i has of itself
     */
    public record Mixed(Tensor images, double share) {}

    /**
     * Mixes a batch; what is given stays as it is.
     *
     * @param images N×C×H×W
     */
    public Mixed mix(Tensor images, Chance chance) {
        return mix(images, images.flip(0), chance);
    }

    /**
     * Mixes a part of a batch.
     *
     * @param images N×C×H×W
     * @param reversed those that the reversed batch has in their places
     */
    public Mixed mix(Tensor images, Tensor reversed, Chance chance) {
        double share = chance.beta(beta);
        if (chance.unit() < globalProbability) {
            return new Mixed(images.mul(Tensors.scalar(share)).add(reversed, Tensors.scalar(1 - share)), share);
        }
        int height = (int) images.size(HEIGHT);
        int width = (int) images.size(WIDTH);
        Box box = Mixture.Region.box(height, width, share, chance.integer(0, height), chance.integer(0, width));
        Tensor mixed = images.clone();
        cut(mixed, box).copy_(cut(reversed, box));
        return new Mixed(mixed, 1 - (double) box.height() * box.width() / ((double) height * width));
    }

    private static Tensor cut(Tensor images, Box box) {
        return images.narrow(HEIGHT, box.top(), box.height()).narrow(WIDTH, box.left(), box.width());
    }
}
