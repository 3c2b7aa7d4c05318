package io.contrast4j.tensor;

import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * LibTorch computes the tests of a class with one thread. Two processes run tests at a time ({@code test.forks}): where layers
 * are small, a second thread gains little, and much is lost by waiting for it on a busy machine.
 */
public final class OneThread implements BeforeAllCallback, AfterAllCallback {
    private int before;

    @Override
    public void beforeAll(ExtensionContext context) {
        before = torch.get_num_threads();
        torch.set_num_threads(1);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        torch.set_num_threads(before);
    }
}
