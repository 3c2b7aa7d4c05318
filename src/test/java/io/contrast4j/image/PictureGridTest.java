package io.contrast4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.bytedeco.opencv.opencv_core.Mat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureGridTest {
    private static final int SIDE = 40;
    private static final int GAP = 8;

    @TempDir
    Path folder;

    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static Mat plain(int rows, int columns, int red, int green, int blue) {
        byte[] bytes = new byte[rows * columns * 3];
        for (int at = 0; at < bytes.length; at += 3) {
            bytes[at] = (byte) red;
            bytes[at + 1] = (byte) green;
            bytes[at + 2] = (byte) blue;
        }
        return Mats.rgb(rows, columns, bytes);
    }

    private static int[] pixel(Mat rgb, int row, int column) {
        byte[] bytes = Mats.bytes(rgb);
        int at = (row * rgb.cols() + column) * 3;
        return new int[] {bytes[at] & 0xFF, bytes[at + 1] & 0xFF, bytes[at + 2] & 0xFF};
    }

    /** The values within a part of the grid. */
    private static Set<Byte> values(Mat rgb, int top, int bottom, int left, int right) {
        byte[] bytes = Mats.bytes(rgb);
        Set<Byte> values = new HashSet<>();
        for (int row = top; row < bottom; row++) {
            for (byte value :
                    Arrays.copyOfRange(bytes, (row * rgb.cols() + left) * 3, (row * rgb.cols() + right) * 3)) {
                values.add(value);
            }
        }
        return values;
    }

    @Test
    void picturesKeepTheirShapeInTheMiddleOfTheirCells() {
        PictureGrid grid = new PictureGrid(2, SIDE);
        grid.add(plain(100, 50, 200, 10, 20), "");
        grid.add(plain(5, 10, 10, 200, 20), "");
        Mat drawn = grid.draw();
        assertThat(drawn.cols()).isEqualTo(GAP + 2 * (SIDE + GAP));
        int middle = GAP + SIDE / 2;
        assertThat(pixel(drawn, middle, GAP + 9)).containsOnly(48);
        assertThat(pixel(drawn, middle, GAP + 10)).containsExactly(200, 10, 20);
        assertThat(pixel(drawn, GAP, GAP + 29)).containsExactly(200, 10, 20);
        assertThat(pixel(drawn, middle, GAP + 30)).containsOnly(48);
        int second = GAP + SIDE + GAP;
        assertThat(pixel(drawn, GAP + 9, second + 20)).containsOnly(48);
        assertThat(pixel(drawn, GAP + 10, second)).containsExactly(10, 200, 20);
        assertThat(pixel(drawn, GAP + 29, second + 39)).containsExactly(10, 200, 20);
        assertThat(pixel(drawn, middle, GAP + SIDE + 2)).as("between the cells").containsOnly(24);
    }

    @Test
    void smallPicturesAreEnlargedPixelByPixel() {
        PictureGrid grid = new PictureGrid(1, SIDE);
        grid.add(Mats.rgb(2, 2, new byte[] {0, 0, 0, 100, 100, 100, 100, 100, 100, 0, 0, 0}), "");
        assertThat(values(grid.draw(), GAP, GAP + SIDE, GAP, GAP + SIDE))
                .containsExactlyInAnyOrder((byte) 0, (byte) 100);
    }

    @Test
    void captionsStayBelowTheirCells() {
        for (String caption : new String[] {"cat", "a very long name of a class", "Käfer 甲虫"}) {
            PictureGrid grid = new PictureGrid(2, SIDE);
            grid.add(plain(4, 4, 0, 0, 0), caption);
            Mat drawn = grid.draw();
            int top = GAP + SIDE;
            assertThat(values(drawn, top, drawn.rows(), GAP, GAP + SIDE))
                    .as(caption)
                    .hasSizeGreaterThan(3);
            assertThat(values(drawn, 0, drawn.rows(), GAP + SIDE + 2, drawn.cols()))
                    .as(caption)
                    .hasSize(1);
        }
    }

    @Test
    void aHeadingBeginsANewRow() {
        PictureGrid grid = new PictureGrid(3, SIDE);
        int row = SIDE + 20 + GAP;
        grid.heading("first");
        grid.add(plain(4, 4, 0, 0, 0), "");
        grid.heading("second");
        for (int cell = 0; cell < 4; cell++) {
            grid.addMissing("");
        }
        assertThat(grid.draw().rows()).isEqualTo(GAP + 2 * 34 + 3 * row);
    }

    @Test
    void theFileHasTheSamePixels() throws IOException {
        PictureGrid grid = new PictureGrid(1, SIDE);
        grid.add(plain(3, 4, 1, 2, 3), "x");
        grid.write(folder.resolve("grid.png"));
        assertThat(Mats.bytes(Decoder.read(folder.resolve("grid.png")))).isEqualTo(Mats.bytes(grid.draw()));
        assertThatThrownBy(() -> grid.write(folder.resolve("no/grid.png")))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("no/grid.png");
    }
}
