package io.contrast4j.cli;

import io.contrast4j.spec.Problems;

/**
 * What a published run has come to, for comparison; nothing is computed from it.
 *
 * @param top1 accuracy of the linear classifier on its features, in per cent
 * @param source where this number stands
 */
record Expected(double top1, String source) {
    Expected {
        new Problems()
                .between("top1", top1, 0, 100)
                .require(!source.isBlank(), "source", '"' + source + '"', "where the number stands")
                .raise();
    }
}
