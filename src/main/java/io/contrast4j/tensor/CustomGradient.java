package io.contrast4j.tensor;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorBase;
import org.bytedeco.pytorch.TensorTensorHook;

/**
 * An operation whose steps are not recorded and that says itself what its gradient is, for those whose recorded steps
 * would take too much time or memory. LibTorch's own class for this has no Java binding; two hooks do the same.
 *
 * <p>The result is y = f(x) + 0·Σx, of which only the second term is recorded. In the backward pass a hook on y sees
 * dL/dy; autograd takes it on through the second term, where it becomes zeros, and a hook there puts dL/dx in their
 * place. There are no second derivatives.
 */
public final class CustomGradient {
    private CustomGradient() {}

    /**
     * @param input x, N×…, finite
     * @param forward computes f(x), N×…, as a new tensor; it is not recorded
     * @param backward from dL/dy to dL/dx; it runs within the backward pass, for a CUDA device on another thread, and what
     *     it uses must live until then
     * @return f(x); it belongs, with all that its gradient needs, to the caller's innermost scope, which must still be open
     *     in the backward pass
     */
    public static Tensor of(Tensor input, Supplier<Tensor> forward, UnaryOperator<Tensor> backward) {
        Tensor value;
        try (NoGrad noGrad = NoGrad.open()) {
            value = forward.get();
        }
        if (!input.requires_grad() || !GradMode.is_enabled()) {
            return value;
        }
        Tensor entry = input.view_as(input);
        // One zero for each row, however large f(x) is.
        long[] rows = new long[(int) value.dim()];
        Arrays.fill(rows, 1);
        rows[0] = value.size(0);
        Tensor zeros = entry.mul(Tensors.scalar(0)).reshape(rows[0], -1).sum(1);
        // In place, which f(x) itself, if it is a view, could not be.
        Tensor output = value.detach().add_(zeros.view(rows));
        PointerScope scope = PointerScope.getInnerScope();
        if (scope == null) {
            throw new IllegalStateException("a custom gradient needs an open scope to live in");
        }

        Deque<Tensor> seen = new ArrayDeque<>();
        output.register_hook(new Hook(scope, gradient -> {
            seen.push(gradient);
            return gradient;
        }));
        entry.register_hook(new Hook(scope, gradientOfZeros -> backward.apply(seen.pop())));
        return output;
    }

    /** Called by LibTorch with a gradient; what it returns takes its place. */
    private static final class Hook extends TensorTensorHook {
        private final PointerScope scope;
        private final UnaryOperator<Tensor> function;

        /** @param scope keeps this object, its arguments, and what it returns, which LibTorch only copies after the call */
        Hook(PointerScope scope, UnaryOperator<Tensor> function) {
            this.scope = scope;
            this.function = function;
            // LibTorch holds it by a weak reference only.
            scope.attach(this);
        }

        @Override
        public TensorBase call(TensorBase gradient) {
            // The calling thread may be one of LibTorch's, without a scope and with its own recording of gradients.
            try (Scope call = Scope.open();
                    NoGrad noGrad = NoGrad.open()) {
                Tensor argument = new Tensor(gradient);
                scope.attach(argument);
                // A handle of its own: one that belongs to a tuple of results would die with that at the end of the
                // call.
                Tensor result = new Tensor(function.apply(argument));
                scope.attach(result);
                return result;
            } finally {
                gradient.close();
            }
        }
    }
}
