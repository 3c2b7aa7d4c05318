package io.contrast4j.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can happen to a download, against a server on this machine. */
class DownloadTest {
    private static final String NAME = "archive.bin";
    private static final byte[] CONTENT = bytes(1, 300_000);
    private static final Checksum RIGHT = FileServer.md5(CONTENT);
    /** A server that is only slow, on a busy machine, is waited for. */
    private static final Download.Patience PATIENT =
            new Download.Patience(3, Duration.ofMillis(5), Duration.ofSeconds(20));

    @TempDir
    Path folder;

    private final FileServer server = new FileServer().put(NAME, CONTENT);
    private final Seen seen = new Seen();

    /** What a download said. */
    private static final class Seen implements Download.Listener {
        private final List<String> notes = new ArrayList<>();
        private long already;
        private long received;
        private long total;

        @Override
        public void begin(String file, long already, long total) {
            this.already = already;
            this.total = total;
        }

        @Override
        public void received(long bytes) {
            received += bytes;
        }

        @Override
        public void end() {}

        @Override
        public void note(String sentence) {
            notes.add(sentence);
        }
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static byte[] bytes(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private Path target() {
        return folder.resolve("deep/er").resolve(NAME);
    }

    private Path beside(String ending) {
        return target().resolveSibling(NAME + ending);
    }

    private Path leave(String ending, byte[] content) throws IOException {
        Files.createDirectories(target().getParent());
        return Files.write(beside(ending), content);
    }

    private Download.Outcome fetch(URI... from) {
        List<URI> addresses = from.length == 0 ? List.of(server.address(NAME)) : List.of(from);
        return fetch(PATIENT, addresses);
    }

    private Download.Outcome fetch(Download.Patience patience, List<URI> addresses) {
        return new Download(patience, seen).fetch(addresses, target(), RIGHT);
    }

    private void assertComplete() throws IOException {
        assertThat(Files.readAllBytes(target())).isEqualTo(CONTENT);
        assertThat(list()).containsExactly(NAME);
    }

    private List<String> list() throws IOException {
        try (Stream<Path> files = Files.list(target().getParent())) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private List<String> ranges() {
        return server.requests().stream()
                .map(request -> String.valueOf(request.range()))
                .toList();
    }

    @Test
    void aFileIsFetchedOnce() throws IOException {
        assertThat(fetch()).isEqualTo(Download.Outcome.FETCHED);
        assertComplete();
        assertThat(seen.received).isEqualTo(CONTENT.length);
        assertThat(seen.total).isEqualTo(CONTENT.length);
        assertThat(seen.notes).isEmpty();

        assertThat(fetch()).isEqualTo(Download.Outcome.PRESENT);
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void whatAnEarlierDownloadLeftIsUsed() throws IOException {
        leave(".part", Arrays.copyOf(CONTENT, 123_456));
        fetch();
        assertComplete();
        assertThat(ranges()).containsExactly("bytes=123456-");
        assertThat(seen.already).isEqualTo(123_456);
        assertThat(seen.received).isEqualTo(CONTENT.length - 123_456);
    }

    @Test
    void aConnectionThatBreaksIsTakenUpAgain() throws IOException {
        server.behave((self, exchange, file, number) -> FileServer.sendAtMost(self, exchange, file, 70_000));
        fetch();
        assertComplete();
        assertThat(server.requests()).hasSizeBetween(5, 12);
        assertThat(server.requests().get(1).range()).startsWith("bytes=");
        assertThat(server.requests().get(1).ifRange()).isEqualTo("\"1\"");
        assertThat(seen.received).isEqualTo(CONTENT.length);
        assertThat(seen.notes)
                .isNotEmpty()
                .allSatisfy(note -> assertThat(note).isEqualTo("the connection broke: trying again in 5 ms"));
    }

    @Test
    void aServerThatFallsSilentIsLeftAndAskedAgain() throws IOException {
        server.behave((self, exchange, file, number) -> {
            if (number == 0) {
                FileServer.fallSilent(self, exchange, file, 70_000);
            } else {
                FileServer.sendAtMost(self, exchange, file, file.length);
            }
        });
        fetch(new Download.Patience(3, Duration.ofMillis(5), Duration.ofMillis(1500)), List.of(server.address(NAME)));
        assertComplete();
        assertThat(ranges()).containsExactly("null", "bytes=70000-");
        assertThat(seen.notes).singleElement().asString().contains("nothing came for 1500 ms");
    }

    @Test
    void aServerThatCannotResumeSendsTheFileFromItsStart() throws IOException {
        leave(".part", Arrays.copyOf(CONTENT, 1000));
        server.behave((self, exchange, file, number) -> {
            exchange.sendResponseHeaders(200, file.length);
            exchange.getResponseBody().write(file);
        });
        fetch();
        assertComplete();
        assertThat(seen.already).isZero();
        assertThat(seen.notes).singleElement().asString().contains("from its start");
    }

    @Test
    void aFileThatChangesMidwayIsFetchedFromItsStart() throws IOException {
        server.behave((self, exchange, file, number) -> {
            self.version(number == 0 ? "\"1\"" : "\"2\"");
            FileServer.sendAtMost(
                    self, exchange, number == 0 ? bytes(7, file.length) : file, number == 0 ? 50_000 : file.length);
        });
        fetch();
        assertComplete();
        assertThat(server.requests()).hasSize(2);
    }

    @Test
    void anotherPieceThanWasAskedForIsNotAppended() throws IOException {
        leave(".part", Arrays.copyOf(CONTENT, 1000));
        server.behave((self, exchange, file, number) -> {
            if (number == 0) {
                exchange.getResponseHeaders().set("Content-Range", "bytes 0-299999/300000");
                exchange.sendResponseHeaders(206, file.length);
                exchange.getResponseBody().write(file);
            } else {
                FileServer.sendAtMost(self, exchange, file, file.length);
            }
        });
        fetch();
        assertComplete();
        assertThat(ranges()).containsExactly("bytes=1000-", "null");
    }

    @Test
    void aPartThatIsTheWholeFileOnlyNeedsItsName() throws IOException {
        leave(".part", CONTENT);
        fetch();
        assertComplete();
        assertThat(ranges()).containsExactly("bytes=300000-");
    }

    @Test
    void aPartThatIsLongerThanTheFileIsThrownAway() throws IOException {
        leave(".part", bytes(3, CONTENT.length + 5));
        fetch();
        assertComplete();
        assertThat(ranges()).containsExactly("bytes=300005-", "null");
    }

    @Test
    void aPartOfAnotherFileCostsOneMoreFetch() throws IOException {
        leave(".part", bytes(3, 1000));
        fetch();
        assertComplete();
        assertThat(ranges()).containsExactly("bytes=1000-", "null");
        assertThat(seen.notes).singleElement().asString().contains("in one piece");
    }

    @Test
    void aFileWithAWrongChecksumIsPutAside() throws IOException {
        byte[] other = bytes(2, 1000);
        server.put(NAME, other);
        assertThatThrownBy(this::fetch)
                .isInstanceOfSatisfying(
                        UserError.class, error -> assertThat(error.exitCode()).isEqualTo(UserError.FAILED))
                .hasMessageContainingAll(
                        server.address(NAME).toString(),
                        FileServer.md5(other).toString(),
                        RIGHT.toString(),
                        "put aside as " + beside(".wrong"));
        assertThat(list()).containsExactly(NAME + ".wrong");
        assertThat(Files.readAllBytes(beside(".wrong"))).isEqualTo(other);
    }

    @Test
    void aFileThatIsCutWithoutASignHasAWrongChecksum() throws IOException {
        server.behave((self, exchange, file, number) -> {
            exchange.sendResponseHeaders(200, 0); // in chunks: the end is where the server says
            exchange.getResponseBody().write(file, 0, 1000);
        });
        assertThatThrownBy(this::fetch).hasMessageContaining("put aside");
        assertThat(seen.total).isEqualTo(-1);
        assertThat(list()).containsExactly(NAME + ".wrong");
    }

    @Test
    void aWrongFileOfThatNameIsPutAsideAndFetched() throws IOException {
        leave("", bytes(5, 10));
        assertThat(fetch()).isEqualTo(Download.Outcome.FETCHED);
        assertThat(Files.readAllBytes(target())).isEqualTo(CONTENT);
        assertThat(Files.readAllBytes(beside(".wrong"))).isEqualTo(bytes(5, 10));
        assertThat(seen.notes).singleElement().asString().contains("moved to " + NAME + ".wrong");
    }

    @Test
    void aPlaceThatDoesNotHaveItIsFollowedByTheNext() throws IOException {
        fetch(server.address("old/" + NAME), server.address(NAME));
        assertComplete();
    }

    @Test
    void aFileThatIsNowhereIsSaidWithEveryAddress() throws IOException {
        assertThatThrownBy(() -> fetch(server.address("a"), server.address("b")))
                .isInstanceOfSatisfying(
                        UserError.class, error -> assertThat(error.exitCode()).isEqualTo(UserError.FAILED))
                .hasMessageContainingAll(
                        server.address("a") + ": the server answers 404",
                        server.address("b") + ": the server answers 404",
                        "--mirror");
        assertThat(server.requests()).as("404 is not asked again").hasSize(2);
        assertThat(list()).isEmpty();
    }

    @Test
    void aServerThatIsBusyIsAskedAgain() throws IOException {
        server.behave((self, exchange, file, number) -> {
            if (number < 2) {
                exchange.sendResponseHeaders(503, -1);
            } else {
                FileServer.sendAtMost(self, exchange, file, file.length);
            }
        });
        fetch();
        assertComplete();
        assertThat(seen.notes)
                .containsExactly(
                        "the server answers 503: trying again in 5 ms",
                        "the server answers 503: trying again in 10 ms");
    }

    @Test
    void aServerThatBreaksForGoodLeavesWhatCame() throws IOException {
        server.behave((self, exchange, file, number) ->
                FileServer.sendAtMost(self, exchange, file, number == 0 ? 50_000 : 0));
        assertThatThrownBy(this::fetch)
                .isInstanceOf(UserError.class)
                .hasMessageContaining("goes on after the")
                .hasMessageContaining(beside(".part").toString());
        assertThat(list()).containsExactly(NAME + ".part");
        byte[] part = Files.readAllBytes(beside(".part"));
        assertThat(part).isNotEmpty().isEqualTo(Arrays.copyOf(CONTENT, part.length));

        server.behave(FileServer::send);
        fetch();
        assertComplete();
        assertThat(server.requests().get(server.requests().size() - 1).range()).isEqualTo("bytes=" + part.length + "-");
    }

    @Test
    void noServerAtAll() throws IOException {
        URI closed;
        try (ServerSocket socket = new ServerSocket(0)) {
            closed = URI.create("http://localhost:" + socket.getLocalPort() + "/x");
        }
        assertThatThrownBy(() -> fetch(closed))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("no connection to localhost:")
                .hasMessageContaining("check the network");
        assertThatThrownBy(() -> fetch(URI.create("http://nowhere.invalid/x")))
                .hasMessageContaining("no host nowhere.invalid is known here");
        assertThat(list()).isEmpty();
    }

    @Test
    void redirectsAreFollowed() throws IOException {
        server.put("moved", new byte[0]).behave((self, exchange, file, number) -> {
            if (file.length == 0) {
                exchange.getResponseHeaders().set("Location", "/" + NAME);
                exchange.sendResponseHeaders(302, -1);
            } else {
                FileServer.sendAtMost(self, exchange, file, 100_000);
            }
        });
        fetch(server.address("moved"));
        assertComplete();
    }

    @Test
    void twoDownloadsDoNotWriteOneFile() throws IOException {
        Files.createDirectories(target().getParent());
        try (PartFile busy = PartFile.open(target(), RIGHT)) {
            busy.append(CONTENT, 10);
            assertThatThrownBy(this::fetch)
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("Another process downloads to " + beside(".part"));
        }
        fetch();
        assertComplete();
    }

    @Test
    void aFolderThatCannotBeMadeIsSaid() throws IOException {
        Files.writeString(folder.resolve("deep"), "a file");
        assertThatThrownBy(this::fetch)
                .isInstanceOf(UserError.class)
                .hasMessageContaining(folder.resolve("deep").toString());
        assertThat(server.requests()).isEmpty();
    }
}
