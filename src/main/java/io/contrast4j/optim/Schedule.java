package io.contrast4j.optim;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import java.util.List;
import java.util.Optional;

/** The learning rate of each step; picked by the key {@code type}. Epochs and batches count from 0. */
public sealed interface Schedule permits Schedule.Step, Schedule.Cosine, Warmup.Before {
    /**
     * @param epoch number of epochs before this one
     * @param batch number of batches of this epoch before this one
     * @param batches of an epoch
     * @param current the learning rate in use, on resuming that of the checkpoint
     * @return the learning rate of the step with this batch
     */
    double at(int epoch, int batch, int batches, double current);

    /**
     * The rate that a warm-up of so many epochs ends at, which this schedule goes on from.
     *
     * @param epochs length of the warm-up, 1 or more
     */
    double joint(int epochs);

    /** Which schedule. */
    sealed interface Config permits Step.Config, Step.Shares, Cosine.Config {
        /** How training begins; nothing for at once with the schedule. */
        Optional<Warmup> warmup();

        /** The size of the batches that the configured learning rate is for; nothing for any. */
        Optional<Integer> referenceBatch();

        /** The schedule without its warm-up. */
        Schedule plain(double base, int epochs);

        /**
         * The linear scaling rule (Goyal et al., "Accurate, Large Minibatch SGD", arXiv:1706.02677), where it is asked for:
         * rate·batch/reference.
         *
         * @param rate the configured learning rate
         * @param batchSize samples in a step of the optimizer
         */
        default double base(double rate, int batchSize) {
            return referenceBatch()
                    .map(reference -> rate * batchSize / reference)
                    .orElse(rate);
        }

        /**
         * @param base learning rate that the schedule starts from
         * @param epochs length of the training
         */
        default Schedule build(double base, int epochs) {
            Schedule plain = plain(base, epochs);
            return warmup().<Schedule>map(warmup -> warmup.before(plain)).orElse(plain);
        }
    }

    /** The learning rate of a resumed run that has not passed a milestone yet. */
    enum Resume {
        /** The checkpoint's, whatever the configuration says now; what CMC's scripts do. */
        KEEP,
        /** The configured one; what MoCo's scripts do. */
        BASE
    }

    /**
     * base·rateⁿ, n being the number of milestones passed. Epochs 0 … m−1 run before milestone m.
     *
     * @param base learning rate before the first milestone
     * @param milestones numbers of epochs that run before the learning rate falls, ascending; one that is there twice
     *     counts twice
     * @param rate factor at each milestone
     * @param resume which rate a resumed run takes before the first milestone
     */
    record Step(double base, List<Integer> milestones, double rate, Resume resume) implements Schedule {
        /** In which epoch the learning rate falls. Epochs count from 1 here, as a run's log counts them. */
        public enum Falls {
            /**
             * In the one after m: "epoch > m" in the scripts of CMC and SelfCon, which count from 1, and "epoch >= m" in
             * those of MoCo and align-uniform, which count from 0.
             */
            AFTER,
            /** In epoch m itself, "epoch >= m" counting from 1: an epoch earlier. */
            AT
        }

        /**
         * Milestones as numbers of epochs.
         *
         * @param milestones ascending
         * @param falls in which epoch the learning rate falls
         * @param rate factor at each milestone, above 0
         * @param resume which rate a resumed run takes before the first milestone
         * @param warmup how training begins
         * @param referenceBatch size of the batches that the learning rate is for, at least 1
         */
        @TypeName("step")
        public record Config(
                List<Integer> milestones,
                Falls falls,
                double rate,
                Resume resume,
                Optional<Warmup> warmup,
                Optional<Integer> referenceBatch)
                implements Schedule.Config {
            public Config {
                milestones = List.copyOf(milestones);
                boolean ascending = milestones.stream().sorted().toList().equals(milestones);
                new Problems()
                        .require(ascending, "milestones", milestones, "in ascending order")
                        .above("rate", rate, 0)
                        .require(
                                warmup.isEmpty() || resume == Resume.BASE,
                                "resume",
                                "keep",
                                "base where there is a warmup, whose rates are not to be kept")
                        .atLeast("referenceBatch", referenceBatch.orElse(1), 1)
                        .raise();
            }

            @Override
            public Schedule plain(double base, int epochs) {
                int earlier = falls == Falls.AT ? 1 : 0;
                return new Step(base, milestones.stream().map(m -> m - earlier).toList(), rate, resume);
            }
        }

