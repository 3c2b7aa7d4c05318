package io.contrast4j.data;

import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.UserError;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.bytedeco.opencv.opencv_core.Mat;

/** Puts samples into batches, as they are in one epoch: a function of (seed, epoch, sample) and nothing else. */
final class SampleRenderer {
    // Streams of draws for one sample in one epoch; 1 is that of SampleReader.
    private static final long VIEWS_STREAM = 0;
    private static final long MIXTURE_STREAM = 2;

    private static final int PARTNER_DRAWS = 100;

    private final SampleReader reader;
    private final Views views;
    private final Mixture mixture;
    private final long seed;

    SampleRenderer(SampleReader reader, Views views, Mixture mixture, long seed) {
        this.reader = reader;
        this.views = views;
        this.mixture = mixture;
        this.seed = seed;
    }

    /**
     * Puts a sample into a slot.
     *
     * @return the sample, which may be another than was asked for; nothing if it is to be left out
     */
    Optional<Sample> render(int index, long epoch, Canvas.Slot slot) {
        Optional<Sample> read = reader.read(index, epoch);
        read.ifPresent(sample ->
                slot.put(sample.rgb(), CounterRandom.of(seed, epoch, index, VIEWS_STREAM), rendered -> {
                    CounterRandom rng = CounterRandom.of(seed, epoch, index, MIXTURE_STREAM);
                    mixture.mix(planes(rendered), chance -> partner(chance, rng, epoch), Chance.of(rng));
                }));
        return read;
    }

    private List<Mat> partner(Chance chance, RandomGenerator rng, long epoch) {
        for (int draw = 0; draw < PARTNER_DRAWS; draw++) {
            Optional<Sample> sample = reader.read(chance.partner(reader.size()), epoch);
            if (sample.isPresent()) {
                return planes(Views.rendered(views, sample.get().rgb(), rng));
            }
        }
        throw new UserError(
                UserError.FAILED,
                "Found no readable sample to mix with in " + PARTNER_DRAWS + " draws; check the data set.");
    }

    /** The channels of all views. */
    private List<Mat> planes(List<Mat> rendered) {
        List<Mat> planes = new ArrayList<>();
        for (int view = 0; view < rendered.size(); view++) {
            int side = views.size(view);
            for (int channel = 0; channel < views.channels(view); channel++) {
                planes.add(rendered.get(view).rowRange(channel * side, (channel + 1) * side));
            }
        }
        return planes;
    }
}
