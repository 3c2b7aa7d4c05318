package io.contrast4j.cli;

import io.contrast4j.data.BatchLoader;
import io.contrast4j.data.OnCorrupt;
import io.contrast4j.dist.World;
import io.contrast4j.method.Moco;
import io.contrast4j.method.Parts;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.UserError;
import org.bytedeco.pytorch.Device;

/**
 * What one of several processes has of a run, as in the published code: an equal part of every batch, and of its host's
 * loader threads, rounded up.
 *
 * @param pictures of a batch
 * @param loader with its threads
 * @param parts what the method is composed of, for so many pictures
 */
record Share(int pictures, BatchLoader.Config loader, Parts parts) {
    /**
     * @throws UserError if the batch cannot be divided, or is too small for the method then, or if processes could have parts
     *     of different sizes: tensors that do not fit would end them without a word
     */
    static Share of(RunConfig config, World world) {
        int batch = config.train().batchSize();
        if (world.isAlone()) {
            return new Share(batch, config.loader(), config.parts());
        }
        int pictures = batch / world.size();
        if (pictures * world.size() != batch) {
            int next = (pictures + 1) * world.size();
            throw new UserError(
                    UserError.USAGE,
                    "train.batch-size = " + batch + " cannot be divided among " + world.size()
                            + " processes, which have equal parts of it; choose "
                            + (pictures == 0 ? "" : pictures * world.size() + " or ") + next + ".");
        }
        int replicas = config.dataParallel().replicas();
        if (replicas > 1) {
            throw new UserError(
                    UserError.USAGE,
                    "data-parallel.replicas = " + replicas + " is for one process, and there are " + world.size()
                            + ", each with a device of its own; set data-parallel.replicas=1.");
        }
        if (config.loader().onCorrupt() == OnCorrupt.SKIP) {
            throw new UserError(
                    UserError.USAGE,
                    "loader.on-corrupt = skip would make a batch smaller in one of " + world.size()
                            + " processes than in the others; use replace or fail.");
        }
        if (world.localSize() > 1 && config.device().startsWith("cuda:")) {
            throw new UserError(
                    UserError.USAGE,
                    "device = " + config.device() + " is one GPU for " + world.localSize()
                            + " processes of this host; use cuda or auto, and each takes its own.");
        }
        return new Share(pictures, loader(config.loader(), world), parts(config, pictures, world));
    }

    /** With batches for this device. */
    Share on(Device device) {
        return new Share(pictures, loader.on(device), parts);
    }

    private static BatchLoader.Config loader(BatchLoader.Config all, World world) {
        int workers = (all.workers() + world.localSize() - 1) / world.localSize();
        return new BatchLoader.Config(
                workers, all.prefetch(), all.onCorrupt(), all.memoryFormat(), all.pinMemory(), all.devicePrefetch());
    }

    private static Parts parts(RunConfig config, int pictures, World world) {
        Parts parts = config.parts(pictures);
        boolean isOneShard = config.method() instanceof Moco.Config moco && moco.shards() == 1;
        if (!isOneShard || config.distributed().gatherFeatures().orElse(false)) {
            // What depends on the size of a batch is that of the whole one, as it is in one process; shards are dealt
            // out,
            // and each has as many pictures as there.
            return parts;
        }
        try {
            Problems problems = new Problems();
            config.method().check(parts, problems);
            problems.raise();
        } catch (RuntimeException unfit) {
            throw new UserError(
                    UserError.USAGE,
                    "Each of " + world.size() + " processes has " + pictures + " pictures of a batch of "
                            + config.train().batchSize() + ": " + unfit.getMessage() + ".",
                    unfit);
        }
        return parts;
    }
}
