package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said of a run while it runs and afterwards: meters, report, identity, differences; and the doctor. */
class RunCommandsTest {
    private static final String CONF = Launcher.conf("tiny.conf").toString();

    @TempDir
    Path folder;

    @Test
    void runsHaveReportsAndIdentitiesAndAreCompared() throws IOException, NoSuchAlgorithmException {
        Launcher launcher = new Launcher(folder);
        Launcher.Result first = launcher.run("train", CONF, "name=a").succeeded();
        launcher.run("train", CONF, "name=b").succeeded();
        launcher.run("train", CONF, "name=c", "optimizer.learning-rate=0.02", "report.pictures=0")
                .succeeded();
        RunFiles a = RunFiles.only(folder.resolve("runs"), "a");
        RunFiles b = RunFiles.only(folder.resolve("runs"), "b");
        RunFiles c = RunFiles.only(folder.resolve("runs"), "c");

        assertThat(first.err()).contains("report: ");
        String page = Launcher.read(a.path().resolve("report.html"));
        assertThat(page).contains("<title>a · ", "\"loss.l\"", "\"linear\"", "data:image/");
        JsonObject gallery = JsonParser.parseString(Launcher.read(a.path().resolve("gallery.json")))
                .getAsJsonObject();
        assertThat(gallery.getAsJsonArray("points")).hasSize(21);
        assertThat(gallery.get("known").getAsInt()).isEqualTo(84);
        assertThat(gallery.getAsJsonArray("queries")).hasSize(12);
        for (JsonElement query : gallery.getAsJsonArray("queries")) {
            List<Double> similarities = new ArrayList<>();
            query.getAsJsonObject()
                    .getAsJsonArray("nearest")
                    .forEach(near -> similarities.add(
                            -near.getAsJsonObject().get("similarity").getAsDouble()));
            assertThat(similarities).hasSize(5).isSorted();
        }
        assertThat(c.path().resolve("gallery.json")).doesNotExist();
        assertThat(c.path().resolve("report.html")).exists();

        JsonObject identity = a.json();
        assertThat(identity.getAsJsonObject("data")
                        .getAsJsonObject("train")
                        .get("pictures")
                        .getAsInt())
                .isEqualTo(84);
        JsonObject hashes = identity.getAsJsonObject("checkpoints");
        assertThat(hashes.size()).isEqualTo(a.checkpoints().size()).isPositive();
        for (Path checkpoint : a.checkpoints()) {
            byte[] sum = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(checkpoint));
            assertThat(hashes.get(checkpoint.getFileName().toString()).getAsString())
                    .isEqualTo(HexFormat.of().formatHex(sum));
        }
        for (String key : List.of("config_sha256", "weights_sha256", "data")) {
            assertThat(b.json().get(key)).as(key).isEqualTo(identity.get(key));
        }
        assertThat(c.json().get("config_sha256")).isNotEqualTo(identity.get("config_sha256"));
        assertThat(c.json().get("weights_sha256")).isNotEqualTo(identity.get("weights_sha256"));

        assertThat(launcher.run("run", "diff", a.path().toString(), b.path().toString())
                        .out()
                        .lines()
                        .skip(3))
                .hasSize(6)
                .allSatisfy(line -> assertThat(line).endsWith(" equal"));
        Launcher.Result differ =
                launcher.run("run", "diff", a.path().toString(), c.path().toString());
        assertThat(differ.exitCode()).isEqualTo(1);
        assertThat(differ.out())
                .containsPattern("(?m)^  optimizer.learning-rate +0.03 +0.02$")
                .containsPattern("(?m)^  first at step +1 +1$")
                .containsPattern("(?m)^final weights +different$")
                .containsPattern("(?m)^data +equal$");

        launcher.run("report", a.path().toString(), c.path().toString(), "--out=both.html")
                .succeeded();
        assertThat(Launcher.read(folder.resolve("both.html"))).contains("<title>a · ", ", c · ");
        launcher.run("report", folder.toString()).failed(2, "run.json");
    }

    @Test
    void metersCanBeReadWhileARunTrainsAndATakenPortIsOneSentence() throws IOException, InterruptedException {
        Launcher launcher = new Launcher(folder);
        Launcher.Started run = launcher.start(
                "train", CONF, "train.epochs=1000", "schedule.milestones=[900]", "metrics.prometheus.port=0");
        Pattern address = Pattern.compile("meters: (http://127\\.0\\.0\\.1:\\d+/metrics)\n");
        run.until(() -> address.matcher(Launcher.read(run.err())).find()
                && Launcher.read(run.err()).contains("epoch 2/"));
        Matcher found = address.matcher(Launcher.read(run.err()));
        assertThat(found.find()).isTrue();
        HttpResponse<String> page = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(URI.create(found.group(1))).build(), HttpResponse.BodyHandlers.ofString());
        run.kill();
        assertThat(page.body())
                .containsPattern("(?m)^train_step_seconds_count\\{[^}]*} [1-9]")
                .containsPattern("(?m)^train_loss\\{[^}]*} [1-9]")
                .contains("jvm_memory_used_bytes");

        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            launcher.run("train", CONF, "name=refused", "metrics.prometheus.port=" + taken.getLocalPort())
                    .failed(1, "metrics.prometheus.port", "choose another port");
        }
        assertThat(folder.resolve("runs/refused")).doesNotExist();
    }

    @Test
    void theDoctorSaysWhatWorksAndWhatToDo() {
        Launcher launcher = new Launcher(folder);
        Launcher.Result healthy = launcher.run("doctor", "--json").succeeded();
        JsonObject json = JsonParser.parseString(healthy.out()).getAsJsonObject();
        assertThat(json.get("healthy").getAsBoolean()).isTrue();
        List<String> topics = new ArrayList<>();
        json.getAsJsonArray("findings")
                .forEach(finding ->
                        topics.add(finding.getAsJsonObject().get("topic").getAsString()));
        assertThat(topics)
                .containsExactly(
                        "platform",
                        "java",
                        "cache",
                        "natives",
                        "libtorch",
                        "opencv",
                        "gpu",
                        "nccl",
                        "threads",
                        "memory",
                        "disk",
                        "files");

        Launcher.Result moved = doctor(launcher, "-Dorg.bytedeco.javacpp.cachedir=/dev/null/no");
        assertThat(moved.succeeded().out())
                .containsPattern("(?m)^warning +cache .* as /dev/null/no cannot be used$")
                .contains("→ ", "contrast4j can work here");

        Launcher.Result broken = doctor(launcher, "-Dorg.bytedeco.javacpp.platform=linux-riscv64");
        assertThat(broken.exitCode()).as(broken.out() + broken.err()).isEqualTo(1);
        assertThat(broken.out())
                .containsPattern("(?m)^problem +platform +linux-riscv64 ")
                .containsPattern("(?m)^problem +natives .*pytorch")
                .containsPattern("(?m)^problem +libtorch +does not load")
                .contains("→ ", "cannot work here");
        assertThat(broken.err()).doesNotContain("\tat ");
    }

    private static Launcher.Result doctor(Launcher launcher, String javaArgument) {
        ProcessBuilder process = Launcher.quiet(
                new ProcessBuilder(Launcher.HOME.resolve("tools/contrast4j").toString(), "doctor"));
        process.environment().merge("CONTRAST4J_JAVA_ARGS", " " + javaArgument, String::concat);
        return launcher.run(process);
    }
}
