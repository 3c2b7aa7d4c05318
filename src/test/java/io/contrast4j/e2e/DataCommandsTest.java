package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.contrast4j.image.Decoder;
import io.contrast4j.prepare.FileServer;
import io.contrast4j.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code data download}, {@code data subset} and {@code data inspect} as a user starts them. */
class DataCommandsTest {
    private static final int FAILED = 1;
    private static final int USAGE = 2;

    @TempDir
    Path folder;

    private Launcher.Result run(String... arguments) {
        return new Launcher(folder).run(data(arguments));
    }

    private static String[] data(String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "data";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return all;
    }

    private Path write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    /** A catalogue with the sets {@code tiny}, a zip file, and {@code pair}, two files. */
    private void catalogue(byte[] zip, byte[] one, byte[] two) throws IOException {
        write("sets.json", """
                {"archives": [
                  {"name": "tiny", "about": "a small set", "from": ["http://unused.invalid/"],
                   "files": [{"name": "tiny.zip", "bytes": %d, "md5": "%s", "unpacks": "tiny"}]},
                  {"name": "pair", "from": ["http://unused.invalid/"], "folder": "both",
                   "files": [{"name": "1.gz", "md5": "%s"}, {"name": "2.gz", "md5": "%s"}]}
                ]}
                """.formatted(
                        zip.length,
                        FileServer.md5(zip).hex(),
                        FileServer.md5(one).hex(),
                        FileServer.md5(two).hex()));
    }

    private byte[] zip() throws IOException {
        Path file = folder.resolve("made.zip");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.putNextEntry(new ZipEntry("tiny/a.txt"));
            zip.write("hello".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
        return Files.readAllBytes(file);
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(1).nextBytes(bytes);
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(strings = {"data --help", "data download --help", "data subset --help", "data inspect --help"})
    void helpGoesToStdout(String arguments) {
        Launcher.Result result = Launcher.here(arguments.split(" ")).succeeded();
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).contains("Examples:", "contrast4j data ");
        assertThat(result.out().lines())
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(100));
    }

    @Test
    void theListHasThePublicSets() {
        Launcher.Result result = run("download", "--list").succeeded();
        assertThat(result.out().lines())
                .extracting(line -> line.split(" ")[0])
                .contains("cifar-10", "cifar-100", "stl-10", "tiny-imagenet", "mnist", "fashion-mnist");
    }

    @Test
    void aSetIsFetchedCheckedAndUnpackedOnce() throws IOException {
        byte[] zip = zip();
        catalogue(zip, bytes(10), bytes(20));
        try (FileServer server =
                new FileServer().put("m/tiny.zip", zip).put("m/1.gz", bytes(10)).put("m/2.gz", bytes(20))) {
            String[] command = {
                "download",
                "tiny",
                "pair",
                "--to",
                "sets",
                "--extract",
                "--catalog",
                "sets.json",
                "--mirror",
                server.address("m").toString()
            };
            Launcher.Result first = run(command).succeeded();
            assertThat(first.out())
                    .contains("sets/tiny.zip is complete; its checksum is right", "sets/tiny is unpacked")
                    .contains("sets/both/2.gz is complete");
            assertThat(first.err()).contains("tiny.zip  0.0 of 0.0 MB");
            assertThat(folder.resolve("sets/tiny/a.txt")).hasContent("hello");
            assertThat(folder.resolve("sets/both/1.gz")).hasBinaryContent(bytes(10));

            Launcher.Result second = run(command).succeeded();
            assertThat(second.out())
                    .contains("sets/tiny.zip is there already; its checksum is right", "sets/tiny is unpacked already");
            assertThat(server.requests()).hasSize(3);
        }
    }

    @Test
    void ctrlCLeavesAPartThatTheNextDownloadGoesOnWith() throws IOException {
        byte[] zip = bytes(400_000);
        catalogue(zip, bytes(1), bytes(2));
        try (FileServer server = new FileServer().put("tiny.zip", zip)) {
            server.behave((self, exchange, file, number) -> FileServer.fallSilent(self, exchange, file, 300_000));
            String[] command = {
                "download",
                "tiny",
                "--to",
                ".",
                "--catalog",
                "sets.json",
                "--mirror",
                server.address("").toString()
            };
            Path part = folder.resolve("tiny.zip.part");
            Launcher.Started started = new Launcher(folder).start(data(command));
            assertThat(started.until(() -> part.toFile().length() >= 200_000)).isTrue();
            Launcher.Result interrupted = started.signal("INT").failed(130, "interrupted: the same command goes on");
            assertThat(interrupted.out()).isEmpty();
            long kept = Files.size(part);
            assertThat(folder.resolve("tiny.zip")).doesNotExist();

            server.behave(FileServer::send);
            run(command).succeeded();
            assertThat(folder.resolve("tiny.zip")).hasBinaryContent(zip);
            assertThat(server.requests().get(1).range()).isEqualTo("bytes=" + kept + "-");
        }
    }

