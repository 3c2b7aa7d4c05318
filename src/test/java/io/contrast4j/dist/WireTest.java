package io.contrast4j.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a stranger may do to one that listens. */
class WireTest {
    private ServerSocket server;
    private Socket stranger;
    private Wire wire;

    @BeforeEach
    void connect() throws IOException {
        server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        stranger = new Socket(server.getInetAddress(), server.getLocalPort());
        wire = new Wire(server.accept());
    }

    @AfterEach
    void close() throws IOException {
        wire.close();
        stranger.close();
        server.close();
    }

    @Test
    void aConfigurationArrivesWhole() throws IOException {
        Map<String, String> table = new TreeMap<>();
        for (int i = 0; i < 2000; i++) {
            table.put("key." + i, "value of " + i);
        }
        Thread sender = new Thread(() -> {
            try {
                new Wire(stranger).send(table);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        sender.start();
        assertThat(wire.table()).isEqualTo(table);
    }

    /** It is not the single byte that has to come in time, but all of it. */
    @Test
    void whoSpinsOutItsWordsIsNotListenedToForLonger() throws IOException {
        Thread drip = new Thread(() -> {
            try {
                for (int i = 0; i < 1000; i++) {
                    stranger.getOutputStream().write(0);
                    Thread.sleep(20);
                }
            } catch (IOException | InterruptedException over) {
                // The test is over.
            }
        });
        drip.start();
        wire.patience(300);
        long start = System.nanoTime();
        assertThatThrownBy(() -> {
                    while (true) {
                        wire.kind();
                    }
                })
                .isInstanceOf(SocketTimeoutException.class);
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(Duration.ofMillis(250), Duration.ofSeconds(5));
    }

    @Test
    void noMemoryIsTakenOnAStrangersWord() throws IOException {
        DataOutputStream out = new DataOutputStream(stranger.getOutputStream());
        out.writeInt(1 << 20);
        out.flush();
        assertThatThrownBy(wire::table).isInstanceOf(IOException.class).hasMessage("a table of 1048576 entries");
        out.writeInt(1 << 30);
        out.flush();
        assertThatThrownBy(wire::text).isInstanceOf(IOException.class).hasMessage("a text of 1073741824 bytes");
    }

    /** Many texts, each of which is short enough, are too much together. */
    @Test
    void aTableHasALimitOfItsOwn() throws IOException {
        byte[] text = new byte[300_000];
        Thread sender = new Thread(() -> {
            try {
                DataOutputStream out = new DataOutputStream(stranger.getOutputStream());
                out.writeInt(10);
                for (int i = 0; i < 20; i++) {
                    out.writeInt(text.length);
                    out.write(text);
                }
            } catch (IOException over) {
                // The test is over.
            }
        });
        sender.start();
        assertThatThrownBy(() -> wire.table()).isInstanceOf(IOException.class).hasMessage("a text of 300000 bytes");
    }
}
