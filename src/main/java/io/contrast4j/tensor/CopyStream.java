package io.contrast4j.tensor;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.cuda.CUDAEvent;
import org.bytedeco.pytorch.cuda.CUDAStream;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch_cuda;

/**
 * Copies to a GPU beside what it computes, in a stream of their own. The streams wait for each other, and the program for
 * neither:
 *
 * <pre>
 * computing   … step 1 ┬ step 2 ──────────┬ step 3
 * copying              └ batch of step 3 ─┘
 * </pre>
 *
 * <p>The memory of a copy is the computing stream's, whose order LibTorch gives it out in. So a copy begins when all that was given
 * to the GPU before is done, of which some may still use that memory, and from {@link #join} on the copies are like other
 * tensors. However far the program is ahead of the GPU, they take no more memory than that; memory of the copying stream,
 * recorded as used by the computing one, would be free again only when the program sees that the GPU is done with it.
 */
public final class CopyStream implements AutoCloseable {
    private final Device device;
    private final byte index;
    private final CUDAStream own;
    private final CUDAEvent reached;
    private final CUDAEvent copied;

    /** @param device a GPU; valid as long as this */
    public CopyStream(Device device) {
        this.device = device;
        this.index = device.index();
        try (Scope scope = Scope.open()) {
            this.own = Scope.keep(torch_cuda.getStreamFromPool(false, index));
            this.reached = Scope.keep(new CUDAEvent());
            this.copied = Scope.keep(new CUDAEvent());
        }
    }

    /**
     * Copies of tensors in pinned memory, in the same order of memory. The tensors may be closed at once; the copies belong to the
     * caller's scope, and neither are they used nor closed before {@link #join}.
     */
    public List<Tensor> copies(List<Tensor> pinned) {
        List<Tensor> copies = new ArrayList<>();
        for (Tensor tensor : pinned) {
            copies.add(torch.empty_like(tensor, new TensorOptions(device), null));
        }
        try (Scope scope = Scope.open()) {
            CUDAStream computing = torch_cuda.getCurrentCUDAStream(index);
            reached.record(computing);
            reached.block(own);
            torch_cuda.setCurrentCUDAStream(own);
            try {
                for (int i = 0; i < copies.size(); i++) {
                    copies.get(i).copy_(pinned.get(i), true);
                }
            } finally {
                torch_cuda.setCurrentCUDAStream(computing);
            }
            copied.record(own);
        }
        return copies;
    }

    /** What the GPU is given from now on begins after all copies so far. */
    public void join() {
        try (Scope scope = Scope.open()) {
            copied.block(torch_cuda.getCurrentCUDAStream(index));
        }
    }

    /** Frees the handles; copies under way go on. */
    @Override
    public void close() {
        copied.close();
        reached.close();
        own.close();
    }
}
