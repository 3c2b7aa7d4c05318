package io.contrast4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.spec.UserError;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class PhotoCropsTest implements DatasetKit {
    private static final Pattern COLUMN = Pattern.compile("(\\w+), .* column (\\d+)\\)");

    @Override
    public Dataset open() {
        return new PhotoCrops.Config(96, 5, 2, 0.3).openTrain();
    }

    @Test
    void trainingAndTestCropsShareNoPixels() {
        PhotoCrops.Config config = new PhotoCrops.Config(64, 200, 200, 0.4);
        Dataset train = config.openTrain();
        Dataset test = config.openTest();
        assertThat(test.classes()).isEqualTo(train.classes());
        for (int label = 0; label < train.classes().size(); label++) {
            assertThat(lastColumn(train, label) + 64).isLessThanOrEqualTo(firstColumn(test, label));
        }
    }

    private static int firstColumn(Dataset data, int label) {
        int first = Integer.MAX_VALUE;
        for (int i = 0; i < data.size(); i++) {
            first = data.label(i) == label ? Math.min(first, column(data, i)) : first;
        }
        return first;
    }

    private static int lastColumn(Dataset data, int label) {
        int last = 0;
        for (int i = 0; i < data.size(); i++) {
            last = data.label(i) == label ? Math.max(last, column(data, i)) : last;
        }
        return last;
    }

    private static int column(Dataset data, int index) {
        Matcher matcher = COLUMN.matcher(data.describe(index));
        assertThat(matcher.matches()).isTrue();
        return Integer.parseInt(matcher.group(2));
    }

    @Test
    void cropsThatDoNotFitAreRefused() {
        PhotoCrops.Config config = new PhotoCrops.Config(200, 1, 1, 0.3);
        assertThat(config.openTrain().size()).isEqualTo(7);
        assertThatThrownBy(config::openTest)
                .isInstanceOf(UserError.class)
                .hasMessageContaining("size = 200")
                .hasMessageContaining("at most 153");
    }
}
