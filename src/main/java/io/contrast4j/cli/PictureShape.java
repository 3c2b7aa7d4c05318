package io.contrast4j.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Channels, height and width of pictures, written 3x224x224.
 *
 * @param channels 1 to 1024
 * @param height 1 to 2048
 * @param width 1 to 2048
 */
record PictureShape(int channels, int height, int width) {
    private static final int MOST_CHANNELS = 1024;
    private static final int LONGEST_SIDE = 2048;
    private static final Pattern FORM = Pattern.compile("(\\d{1,6})[x×](\\d{1,6})[x×](\\d{1,6})");

    @Override
    public String toString() {
        return channels + "x" + height + "x" + width;
    }

    /** Of the command line. */
    static final class Converter implements ITypeConverter<PictureShape> {
        @Override
        public PictureShape convert(String text) {
            Matcher form = FORM.matcher(text);
            if (!form.matches()) {
                throw new TypeConversionException(
                        "'" + text + "' must be channels x height x width, such as 3x224x224");
            }
            PictureShape shape = new PictureShape(number(form, 1), number(form, 2), number(form, 3));
            boolean sides = inside(shape.height, LONGEST_SIDE) && inside(shape.width, LONGEST_SIDE);
            if (!inside(shape.channels, MOST_CHANNELS) || !sides) {
                throw new TypeConversionException("'" + text + "' must have 1 to " + MOST_CHANNELS
                        + " channels and sides of 1 to " + LONGEST_SIDE + " pixels");
            }
            return shape;
        }

        private static int number(Matcher form, int group) {
            return Integer.parseInt(form.group(group));
        }

        private static boolean inside(int value, int most) {
            return value >= 1 && value <= most;
        }
    }
}
