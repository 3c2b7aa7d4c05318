package io.contrast4j.optim;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import java.util.List;

/** The learning rate of each epoch; picked by the key {@code type}. Epochs count from 0. */
public sealed interface Schedule {
    /**
     * @param epoch number of epochs before this one
     * @param current the learning rate in use, on resuming that of the checkpoint
     * @return the learning rate of this epoch
     */
    double at(int epoch, double current);

    /** Which schedule. */
    sealed interface Config {
        /**
         * @param base learning rate of the first epoch
         * @param epochs length of the training
         */
        Schedule build(double base, int epochs);
    }

    /** The learning rate of a resumed run that has not passed a milestone yet. */
    enum Resume {
        /** The checkpoint's, whatever the configuration says now; what CMC's scripts do. */
        KEEP,
        /** The configured one; what MoCo's scripts do. */
        BASE
    }

    /**
     * base·rateⁿ, n being the number of milestones passed. Epochs 0 … m−1 run before milestone m; that is "epoch > m" in
     * CMC's scripts, which count from 1, and "epoch >= m" in MoCo's, which count from 0.
     */
    record Step(double base, List<Integer> milestones, double rate, Resume resume) implements Schedule {
        /**
         * @param milestones numbers of epochs after which the learning rate falls, ascending
         * @param rate factor at each milestone, above 0
         * @param resume which rate a resumed run takes before the first milestone
         */
        @TypeName("step")
        public record Config(List<Integer> milestones, double rate, Resume resume) implements Schedule.Config {
            public Config {
                milestones = List.copyOf(milestones);
                boolean ascending = milestones.stream().sorted().toList().equals(milestones);
                new Problems()
                        .require(ascending, "milestones", milestones, "in ascending order")
                        .above("rate", rate, 0)
                        .raise();
            }

            @Override
            public Schedule build(double base, int epochs) {
                return new Step(base, milestones, rate, resume);
            }
        }

        @Override
        public double at(int epoch, double current) {
            long passed = milestones.stream().filter(m -> m <= epoch).count();
            return passed == 0 && resume == Resume.KEEP ? current : base * Math.pow(rate, passed);
        }
    }

    /** Where on the half cosine the last epoch runs. */
    enum Last {
        /** Epoch e (from 0) runs at e/epochs: the first at the base, the last a step before the floor (MoCo v2). */
        BEFORE_FLOOR,
        /**
         * Epoch e runs at (e + 1)/epochs: the first a step after the base, the last at the floor (the CMC authors'
         * evaluation of MoCo and InsDis).
         */
        AT_FLOOR
    }

    /**
     * floor + (base − floor)·(1 + cos(π·t))/2 (Loshchilov and Hutter, "SGDR", 2017).
     *
     * @param base learning rate at t = 0
     * @param floor learning rate at t = 1
     * @param epochs length of the training
     */
    record Cosine(double base, double floor, Last last, int epochs) implements Schedule {
        /**
         * @param floor learning rate at the end, at least 0
         * @param last where the last epoch runs
         */
        @TypeName("cosine")
        public record Config(double floor, Last last) implements Schedule.Config {
            public Config {
                new Problems().atLeast("floor", floor, 0).raise();
            }

            @Override
            public Schedule build(double base, int epochs) {
                return new Cosine(base, floor, last, epochs);
            }
        }

        @Override
        public double at(int epoch, double current) {
            double t = (double) (last == Last.AT_FLOOR ? epoch + 1 : epoch) / epochs;
            return floor + (base - floor) * (1 + Math.cos(Math.PI * t)) / 2;
        }
    }
}
