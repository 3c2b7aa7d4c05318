package io.contrast4j.dist;

import io.contrast4j.tensor.Scope;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.cuda.CUDAEvent;
import org.bytedeco.pytorch.global.torch_cuda;
import org.bytedeco.pytorch.nccl.ProcessGroupNCCL;

/** The process group between GPUs. A class of its own, so that its natives are looked for only where it is chosen. */
final class Nccl {
    /** How much longer than this program c10d waits, whose watchdog ends the process without a last word. */
    private static final Duration LATER = Duration.ofMinutes(1);

    /** What is under way between those who are left may still come to its end. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private static final long PAUSE_NANOS = 20_000;

    private Nccl() {}

    /** @throws LinkageError if this is a build without it */
    static Backend join(Store store, World world, Duration timeout) {
        ProcessGroupNCCL.Options options = ProcessGroupNCCL.Options.create();
        try (Milliseconds limit = new Milliseconds(timeout.plus(LATER).toMillis())) {
            options.timeout(limit);
            return new ProcessGroupNCCL(store, world.rank(), world.size(), options);
        }
    }

    /**
     * Waits until a GPU has done all that it was given so far, exchanges among it.
     *
     * @param device the GPU
     * @throws IllegalStateException as below
     */
    static void await(Device device, BooleanSupplier isBroken, Duration timeout) {
        try (Scope scope = Scope.open()) {
            CUDAEvent reached = new CUDAEvent();
            reached.record(torch_cuda.getCurrentCUDAStream(device.index()));
            await(reached::query, isBroken, timeout);
        }
    }

    /**
     * Waits until an exchange is complete. LibTorch's own {@code wait} only makes the GPU wait, which is never done where another
     * process is gone.
     *
     * @param isComplete asked again and again
     * @param isBroken whether another process is gone; asked as well
     * @throws IllegalStateException if it is not complete within the time-out, or shortly after another process has gone
     */
    static void await(BooleanSupplier isComplete, BooleanSupplier isBroken, Duration timeout) {
        long start = System.nanoTime();
        long limit = timeout.toNanos();
        while (!isComplete.getAsBoolean()) {
            long passed = System.nanoTime() - start;
            if (isBroken.getAsBoolean()) {
                limit = Math.min(limit, passed + GRACE.toNanos());
            }
            if (passed >= limit) {
                throw new IllegalStateException("an exchange between GPUs is not complete");
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }
}
