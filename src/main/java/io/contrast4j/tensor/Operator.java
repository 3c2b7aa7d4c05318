package io.contrast4j.tensor;

import java.util.List;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorList;

/** An operator of LibTorch that has no Java binding, called by its name. It is not recorded for gradients. */
public final class Operator {
    private final String name;
    private final String overload;

    private Operator(String name, String overload) {
        this.name = name;
        this.overload = overload;
    }

    /** @param name such as {@code aten::add}, without an overload */
    public static Operator of(String name) {
        return new Operator(name, "");
    }

    /**
     * @param name such as {@code aten::_foreach_add}
     * @param overload what LibTorch writes behind a dot, as {@code List}
     */
    public static Operator of(String name, String overload) {
        return new Operator(name, overload);
    }

    /** A list of tensors as an argument. */
    public static IValue tensors(Iterable<Tensor> tensors) {
        GenericList list = new GenericList(new TensorList().elementType());
        for (Tensor tensor : tensors) {
            list.push_back(new IValue(tensor));
        }
        return new IValue(list);
    }

    /** Calls it with all its arguments, those with defaults included; it must return one tensor. */
    public Tensor call(IValue... arguments) {
        return results(arguments).get(0).toTensor();
    }

    /** {@link #call} of one that returns a list of tensors. */
    public List<Tensor> list(IValue... arguments) {
        return List.of(results(arguments).get(0).toTensorVector().get());
    }

    /** {@link #call} of one that changes its arguments and returns nothing. */
    public void run(IValue... arguments) {
        results(arguments);
    }

    private IValueVector results(IValue... arguments) {
        OperatorHandle operator = Dispatcher.singleton().findSchemaOrThrow(name, overload);
        IValueVector stack = new IValueVector(arguments);
        operator.callBoxed(stack);
        return stack;
    }
}
