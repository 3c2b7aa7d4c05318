package io.contrast4j.dist;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** One connection between two processes that meet: numbers, texts and tables of texts, each with its length. */
final class Wire implements AutoCloseable {
    private static final byte[] GREETING = "contrast4j-1".getBytes(StandardCharsets.US_ASCII);

    /** No configuration has that many bytes, all keys and values together; what says so is not a contrast4j. */
    private static final int LONGEST = 1 << 20;

    /** Nor has one that many keys. */
    private static final int MOST = 1 << 14;

    private final Socket socket;
    private final Patient patient;
    private final DataInputStream in;
    private final DataOutputStream out;

    Wire(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        socket.setKeepAlive(true);
        this.patient = new Patient(socket);
        this.in = new DataInputStream(new BufferedInputStream(patient));
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

    /** How long all reads from now on may take together, so that nobody can spin them out; 0 for ever. */
    void patience(long millis) throws IOException {
        patient.until(millis);
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
        return text(LONGEST);
    }

    private String text(int longest) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > longest) {
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
        if (size < 0 || size > MOST) {
            throw new IOException("a table of " + size + " entries");
        }
        Map<String, String> table = new TreeMap<>();
        int room = LONGEST;
        for (int i = 0; i < size; i++) {
            String key = text(room);
            room -= key.length();
            String value = text(room);
            room -= value.length();
            table.put(key, value);
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

    /** What comes in, for as long as there is patience: a socket itself only limits each read. */
    private static final class Patient extends InputStream {
        private final Socket socket;
        private final InputStream in;
        private long end;
        private boolean isForEver = true;

        Patient(Socket socket) throws IOException {
            this.socket = socket;
            this.in = socket.getInputStream();
        }

        void until(long millis) throws IOException {
            isForEver = millis <= 0;
            end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
            if (isForEver) {
                socket.setSoTimeout(0);
            }
        }

        private void limit() throws IOException {
            if (isForEver) {
                return;
            }
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (left <= 0) {
                throw new SocketTimeoutException("nothing more is waited for");
            }
            socket.setSoTimeout((int) Math.min(Integer.MAX_VALUE, left));
        }

        @Override
        public int read() throws IOException {
            limit();
            return in.read();
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            limit();
            return in.read(bytes, from, length);
        }
    }
}
