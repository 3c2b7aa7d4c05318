package io.contrast4j.tensor;

import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;

/** An operator of LibTorch that has no Java binding, called by its name. It is not recorded for gradients. */
public final class Operator {
    private final String name;

    private Operator(String name) {
        this.name = name;
    }

    /** @param name such as {@code aten::add}, without an overload */
    public static Operator of(String name) {
        return new Operator(name);
    }

    /** Calls it with all its arguments, those with defaults included; it must return one tensor. */
    public Tensor call(IValue... arguments) {
        OperatorHandle operator = Dispatcher.singleton().findSchemaOrThrow(name, "");
        IValueVector stack = new IValueVector(arguments);
        operator.callBoxed(stack);
        return stack.get(0).toTensor();
    }
}
