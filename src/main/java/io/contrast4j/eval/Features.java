package io.contrast4j.eval;

import io.contrast4j.data.Batch;
import io.contrast4j.data.BatchLoader;
import io.contrast4j.data.Batches;
import io.contrast4j.dist.Alone;
import io.contrast4j.dist.Ranks;
import io.contrast4j.nn.Backbone;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The features of a data set and its labels, computed once by frozen encoders.
 *
 * @param values N×D, float32
 * @param labels N, int64, on the same device
 */
public record Features(Tensor values, Tensor labels) implements AutoCloseable {
    /** The same, all in this process. */
    public static Features extract(
            Map<Integer, Backbone> backbones, String tap, BatchLoader loader, Device device, BooleanSupplier stop) {
        return extract(backbones, tap, loader, device, stop, new Alone());
    }

    /**
     * Runs the encoders in evaluation mode without gradients over one pass of the loader. Taps that are maps are
     * flattened; the features of several views stand side by side.
     *
     * @param backbones the encoders to use, by the number of the view they see
     * @param tap the layer whose output is the feature
     * @param loader of rank r of R: every R-th batch of the data set, from batch r on
     * @param stop asked before each batch
     * @param ranks that share the work; all of them have all features then
     * @return features in the order of the loader, or of the batches of all loaders; owned by the caller
     * @throws CancellationException where it says true, on any rank
     */
    public static Features extract(
            Map<Integer, Backbone> backbones,
            String tap,
            BatchLoader loader,
            Device device,
            BooleanSupplier stop,
            Ranks ranks) {
        return extract(backbones, List.of(tap), loader, device, stop, ranks).get(0);
    }

    /**
     * The same of several layers in one pass.
     *
     * @param taps the layers
     * @return the features of each layer, in the order of the layers
     */
    public static List<Features> extract(
            Map<Integer, Backbone> backbones,
            List<String> taps,
            BatchLoader loader,
            Device device,
            BooleanSupplier stop,
            Ranks ranks) {
        SharedFeatures shared = new SharedFeatures(ranks);
        List<List<Tensor>> values =
                taps.stream().<List<Tensor>>map(tap -> new ArrayList<>()).toList();
        List<Tensor> labels = new ArrayList<>();
        List<Integer> sizes = new ArrayList<>();
        boolean isStopped = false;
        for (Backbone backbone : backbones.values()) {
            backbone.module().eval();
        }
        try (Arena pieces = new Arena();
                Batches batches = loader.epoch(0)) {
            while (batches.hasNext() && !isStopped) {
                isStopped = stop.getAsBoolean();
                if (isStopped) {
                    continue;
                }
                try (Scope scope = Scope.open();
                        NoGrad noGrad = NoGrad.open();
                        Batch batch = batches.next()) {
                    sizes.add(batch.size());
                    if (batch.size() == 0) {
                        continue;
                    }
                    batches.copyNext(device);
                    List<Map<String, Tensor>> views = new ArrayList<>();
                    backbones.forEach((view, backbone) -> {
                        Tensor images = Tensors.to(batch.views().get(view), device);
                        views.add(backbone.forward(images, Set.copyOf(taps)));
                    });
                    for (int i = 0; i < taps.size(); i++) {
                        String tap = taps.get(i);
                        Tensor[] outputs = views.stream()
                                .map(view -> view.get(tap).flatten(1, -1))
                                .toArray(Tensor[]::new);
                        Tensor row = torch.cat(new TensorVector(outputs), 1);
                        values.get(i).add(pieces.own(() -> row.clone()));
                    }
                    labels.add(
                            pieces.own(() -> Tensors.to(batch.labels(), device).clone()));
                }
            }
            shared.checkStop(isStopped);
            // The list that is joined is freed with its scope, and so are the pieces: only the whole stays.
            try (Scope scope = Scope.open()) {
                List<Features> all = new ArrayList<>();
                for (List<Tensor> rows : values) {
                    Features own = new Features(
                            rows.isEmpty() ? Tensors.zeros(ScalarType.Float, 0, 0) : joined(rows),
                            labels.isEmpty() ? Tensors.zeros(ScalarType.Long, 0) : joined(labels));
                    Features whole = shared.gathered(own, sizes, device);
                    all.add(new Features(Scope.keep(whole.values()), Scope.keep(whole.labels())));
                }
                return all;
            }
        }
    }

    private static Tensor joined(List<Tensor> pieces) {
        return torch.cat(new TensorVector(pieces.toArray(new Tensor[0])));
    }

    @Override
    public void close() {
        values.close();
        labels.close();
    }
}