        /**
         * Milestones as shares of the training, as the ring negatives' trainer has them: ⌊0.68·E⌋ and ⌊0.83·E⌋.
         *
         * @param shares between 0 and 1, ascending
         * @param rate factor at each milestone, above 0
         * @param warmup how training begins
         * @param referenceBatch size of the batches that the learning rate is for, at least 1
         */
        @TypeName("step-shares")
        public record Shares(
                List<Double> shares, double rate, Optional<Warmup> warmup, Optional<Integer> referenceBatch)
                implements Schedule.Config {
            public Shares {
                shares = List.copyOf(shares);
                boolean ascending = shares.stream().sorted().toList().equals(shares);
                new Problems()
                        .require(
                                ascending && shares.stream().allMatch(share -> share >= 0 && share <= 1),
                                "shares",
                                shares,
                                "between 0 and 1, in ascending order")
                        .above("rate", rate, 0)
                        .atLeast("referenceBatch", referenceBatch.orElse(1), 1)
                        .raise();
            }

            @Override
            public Schedule plain(double base, int epochs) {
                List<Integer> milestones =
                        shares.stream().map(share -> (int) (share * epochs)).toList();
                return new Step(base, milestones, rate, Resume.BASE);
            }
        }

        @Override
        public double at(int epoch, int batch, int batches, double current) {
            long passed = milestones.stream().filter(m -> m <= epoch).count();
            return passed == 0 && resume == Resume.KEEP ? current : base * Math.pow(rate, passed);
        }

        /** The base, whether or not a milestone lies in the warm-up, as with SelfCon. */
        @Override
        public double joint(int epochs) {
            return base;
        }
    }

    /** Where on the half cosine the last epoch runs. */
    enum Last {
        /** Epoch e (from 0) runs at e/epochs: the first at the base, the last a step before the floor (MoCo v2). */
        BEFORE_FLOOR,
        /**
         * Epoch e runs at (e + 1)/epochs: the first a step after the base, the last at the floor (SelfCon; the CMC authors'
         * evaluation of MoCo and InsDis).
         */
        AT_FLOOR
    }

    /**
     * floor + (base − floor)·(1 + cos(π·t))/2 (Loshchilov and Hutter, "SGDR", 2017).
     *
     * @param base learning rate at t = 0
     * @param floor learning rate at t = 1
     * @param last where the last epoch runs
     * @param epochs length of the training
     */
    record Cosine(double base, double floor, Last last, int epochs) implements Schedule {
        /** What a floor is given as. */
        public enum FloorIs {
            /** A learning rate. */
            RATE,
            /** A share of the base; with SelfCon its decay rate to the power of three. */
            SHARE
        }

        /**
         * @param floor at the end, at least 0
         * @param floorIs whether the floor is a learning rate or a share
         * @param last where the last epoch runs
         * @param warmup how training begins
         * @param referenceBatch size of the batches that the learning rate is for, at least 1
         */
        @TypeName("cosine")
        public record Config(
                double floor, FloorIs floorIs, Last last, Optional<Warmup> warmup, Optional<Integer> referenceBatch)
                implements Schedule.Config {
            public Config {
                new Problems()
                        .atLeast("floor", floor, 0)
                        .atLeast("referenceBatch", referenceBatch.orElse(1), 1)
                        .raise();
            }

            @Override
            public Schedule plain(double base, int epochs) {
                return new Cosine(base, floorIs == FloorIs.SHARE ? base * floor : floor, last, epochs);
            }
        }

        @Override
        public double at(int epoch, int batch, int batches, double current) {
            return value(last == Last.AT_FLOOR ? epoch + 1 : epoch);
        }

        /** The cosine's value after so many epochs, so that the warm-up joins it without a step. */
        @Override
        public double joint(int warmup) {
            return value(warmup);
        }

        private double value(int passed) {
            return floor + (base - floor) * (1 + Math.cos(Math.PI * passed / epochs)) / 2;
        }
    }
}
