package io.contrast4j.nn;

import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** From the views of a batch to their features. */
@FunctionalInterface
public interface Encoder {
    /**
     * @param views N×C×H×W for each view
     * @return N×D of unit rows for each view
     */
    List<Tensor> embed(List<Tensor> views);
}
