package io.contrast4j.objective;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * A differentiable scalar and what it is made of.
 *
 * @param total the number to minimise, 0-d
 * @param parts named 0-d tensors for the meters, without gradient, in a fixed order
 */
public record Loss(Tensor total, Map<String, Tensor> parts) {}
