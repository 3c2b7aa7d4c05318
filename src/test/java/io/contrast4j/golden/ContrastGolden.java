package io.contrast4j.golden;

import static io.contrast4j.golden.Precision.assertClose;

import com.google.gson.JsonObject;
import io.contrast4j.objective.InfoNce;
import io.contrast4j.objective.Nce;
import io.contrast4j.objective.Objective;
import io.contrast4j.objective.Scores;
import io.contrast4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** What the golden files of InsDis and MoCo say of one anchor's scores. */
final class ContrastGolden {
    private ContrastGolden() {}

    static Objective objective(boolean softmax, double temperature, Nce.Constant constant) {
        return softmax ? new InfoNce(new InfoNce.Config(temperature)) : new Nce(new Nce.Config(temperature, constant));
    }

    /** The B×(K+1) table {@code out}, column 0 the positive's. */
    static Tensor out(Objective objective, Scores scores, double temperature) {
        return objective instanceof Nce nce
                ? torch.cat(new TensorVector(nce.ratios(scores).toArray(new Tensor[0])), 1)
                : torch.cat(new TensorVector(scores.positive(), scores.negatives()), 1)
                        .div(Tensors.scalar(temperature));
    }

    static void checkLoss(double actual, JsonObject step, Precision precision) {
        if (precision == Precision.F64) {
            assertClose("loss", actual, step.get("loss_f64").getAsDouble(), 1e-9, 0);
        } else {
            double expected = step.get("loss").getAsDouble();
            assertClose("loss", actual, expected, 5e-6, Math.abs(expected) < 0.1 ? 1e-6 : 0);
        }
    }
}
