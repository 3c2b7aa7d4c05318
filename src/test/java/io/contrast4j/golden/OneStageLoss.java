package io.contrast4j.golden;

import com.google.gson.JsonObject;
import io.contrast4j.tensor.Tensors;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The one-stage loss of the golden runs, written out: CE(z, y) + Σ_e [α·CE(z_e, y) + β·KL(z_e, z) + γ·L([g_e, g], y)],
 * temperature 3, the label of row r being (3r + 1) mod C.
 */
final class OneStageLoss {
    private static final double TEMPERATURE = 3;
    private static final double BASE_TEMPERATURE = 0.07;

    private OneStageLoss() {}

    static Tensor of(Map<String, Tensor> outputs, JsonObject arguments) {
        String method = arguments.get("method").getAsString();
        double alpha = method.equals("ce") ? 0 : method.equals("kd") ? 0.5 : 1;
        double beta = method.equals("kd") ? 0.5 : 0;
        double gamma = method.equals("selfcon") ? 0.8 : 0;
        Tensor logits = outputs.get("out.logits");
        int rows = (int) logits.size(0);
        int classes = (int) logits.size(1);
        double[] members = new double[rows * classes];
        double[] same = new double[rows * rows];
        for (int r = 0; r < rows; r++) {
            members[r * classes + (3 * r + 1) % classes] = 1;
            for (int c = 0; c < rows; c++) {
                same[r * rows + c] = (3 * r + 1) % classes == (3 * c + 1) % classes ? 1 : 0;
            }
        }
        ScalarType type = logits.scalar_type().intern();
        Tensor y = Tensors.of(members, rows, classes).to(type);
        Tensor positives = Tensors.of(same, rows, rows).to(type);
        Tensor loss = crossEntropy(logits, y);
        for (int e = 0; outputs.containsKey("out.sub_logits" + e); e++) {
            Tensor exit = outputs.get("out.sub_logits" + e);
            loss = loss.add(crossEntropy(exit, y).mul(Tensors.scalar(alpha)));
            if (beta > 0) {
                Tensor teacher = logits.detach()
                        .div(Tensors.scalar(TEMPERATURE))
                        .log_softmax(1)
                        .exp();
                Tensor student = exit.div(Tensors.scalar(TEMPERATURE));
                double scale = beta * TEMPERATURE * TEMPERATURE;
                loss = loss.add(crossEntropy(student, teacher).mul(Tensors.scalar(scale)));
            }
            if (gamma > 0) {
                Tensor contrast = contrast(outputs.get("out.sub_feat" + e), outputs.get("out.feat"), positives);
                loss = loss.add(contrast.mul(Tensors.scalar(gamma)));
            }
        }
        return loss;
    }

    private static Tensor crossEntropy(Tensor logits, Tensor target) {
        return logits.log_softmax(1).mul(target).sum().neg().div(Tensors.scalar(logits.size(0)));
    }

    private static Tensor contrast(Tensor exit, Tensor last, Tensor same) {
        Tensor rows = torch.cat(new TensorVector(exit, last), 0);
        Tensor others =
                torch.eye(rows.size(0)).to(exit.scalar_type().intern()).neg().add(Tensors.scalar(1));
        Tensor positives = same.repeat(2, 2).mul(others);
        Tensor scores = rows.matmul(rows.t()).div(Tensors.scalar(TEMPERATURE));
        Tensor normaliser = scores.exp().mul(others).sum(1).log().unsqueeze(1);
        Tensor each = scores.sub(normaliser).mul(positives).sum(1).div(positives.sum(1));
        return each.mean().mul(Tensors.scalar(-TEMPERATURE / BASE_TEMPERATURE));
    }
}
