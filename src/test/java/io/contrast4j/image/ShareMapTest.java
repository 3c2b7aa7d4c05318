package io.contrast4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.tensor.Scope;
import java.util.Collections;
import java.util.List;
import org.bytedeco.javacpp.indexer.UByteIndexer;
import org.bytedeco.opencv.opencv_core.Mat;
import org.junit.jupiter.api.Test;

class ShareMapTest {
    @Test
    void cellsAreAsDarkAsTheirShareOfTheRow() {
        try (Scope scope = Scope.open()) {
            Mat map = new ShareMap(List.of("a", "é", "none"), new long[][] {{4, 0, 0}, {3, 1, 0}, {0, 0, 0}}).draw();
            assertThat(map.cols()).isEqualTo(180 + 3 * 40 + 10);
            UByteIndexer pixels = map.createIndexer();
            int[][] reds = new int[3][3];
            for (int row = 0; row < 3; row++) {
                for (int column = 0; column < 3; column++) {
                    reds[row][column] = pixels.get(10 + 40 * row + 20, 180 + 40 * column + 20, 0);
                }
            }
            assertThat(reds).isDeepEqualTo(new int[][] {{8, 255, 255}, {70, 193, 255}, {255, 255, 255}});
        }
    }

    @Test
    void aThousandClassesAreAPixelEach() {
        try (Scope scope = Scope.open()) {
            Mat map = new ShareMap(Collections.nCopies(1000, "x"), new long[1000][1000]).draw();
            assertThat(map.rows()).isEqualTo(1000 + 2 * 10);
        }
    }

    @Test
    void whatIsNotSquareIsRefused() {
        assertThatThrownBy(() -> new ShareMap(List.of("a", "b"), new long[2][3]))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
