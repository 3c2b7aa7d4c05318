package io.contrast4j.eval;

import io.contrast4j.data.Batch;
import io.contrast4j.data.BatchLoader;
import io.contrast4j.data.Batches;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import org.bytedeco.pytorch.Tensor;

/** Vectors of pictures that are loaded, cropped and encoded anew in each pass, as the published evaluations do it. */
public final class FreshFeatures implements FeatureSource {
    private final FrozenEncoder encoder;
    private final BatchLoader loader;
    private final BiFunction<FrozenEncoder, Batch, Map<String, Tensor>> vectors;

    private FreshFeatures(
            FrozenEncoder encoder, BatchLoader loader, BiFunction<FrozenEncoder, Batch, Map<String, Tensor>> vectors) {
        this.encoder = encoder;
        this.loader = loader;
        this.vectors = vectors;
    }

    /** To train on: the encoder is in the mode that it has for that. */
    public static FreshFeatures toTrain(FrozenEncoder encoder, BatchLoader loader) {
        return new FreshFeatures(encoder, loader, FrozenEncoder::training);
    }

    /** To test on. */
    public static FreshFeatures toTest(FrozenEncoder encoder, BatchLoader loader) {
        return new FreshFeatures(encoder, loader, FrozenEncoder::evaluation);
    }

    @Override
    public int batches() {
        return loader.batchesPerEpoch();
    }

    @Override
    public void pass(long epoch, BooleanSupplier stop, Taker taker) {
        try (Batches batches = loader.epoch(epoch)) {
            for (int number = 0; batches.hasNext(); number++) {
                Stopping.check(stop);
                try (Scope scope = Scope.open();
                        Batch batch = batches.next()) {
                    // Pictures that cannot be read may be all that a batch had.
                    batches.copyNext(encoder.device());
                    if (batch.size() > 0) {
                        taker.take(number, vectors.apply(encoder, batch), Tensors.to(batch.labels(), encoder.device()));
                    }
                }
            }
        }
    }

    @Override
    public void requireSame() {
        encoder.requireUnchanged();
    }
}
