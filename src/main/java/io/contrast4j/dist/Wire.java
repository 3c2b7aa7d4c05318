package io.contrast4j.dist;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** One connection between two processes that meet: numbers, texts and tables of texts, each with its length. */
final class Wire implements AutoCloseable {
    private static final byte[] GREETING = "contrast4j-1".getBytes(StandardCharsets.US_ASCII);

    /** No configuration is that long; what says so is not a contrast4j. */
    private static final int LONGEST = 1 << 20;

    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;

    Wire(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        socket.setKeepAlive(true);
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        this.out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
    }

    /** Says at once who speaks, so that a foreign program is noticed by its answer. */
    void greet() throws IOException {
        out.write(GREETING);
        out.flush();
    }

    /** Whether the other side greets like one of us. */
    boolean isGreeted() throws IOException {
        byte[] first = in.readNBytes(GREETING.length);
        return Arrays.equals(first, GREETING);
    }

    /** How long a read may take; 0 for ever. */
    void patience(long millis) throws IOException {
        socket.setSoTimeout((int) Math.min(Integer.MAX_VALUE, Math.max(0, millis)));
    }

    synchronized void send(int number) throws IOException {
        out.writeInt(number);
        out.flush();
    }

    synchronized void send(String text) throws IOException {
        write(text);
        out.flush();
    }

    /** A kind of message and its text, not to be torn apart. */
    synchronized void send(byte kind, String text) throws IOException {
        out.writeByte(kind);
        write(text);
        out.flush();
    }

    synchronized void send(Map<String, String> table) throws IOException {
        out.writeInt(table.size());
        for (Map.Entry<String, String> entry : table.entrySet()) {
            write(entry.getKey());
            write(entry.getValue());
        }
        out.flush();
    }

    byte kind() throws IOException {
        return in.readByte();
    }

    int number() throws IOException {
        return in.readInt();
    }

    String text() throws IOException {
        int length = in.readInt();
        if (length < 0 || length > LONGEST) {
            throw new IOException("a text of " + length + " bytes");
        }
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new IOException("the connection ended within a text");
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    Map<String, String> table() throws IOException {
        int size = in.readInt();
        if (size < 0 || size > LONGEST) {
            throw new IOException("a table of " + size + " entries");
        }
        Map<String, String> table = new TreeMap<>();
        for (int i = 0; i < size; i++) {
            table.put(text(), text());
        }
        return table;
    }

    private void write(String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    /** This side's address on the network that the two share. */
    InetAddress localAddress() {
        return socket.getLocalAddress();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException alreadyGone) {
            // Nothing is lost: what was to be said has been flushed.
        }
    }
}
