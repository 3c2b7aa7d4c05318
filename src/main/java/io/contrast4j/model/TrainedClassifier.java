package io.contrast4j.model;

import io.contrast4j.nn.Classifier;
import io.contrast4j.tensor.StateDict;
import java.util.List;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** A {@link SavedClassifier} that can be run, in evaluation. */
final class TrainedClassifier {
    private final SavedClassifier.Form form;
    private final Classifier.Probe module;

    /**
     * Builds it and copies its tensors; the caller's arena owns it.
     *
     * @param file for messages
     * @throws io.contrast4j.spec.UserError if the tensors are not those of its form
     */
    TrainedClassifier(SavedClassifier saved, String file, Device device) {
        this.form = saved.form();
        String first = form.kind().hidden() ? "fc1.weight" : "fc.weight";
        Tensor weight = saved.tensors().get(first);
        int length = weight == null ? 1 : Math.toIntExact(weight.size(1));
        this.module = form.kind().probe(length, form.classes().size(), form.norm(), Classifier.Start.UNIFORM);
        StateDict.load(module, saved.tensors(), file);
        module.to(device, false);
        module.eval();
    }

    SavedClassifier.Form form() {
        return form;
    }

    /** The logits, N×C, of the outputs of its views. */
    Tensor logits(List<Tensor> outputs) {
        Tensor joined =
                outputs.size() == 1 ? outputs.get(0) : torch.cat(new TensorVector(outputs.toArray(new Tensor[0])), 1);
        return module.forward(form.plan().vectors(joined));
    }
}
