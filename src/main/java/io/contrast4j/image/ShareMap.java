package io.contrast4j.image;

import io.contrast4j.spec.UserError;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.indexer.UByteIndexer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Point;
import org.bytedeco.opencv.opencv_core.Rect;
import org.bytedeco.opencv.opencv_core.Scalar;
import org.bytedeco.opencv.opencv_core.Size;

/**
 * A square table of counts as a picture: each cell is the darker the larger its share of its row is, from white for none to
 * dark blue for all. A row without counts is white. Names stand on the left where cells are high enough to be read.
 *
 * <p>Everything native belongs to the scope in which the picture is drawn.
 *
 * @param names of the rows, which are also those of the columns, in this order
 * @param counts as many rows, each with as many numbers
 */
public record ShareMap(List<String> names, long[][] counts) {
    private static final int SIDE = 720;
    private static final int LARGEST = 40;
    private static final int READABLE = 12;
    private static final int LETTERS = 20;
    private static final int LEFT = 180;
    private static final int EDGE = 10;
    private static final int PAPER = 255;
    private static final int INK = 40;
    private static final double SMALL = 0.4;
    /** Red, green and blue of a whole row's share. */
    private static final int[] ALL = {8, 48, 107};

    static {
        OpenCv.prepare();
    }

    public ShareMap {
        names = List.copyOf(names);
        int size = names.size();
        if (size == 0 || counts.length != size || Arrays.stream(counts).anyMatch(row -> row.length != size)) {
            throw new IllegalArgumentException(size + " names and " + counts.length + " rows are no square table");
        }
    }

    /** Pixels of the side of a cell. */
    private int cell() {
        return Math.max(1, Math.min(LARGEST, SIDE / names.size()));
    }

    /** The picture, 8-bit RGB. */
    public Mat draw() {
        int side = cell() * names.size();
        int left = cell() < READABLE ? EDGE : LEFT;
        Mat sheet = new Mat(side + 2 * EDGE, left + side + EDGE, opencv_core.CV_8UC3, Scalar.all(PAPER));
        Mat place = new Mat(sheet, new Rect(left, EDGE, side, side));
        opencv_imgproc.resize(cells(), place, new Size(side, side), 0, 0, opencv_imgproc.INTER_NEAREST);
        opencv_imgproc.rectangle(
                sheet, new Rect(left - 1, EDGE - 1, side + 2, side + 2), Scalar.all(INK), 1, opencv_imgproc.LINE_8, 0);
        for (int row = 0; cell() >= READABLE && row < names.size(); row++) {
            String name = names.get(row);
            opencv_imgproc.putText(
                    sheet,
                    name.substring(0, Math.min(LETTERS, name.length())).replaceAll("[^ -~]", "?"),
                    new Point(EDGE, EDGE + row * cell() + cell() / 2 + 4),
                    opencv_imgproc.FONT_HERSHEY_SIMPLEX,
                    SMALL,
                    Scalar.all(INK),
                    1,
                    opencv_imgproc.LINE_AA,
                    false);
        }
        return sheet;
    }

    /** A pixel for each count. */
    private Mat cells() {
        Mat cells = new Mat(names.size(), names.size(), opencv_core.CV_8UC3);
        UByteIndexer pixels = cells.createIndexer();
        for (int row = 0; row < counts.length; row++) {
            long all = Math.max(1, Arrays.stream(counts[row]).sum());
            for (int column = 0; column < counts.length; column++) {
                double share = (double) counts[row][column] / all;
                for (int channel = 0; channel < ALL.length; channel++) {
                    pixels.put(row, column, channel, (int) Math.round(PAPER + share * (ALL[channel] - PAPER)));
                }
            }
        }
        return cells;
    }

    /**
     * Draws the picture to a PNG file.
     *
     * @throws UserError if the file cannot be written
     */
    public void write(Path file) {
        PngFile.write(draw(), file);
    }
}
