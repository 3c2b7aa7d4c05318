package io.contrast4j.metrics;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * An event file as TensorBoard reads it: {@code Event} messages of TensorFlow's {@code event.proto}, each in a record of
 * its length (64 bits, little-endian), a checksum of the length, the message, and a checksum of the message.
 *
 * <p>Every process of a run writes its own file; TensorBoard reads the files of a folder in the order of their names,
 * which hold the time. Values are float32, as TensorBoard keeps them. For one thread.
 */
public final class EventFile implements AutoCloseable {
    private final Clock clock;
    private final RunFile file;

    private EventFile(Clock clock, RunFile file) {
        this.clock = clock;
        this.file = file;
    }

    /** A new event file in the folder, of a run that starts at its beginning. */
    public static EventFile create(Path folder) {
        return create(folder, Clock.systemUTC());
    }

    /**
     * A new event file of a run that is resumed: TensorBoard drops what earlier files hold of this and later steps.
     *
     * @param firstStep the first step that is done again
     */
    public static EventFile resume(Path folder, long firstStep) {
        EventFile events = create(folder);
        int sessionStart = 1;
        events.append(events.event(firstStep).message(7, new ProtoMessage().varint(1, sessionStart)));
        return events;
    }

    static EventFile create(Path folder, Clock clock) {
        String start = "events.out.tfevents." + clock.instant().getEpochSecond() + "." + host() + "."
                + ProcessHandle.current().pid() + ".";
        int number = 0;
        while (Files.exists(folder.resolve(start + number))) {
            number++;
        }
        EventFile events = new EventFile(
                clock,
                RunFile.open(folder.resolve(start + number), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
        events.append(new ProtoMessage().float64(1, events.now()).text(3, "brain.Event:2"));
        return events;
    }

    /** Adds one point to the curve of each name, such as {@code train/loss}. */
    public void scalars(Map<String, Double> values, long step) {
        ProtoMessage summary = new ProtoMessage();
        values.forEach((tag, value) ->
                summary.message(1, new ProtoMessage().text(1, tag).float32(2, value.floatValue())));
        append(event(step).message(5, summary));
    }

    /**
     * Adds a picture; TensorBoard shows those of a name with a slider for the step.
     *
     * @param png the file
     */
    public void image(String tag, int width, int height, byte[] png, long step) {
        int rgb = 3;
        ProtoMessage image = new ProtoMessage()
                .varint(1, height)
                .varint(2, width)
                .varint(3, rgb)
                .bytes(4, png);
        summary(step, new ProtoMessage().text(1, tag).message(4, image));
    }

    /** Adds how the values of a name are distributed at a step. */
    public void histogram(String tag, Histogram values, long step) {
        ProtoMessage histogram = new ProtoMessage()
                .float64(1, values.least())
                .float64(2, values.greatest())
                .float64(3, values.count())
                .float64(4, values.sum())
                .float64(5, values.squares())
                .float64s(6, values.limits())
                .float64s(7, values.counts());
        summary(step, new ProtoMessage().text(1, tag).message(5, histogram));
    }

    private void summary(long step, ProtoMessage value) {
        append(event(step).message(5, new ProtoMessage().message(1, value)));
    }

    @Override
    public void close() {
        file.close();
    }

    private ProtoMessage event(long step) {
        return new ProtoMessage().float64(1, now()).varint(2, step);
    }

    private double now() {
        return clock.millis() / 1e3;
    }

    private void append(ProtoMessage event) {
        byte[] message = event.toBytes();
        ByteBuffer record = ByteBuffer.allocate(16 + message.length).order(ByteOrder.LITTLE_ENDIAN);
        record.putLong(message.length);
        record.putInt(maskedChecksum(record.array(), 8));
        record.put(message).putInt(maskedChecksum(message, message.length));
        file.append(record.array());
    }

    /** CRC-32C, rotated and shifted by a constant: a checksum of data that holds its own checksum would be weak. */
    static int maskedChecksum(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException nameless) {
            return "localhost";
        }
    }
}
