package io.contrast4j.tensor;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;

/** The devices of tests that run on the CPU, and once more, tagged {@code gpu}, on a GPU. */
public final class TestDevice {
    private TestDevice() {}

    public static Device cpu() {
        return Tensors.device("cpu");
    }

    /** The first GPU; without one the test is skipped. */
    public static Device cuda() {
        assumeTrue(torch.cuda_is_available(), "there is no GPU");
        return Tensors.device("cuda:0");
    }
}
