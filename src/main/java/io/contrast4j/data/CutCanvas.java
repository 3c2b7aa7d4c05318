package io.contrast4j.data;

import io.contrast4j.image.BatchedResampling;
import io.contrast4j.image.Change;
import io.contrast4j.tensor.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** The crops of a batch as they are cut out of pictures, of any size, with what is to be done to them on a device. */
final class CutCanvas implements Canvas {
    private static final int CHANNELS = 3;

    /** Bytes that are allocated at a time. */
    private static final long CHUNK = 32L << 20;

    private final DeferredViews views;
    private final BatchMemory memory;
    private final @Nullable Cuts[] filled;
    private final List<Tensor> chunks = new ArrayList<>();

    /** Of all chunks, the bytes that are taken in each. */
    private final List<Long> taken = new ArrayList<>();

    private CutCanvas(DeferredViews views, BatchMemory memory, int slots) {
        this.views = views;
        this.memory = memory;
        this.filled = new Cuts[slots];
    }

    static Source source(DeferredViews views, BatchLoader.Config config) {
        BatchMemory memory = BatchMemory.of(config);
        return new Source() {
            @Override
            public Canvas blank(int slots) {
                return new CutCanvas(views, memory, slots);
            }

            @Override
            public void close() {}
        };
    }

    /** Where a crop is. */
    private record Place(int chunk, long offset, int height, int width, BytePointer memory) {}

    /** The crops of a picture. */
    private record Cuts(List<Place> places, List<DeferredViews.Cut> cuts) {}

    @Override
    public Slot slot(int number) {
        return (rgb, rng, mixture) -> put(number, rgb, rng);
    }

    private void put(int slot, Mat rgb, RandomGenerator rng) {
        List<DeferredViews.Cut> cuts = views.cuts(rgb, rng);
        List<Place> places = new ArrayList<>();
        for (DeferredViews.Cut cut : cuts) {
            Mat region = cut.region();
            Place place = place(region.rows(), region.cols());
            region.copyTo(new Mat(region.rows(), region.cols(), opencv_core.CV_8UC3, place.memory));
            places.add(place);
        }
        filled[slot] = new Cuts(places, cuts);
    }

    private synchronized Place place(int height, int width) {
        long bytes = (long) CHANNELS * height * width;
        int last = chunks.size() - 1;
        if (last < 0 || taken.get(last) + bytes > chunks.get(last).numel()) {
            chunks.add(memory.bytes(Math.max(CHUNK, bytes)));
            taken.add(0L);
            last++;
        }
        long offset = taken.get(last);
        taken.set(last, offset + bytes);
        return new Place(
                last, offset, height, width, new BytePointer(chunks.get(last).data_ptr()).getPointer(offset));
    }

    @Override
    public Pictures finish(int[] kept) {
        List<Cuts> slots = Arrays.stream(kept).mapToObj(slot -> filled[slot]).toList();
        long[] starts = new long[chunks.size()];
        for (int chunk = 1; chunk < starts.length; chunk++) {
            starts[chunk] = starts[chunk - 1] + taken.get(chunk - 1);
        }
        int crops = slots.isEmpty() ? 0 : slots.get(0).places.size();
        List<DeferredViews.Waiting> waiting = IntStream.range(0, crops)
                .mapToObj(crop -> waiting(slots, crop, starts))
                .toList();
        MemoryFormat format = memory.format();
        return new Pictures(used(), bytes -> {
            try (Tensor all = torch.cat(new TensorVector(bytes.toArray(new Tensor[0])))) {
                return views.views(all, waiting, format);
            }
        });
    }

    private static DeferredViews.Waiting waiting(List<Cuts> slots, int crop, long[] starts) {
        List<BatchedResampling.Region> regions = slots.stream()
                .map(slot -> slot.places.get(crop))
                .map(place ->
                        new BatchedResampling.Region(starts[place.chunk] + place.offset, place.height, place.width))
                .toList();
        int steps = slots.get(0).cuts.get(crop).changes().size();
        List<List<Optional<Change>>> changes = IntStream.range(0, steps)
                .mapToObj(step -> slots.stream()
                        .map(slot -> slot.cuts.get(crop).changes().get(step))
                        .toList())
                .toList();
        return new DeferredViews.Waiting(regions, changes);
    }

    /** Of each chunk what is taken, instead of the whole: so much goes to a device. */
    private List<Tensor> used() {
        List<Tensor> used = IntStream.range(0, chunks.size())
                .mapToObj(chunk -> Scope.keep(chunks.get(chunk).narrow(0, 0, taken.get(chunk))))
                .toList();
        free();
        return used;
    }

    @Override
    public void free() {
        chunks.forEach(Tensor::close);
        chunks.clear();
    }
}