    @Test
    void downloadsThatCannotSucceedSaySo() throws IOException {
        catalogue(bytes(10), bytes(1), bytes(2));
        run("download", "imagenet", "--to", ".").failed(FAILED, "registration", "https://image-net.org/");
        run("download", "cifar", "--to", ".")
                .failed(USAGE, "Nothing that can be fetched is called cifar", "cifar-10, ");
        run("download", "mnist").failed(USAGE, "--to");
        run("download", "mnist", "--to", ".", "--mirror", "/a/folder")
                .failed(USAGE, "--mirror /a/folder", "https://host/folder/");
        run("download", "mnist", "--to", ".", "--catalog", "none.json").failed(USAGE, "none.json");
        write("bad.json", "{\"archives\": [{\"name\": \"x\"}]}");
        run("download", "x", "--to", ".", "--catalog", "bad.json").failed(USAGE, "bad.json", "from of x is missing");
        try (FileServer server = new FileServer().put("tiny.zip", bytes(11))) {
            String mirror = server.address("").toString();
            String[] command = {"download", "tiny", "--to", "here", "--catalog", "sets.json", "--mirror", mirror};
            run(command).failed(FAILED, "MD5", FileServer.md5(bytes(10)).hex(), "put aside as here/tiny.zip.wrong");
            assertThat(folder.resolve("here/tiny.zip.wrong")).hasBinaryContent(bytes(11));
            command[1] = "pair";
            run(command).failed(FAILED, "Cannot download 1.gz", "the server answers 404");
        }
        try (var files = Files.walk(folder.resolve("here"))) {
            assertThat(files.filter(Files::isRegularFile)).hasSize(1);
        }
    }

    @Test
    void aDiskThatFillsUpKeepsWhatCame() throws IOException {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        FullDiskTest.assumeMounting(disk);
        byte[] zip = bytes(3_000_000);
        catalogue(zip, bytes(1), bytes(2));
        Path script = Files.writeString(folder.resolve("script"), """
                set -u
                mount -t tmpfs -o size=1m none disk
                "$@" >full.out 2>full.err
                echo $? >full.code
                cp disk/* .
                """);
        try (FileServer server = new FileServer().put("tiny.zip", zip)) {
            List<String> command = List.of(
                    "unshare",
                    "-rm",
                    "bash",
                    script.toString(),
                    Launcher.HOME + "/tools/contrast4j",
                    "data",
                    "download",
                    "tiny",
                    "--to",
                    "disk",
                    "--catalog",
                    "sets.json",
                    "--mirror",
                    server.address("").toString());
            Launcher launcher = new Launcher(folder);
            launcher.run(Launcher.quiet(new ProcessBuilder(command)));
            assertThat(Launcher.read(folder.resolve("full.code")).strip()).isEqualTo("1");
            assertThat(Launcher.read(folder.resolve("full.err")))
                    .contains("contrast4j: The rest of tiny.zip has 3000000 bytes, and there is room for")
                    .doesNotContain("\tat ");

            server.behave((self, exchange, file, number) -> {
                exchange.sendResponseHeaders(200, 0); // its size is not known before
                exchange.getResponseBody().write(file);
            });
            launcher.run(Launcher.quiet(new ProcessBuilder(command)));
            assertThat(Launcher.read(folder.resolve("full.code")).strip()).isEqualTo("1");
            assertThat(Launcher.read(folder.resolve("full.err")))
                    .contains("contrast4j: Cannot write disk/tiny.zip.part (No space left on device); make room")
                    .doesNotContain("\tat ");
            byte[] part = Files.readAllBytes(folder.resolve("tiny.zip.part"));
            assertThat(part).hasSizeGreaterThan(500_000).isEqualTo(Arrays.copyOf(zip, part.length));
        }
    }

