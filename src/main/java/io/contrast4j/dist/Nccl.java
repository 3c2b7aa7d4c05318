package io.contrast4j.dist;

import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.nccl.ProcessGroupNCCL;

/** The process group between GPUs. A class of its own, so that its natives are looked for only where it is chosen. */
final class Nccl {
    private Nccl() {}

    /** @throws LinkageError if this is a build without it */
    static Backend join(Store store, World world, Milliseconds timeout) {
        ProcessGroupNCCL.Options options = ProcessGroupNCCL.Options.create();
        options.timeout(timeout);
        return new ProcessGroupNCCL(store, world.rank(), world.size(), options);
    }
}
