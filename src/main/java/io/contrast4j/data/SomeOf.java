package io.contrast4j.data;

import java.io.IOException;
import java.util.List;

/** Some pictures of a data set, as a data set: its i-th picture is that of the i-th chosen index. */
public final class SomeOf implements Dataset {
    private final Dataset whole;
    private final int[] chosen;

    /** @param chosen indices of the whole */
    public SomeOf(Dataset whole, int... chosen) {
        this.whole = whole;
        this.chosen = chosen.clone();
    }

    @Override
    public int size() {
        return chosen.length;
    }

    @Override
    public List<String> classes() {
        return whole.classes();
    }

    @Override
    public int label(int index) {
        return whole.label(chosen[index]);
    }

    @Override
    public Sample read(int index) throws IOException {
        Sample sample = whole.read(chosen[index]);
        return new Sample(sample.rgb(), sample.label(), index);
    }

    @Override
    public String describe(int index) {
        return whole.describe(chosen[index]);
    }
}
