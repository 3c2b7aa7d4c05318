package io.contrast4j.image;

import io.contrast4j.spec.UserError;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Point;
import org.bytedeco.opencv.opencv_core.Rect;
import org.bytedeco.opencv.opencv_core.Scalar;
import org.bytedeco.opencv.opencv_core.Size;

/**
 * Pictures side by side, each with a caption below: for people to look at. Every picture is scaled to a square cell, its
 * shape kept; the rest of the cell stays dark. Small pictures are enlarged without smoothing, so that pixels can be seen.
 *
 * <p>Everything native belongs to the scope in which the grid was made.
 */
public final class PictureGrid {
    private static final int FONT = opencv_imgproc.FONT_HERSHEY_SIMPLEX;
    private static final double CAPTION_SCALE = 0.4;
    private static final double HEADING_SCALE = 0.55;
    private static final int CAPTION_HEIGHT = 20;
    private static final int HEADING_HEIGHT = 34;
    private static final int GAP = 8;
    private static final int BACKGROUND = 24;
    private static final int EMPTY = 48;
    private static final int CAPTION = 230;
    private static final int CROSS = 110;

    static {
        OpenCv.prepare();
    }

    private final int columns;
    private final int side;
    private final List<Row> rows = new ArrayList<>();

    /**
     * @param columns cells in a row
     * @param side of a cell in pixels
     */
    public PictureGrid(int columns, int side) {
        this.columns = columns;
        this.side = side;
    }

    /** A line of text, or up to {@link #columns} cells. */
    private record Row(String heading, List<Cell> cells) {
        boolean isHeading() {
            return !heading.isEmpty();
        }
    }

    /** A square picture and what stands below it. */
    private record Cell(Mat square, String caption) {}

    /** Begins a new row below a line of text. */
    public void heading(String text) {
        rows.add(new Row(text, List.of()));
    }

    /** The next cell: a picture, 8-bit RGB. */
    public void add(Mat rgb, String caption) {
        place(cell(rgb, side), caption);
    }

    /** The next cell, crossed out: there is no picture. */
    public void addMissing(String caption) {
        Mat square = filled(side, side, EMPTY);
        Scalar grey = Scalar.all(CROSS);
        opencv_imgproc.line(square, new Point(0, 0), new Point(side - 1, side - 1), grey, 1, opencv_imgproc.LINE_AA, 0);
        opencv_imgproc.line(square, new Point(0, side - 1), new Point(side - 1, 0), grey, 1, opencv_imgproc.LINE_AA, 0);
        place(square, caption);
    }

    private void place(Mat square, String caption) {
        Row last = rows.isEmpty() ? new Row("", List.of()) : rows.get(rows.size() - 1);
        if (rows.isEmpty() || last.isHeading() || last.cells.size() == columns) {
            last = new Row("", new ArrayList<>());
            rows.add(last);
        }
        last.cells.add(new Cell(square, caption));
    }

    /** What becomes of a picture in a grid: a new one of side×side, which {@link #add} takes as it is. */
    public static Mat cell(Mat rgb, int side) {
        double scale = Math.min((double) side / rgb.cols(), (double) side / rgb.rows());
        int width = Math.max(1, (int) Math.round(rgb.cols() * scale));
        int height = Math.max(1, (int) Math.round(rgb.rows() * scale));
        Mat scaled = new Mat();
        int kernel = scale < 1
                ? opencv_imgproc.INTER_AREA
                : scale < 2 ? opencv_imgproc.INTER_LINEAR : opencv_imgproc.INTER_NEAREST;
        opencv_imgproc.resize(rgb, scaled, new Size(width, height), 0, 0, kernel);
        Mat square = filled(side, side, EMPTY);
        scaled.copyTo(new Mat(square, new Rect((side - width) / 2, (side - height) / 2, width, height)));
        return square;
    }

    private static Mat filled(int height, int width, int grey) {
        return new Mat(height, width, opencv_core.CV_8UC3, Scalar.all(grey));
    }

    /** The whole grid, 8-bit RGB. */
    public Mat draw() {
        int width = GAP + columns * (side + GAP);
        int height = GAP + rows.stream().mapToInt(this::height).sum();
        Mat sheet = filled(height, width, BACKGROUND);
        int top = GAP;
        for (Row row : rows) {
            if (row.isHeading()) {
                write(sheet, row.heading, GAP, top + HEADING_HEIGHT - 14, HEADING_SCALE, width - 2 * GAP);
            }
            int left = GAP;
            for (Cell cell : row.cells) {
                cell.square.copyTo(new Mat(sheet, new Rect(left, top, side, side)));
                write(sheet, cell.caption, left, top + side + CAPTION_HEIGHT - 7, CAPTION_SCALE, side);
                left += side + GAP;
            }
            top += height(row);
        }
        return sheet;
    }

    private int height(Row row) {
        return row.isHeading() ? HEADING_HEIGHT : side + CAPTION_HEIGHT + GAP;
    }

    private static void write(Mat sheet, String text, int left, int baseline, double scale, int room) {
        opencv_imgproc.putText(
                sheet,
                fitting(drawable(text), scale, room),
                new Point(left, baseline),
                FONT,
                scale,
                Scalar.all(CAPTION),
                1,
                opencv_imgproc.LINE_AA,
                false);
    }

    /** OpenCV's letters are those of ASCII: accents are taken off, and what is left of other scripts are question marks. */
    private static String drawable(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFD)
                .replaceAll("\\p{M}+", "")
                .replaceAll("[^ -~]", "?");
    }

    private static String fitting(String text, double scale, int room) {
        if (width(text, scale) <= room) {
            return text;
        }
        for (int length = text.length() - 1; length > 0; length--) {
            String cut = text.substring(0, length) + "..";
            if (width(cut, scale) <= room) {
                return cut;
            }
        }
        return "";
    }

    private static int width(String text, double scale) {
        try (BytePointer bytes = new BytePointer(text)) {
            return opencv_imgproc.getTextSize(bytes, FONT, scale, 1, new int[1]).width();
        }
    }

    /** The grid as a PNG file in memory. */
    public Png png() {
        Mat sheet = draw();
        return new Png(sheet.cols(), sheet.rows(), PngFile.encoded(sheet));
    }

    /**
     * Draws the grid to a PNG file.
     *
     * @throws UserError if the file cannot be written
     */
    public void write(Path file) {
        PngFile.write(draw(), file);
    }
}
