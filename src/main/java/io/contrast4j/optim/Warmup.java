package io.contrast4j.optim;

import io.contrast4j.spec.Problems;

/**
 * Small learning rates at the beginning, in place of the schedule's (Goyal et al., "Accurate, Large Minibatch SGD",
 * arXiv:1706.02677). The schedule counts these epochs, too: it goes on where it would be without a warm-up.
 *
 * @param epochs length of the warm-up, at least 1; in a shorter training it never ends
 * @param from learning rate of the first step, at least 0
 * @param shape how the learning rate moves
 */
public record Warmup(int epochs, double from, Shape shape) {
    /** How the learning rate moves during the warm-up. */
    public enum Shape {
        /**
         * from + p·(w − from) in each step, p being the share of the warm-up's steps that are done, and w the rate that the
         * schedule {@linkplain Schedule#joint goes on from}.
         */
        LINEAR,
        /** It stays as it starts. */
        CONSTANT
    }

    public Warmup {
        new Problems().atLeast("epochs", epochs, 1).atLeast("from", from, 0).raise();
    }

    Before before(Schedule schedule) {
        return new Before(this, schedule);
    }

    /** A schedule with its warm-up. */
    record Before(Warmup warmup, Schedule schedule) implements Schedule {
        @Override
        public double at(int epoch, int batch, int batches, double current) {
            if (epoch >= warmup.epochs()) {
                return schedule.at(epoch, batch, batches, current);
            }
            if (warmup.shape() == Shape.CONSTANT) {
                return warmup.from();
            }
            double done = (batch + (double) epoch * batches) / ((double) warmup.epochs() * batches);
            return warmup.from() + done * (schedule.joint(warmup.epochs()) - warmup.from());
        }

        @Override
        public double joint(int epochs) {
            return schedule.joint(epochs);
        }
    }
}
