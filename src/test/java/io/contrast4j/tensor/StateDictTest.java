package io.contrast4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.contrast4j.spec.UserError;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.BatchNorm1dImpl;
import org.bytedeco.pytorch.BatchNormOptions;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StateDictTest {
    private final Arena arena = new Arena();
    private final Module module = arena.own(StateDictTest::build);

    private static Module build() {
        Module module = new Module();
        module.register_module("fc", new LinearImpl(3, 2));
        Module inner = new Module();
        inner.register_module("bn", new BatchNorm1dImpl(new BatchNormOptions(2)));
        module.register_module("inner", inner);
        return module;
    }

    @AfterEach
    void close() {
        arena.close();
    }

    /** Copies, so that nothing that is loaded can reach them. */
    private Map<String, Tensor> copy() {
        Map<String, Tensor> copies = new LinkedHashMap<>();
        StateDict.of(module)
                .forEach((name, tensor) -> copies.put(name, tensor.detach().clone()));
        return copies;
    }

    private double[] weights() {
        return Tensors.doubles(StateDict.of(module).get("fc.weight"));
    }

    @Test
    void namesAreThoseOfPython() {
        try (Scope scope = Scope.open()) {
            assertThat(StateDict.of(module).keySet())
                    .containsExactly(
                            "fc.weight",
                            "fc.bias",
                            "inner.bn.weight",
                            "inner.bn.bias",
                            "inner.bn.running_mean",
                            "inner.bn.running_var",
                            "inner.bn.num_batches_tracked");
            assertThat(StateDict.parameters(module).keySet())
                    .containsExactly("fc.weight", "fc.bias", "inner.bn.weight", "inner.bn.bias");
        }
    }

    @Test
    void loadedValuesAreTheModules() {
        try (Scope scope = Scope.open()) {
            Map<String, Tensor> values = copy();
            values.values().forEach(value -> value.add_(new Scalar(1)));
            StateDict.load(module, values, "file");
            Map<String, Tensor> live = StateDict.of(module);
            values.forEach((name, value) ->
                    assertThat(Tensors.doubles(live.get(name))).as(name).isEqualTo(Tensors.doubles(value)));
            assertThat(live.get("fc.weight").requires_grad()).isTrue();
            assertThat(live.get("inner.bn.num_batches_tracked").scalar_type().intern())
                    .isEqualTo(ScalarType.Long);
            values.get("fc.weight").zero_();
            assertThat(weights()).as("copied, not shared").doesNotContain(0);
        }
    }

    @Test
    void otherNamesAndShapesAreRefusedAndNothingIsChanged() {
        try (Scope scope = Scope.open()) {
            double[] before = weights();
            Map<String, Tensor> values = copy();
            values.values().forEach(Tensor::zero_);

            Map<String, Tensor> missing = new LinkedHashMap<>(values);
            missing.remove("inner.bn.running_var");
            refused(missing, "it has no inner.bn.running_var");

            Map<String, Tensor> unexpected = new LinkedHashMap<>(values);
            unexpected.put("head.weight", Tensors.zeros(ScalarType.Float, 1));
            refused(unexpected, "head.weight is unknown here");

            Map<String, Tensor> other = new LinkedHashMap<>(values);
            other.put("fc.bias", Tensors.zeros(ScalarType.Float, 2, 1));
            refused(other, "fc.bias is 2×1 there and 2 here");

            Map<String, Tensor> scalar = new LinkedHashMap<>(values);
            scalar.put("fc.bias", Tensors.zeros(ScalarType.Float));
            refused(scalar, "fc.bias is a scalar there and 2 here");

            assertThat(weights()).isEqualTo(before);
        }
    }

    private void refused(Map<String, Tensor> values, String difference) {
        UserError error =
                catchThrowableOfType(UserError.class, () -> StateDict.load(module, values, "runs/a/step-3.pth"));
        assertThat(error)
                .hasMessage("runs/a/step-3.pth is of another architecture: " + difference
                        + "; use the configuration it was trained with.");
        assertThat(error.exitCode()).isEqualTo(UserError.FAILED);
    }

    @Test
    void manyDifferencesAreCounted() {
        try (Scope scope = Scope.open()) {
            UserError error = catchThrowableOfType(UserError.class, () -> StateDict.load(module, Map.of(), "a.pth"));
            assertThat(error)
                    .hasMessageContaining("it has no fc.weight, it has no fc.bias, it has no inner.bn.weight"
                            + " (and 4 more differences);");
        }
    }
}
