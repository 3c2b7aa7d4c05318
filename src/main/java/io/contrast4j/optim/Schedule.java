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

    /**
     * floor + (base − floor)·(1 + cos(π·t/epochs))/2 (Loshchilov and Hutter, "SGDR", 2017).
     *
     * @param base learning rate at t = 0
     * @param floor learning rate at t = epochs
     * @param lead 0 if epoch e runs at t = e (MoCo v2), 1 if it runs at t = e + 1, so that the last epoch runs at the
     *     floor (the CMC authors' evaluation of MoCo and InsDis)
     */
    record Cosine(double base, double floor, int lead, int epochs) implements Schedule {
        /**
         * @param floor learning rate at the end, at least 0
         * @param lead see {@link Cosine}
         */
        @TypeName("cosine")
        public record Config(double floor, int lead) implements Schedule.Config {
            public Config {
                new Problems()
                        .atLeast("floor", floor, 0)
                        .between("lead", lead, 0, 1)
                        .raise();
            }

            @Override
            public Schedule build(double base, int epochs) {
                return new Cosine(base, floor, lead, epochs);
            }
        }

        @Override
        public double at(int epoch, double current) {
            return floor + (base - floor) * (1 + Math.cos(Math.PI * (epoch + lead) / epochs)) / 2;
        }
    }
}