    private Path photo(String name) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        try (var in =
                Objects.requireNonNull(Decoder.class.getResourceAsStream("/io/contrast4j/data/photos/chelsea.jpg"))) {
            Files.write(file, in.readAllBytes());
        }
        return file;
    }

    @Test
    void aSubsetIsADataSetOfItsOwn() throws IOException {
        for (String name : List.of("cat", "dog", "elk")) {
            photo("all/train/" + name + "/1.jpg");
            photo("all/val/" + name + "/2.jpg");
        }
        write("list.txt", "elk\ncat");
        Launcher.Result made =
                run("subset", "all", "few", "--classes", "list.txt").succeeded();
        assertThat(made.out()).isEqualTo("few: 2 classes in train/ and val/, by symbolic links\n");
        assertThat(made.err()).isEmpty();
        run("subset", "all", "few", "--classes", "list.txt").failed(USAGE, "few is there already", "--force");
        assertThat(run("subset", "all", "few", "--classes", "list.txt", "--force", "--link", "copy")
                        .succeeded()
                        .out())
                .isEqualTo("few: 2 classes in train/ and val/, 4 files, copied\n");
        run("subset", "all", "none", "--classes", "imagenet-100").failed(USAGE, "n02869837, n01749939", "are missing");
        run("subset", "all", "none", "--classes", "list.txt", "--link", "hart").failed(USAGE, "--link", "hart", "hard");
        assertThat(folder.resolve("none")).doesNotExist();

        Launcher.Result seen = run("inspect", "few").succeeded();
        assertThat(seen.out()).contains("train: 2 pictures in 2 classes", "val: 2 pictures in 2 classes");
        assertThat(seen.out().lines()).anySatisfy(line -> assertThat(line).matches("elk +1 +1"));
    }

    @Test
    void anInspectionFindsWhatIsWrong() throws IOException {
        photo("set/train/cat/1.jpg");
        photo("set/train/cat/2.jpg");
        byte[] whole = Files.readAllBytes(photo("set/train/cat/3.jpg"));
        Files.write(folder.resolve("set/train/cat/3.jpg"), Arrays.copyOf(whole, whole.length / 2));
        write("set/train/elk/4.jpg", "not a picture");
        photo("set/val/cat/5.jpg");
        photo("set/val/yak/6.jpg");
        Launcher.Result result = run("inspect", "set", "--out", "sheet.png", "--json", "found.json");
        result.failed(FAILED, "reading train");
        assertThat(result.out())
                .contains(
                        "train: 4 pictures in 2 classes", "1 to 3, median 2 (imbalance 3.00)", "451 to 451, median 451")
                .contains("only in train, not in val: elk", "only in val, not in train: yak")
                .contains("2 cannot be read:", "set/train/cat/3.jpg: the file is truncated", "set/train/elk/4.jpg: ")
                .contains("train: set/train/cat/1.jpg = train: set/train/cat/2.jpg = val: set/val/cat/5.jpg");
        assertThat(result.complaints()).isEmpty();

        JsonObject json = JsonParser.parseString(Launcher.read(folder.resolve("found.json")))
                .getAsJsonObject();
        JsonObject train = json.getAsJsonArray("parts").get(0).getAsJsonObject();
        assertThat(train.getAsJsonObject("classes").toString()).isEqualTo("{\"cat\":3,\"elk\":1}");
        assertThat(train.getAsJsonArray("damaged")).hasSize(2);
        assertThat(train.getAsJsonArray("mean").get(0).getAsDouble()).isBetween(0.5, 0.7);
        assertThat(json.getAsJsonArray("duplicates").get(0).getAsJsonArray()).hasSize(4);
        try (Scope scope = Scope.open()) {
            assertThat(Decoder.read(folder.resolve("sheet.png")).cols()).isEqualTo(1096);
        }
    }

    @Test
    void aConfigurationsDataSetIsInspected() {
        String conf = Launcher.conf("tiny.conf").toString();
        Launcher.Result result = run("inspect", conf, "data.train-per-picture=6", "--samples", "20", "--workers", "1");
        result.succeeded();
        assertThat(result.out())
                .contains(
                        "train: 42 pictures in 7 classes", "test: 21 pictures in 7 classes", "read          20 of 42");
        assertThat(run("inspect", conf, "data.train-per-picture=6", "--samples", "20", "--workers", "4")
                        .succeeded()
                        .out())
                .isEqualTo(result.out());
    }

    @Test
    void inspectionsThatCannotBeginSaySo() throws IOException {
        String conf = Launcher.conf("tiny.conf").toString();
        run("inspect", "nowhere").failed(USAGE, "nowhere");
        run("inspect", conf, "data.type=image-folder", "data.path=no").failed(USAGE, "data.path = no");
        run("inspect", conf, "--samples", "0").failed(USAGE, "--samples must be at least 1");
        run("inspect", conf, "--out", "no/sheet.png").failed(USAGE, "no/sheet.png", "its folder is not there");
        Files.createDirectories(folder.resolve("empty"));
        run("inspect", "empty").failed(USAGE, "The folder empty has no sub-folders");
        run("inspect", "empty", "data.path=x").failed(USAGE, "data.path=x", "empty is a folder");
    }
}
