package io.contrast4j.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportPageTest {
    private static final Pattern DATA =
            Pattern.compile("<script type=\"application/json\" id=\"data\">(.*?)</script>", Pattern.DOTALL);

    @TempDir
    Path folder;

    private static JsonObject data(String html) {
        Matcher data = DATA.matcher(html);
        assertThat(data.find()).isTrue();
        return JsonParser.parseString(data.group(1)).getAsJsonObject();
    }

    @Test
    void everythingIsInTheOneFile() throws IOException {
        RecordedRun run = RecordedRun.read(ExampleRun.write(folder.resolve("a"), 1.0));
        Path file = folder.resolve("a/report.html");
        new ReportPage(List.of(run)).write(file);
        String html = Files.readString(file);
        assertThat(html)
                .startsWith("<!DOCTYPE html>")
                .contains("<title>example · a</title>", "default-src 'none'")
                .doesNotContain("src=\"http", "href=\"http", "url(http", "@import", "</script><b>");
        // Three placeholders are filled, and what looks like one inside the data stays.
        assertThat(html.split("<script", -1)).hasSize(3);
        JsonObject json = data(html);
        assertThat(json.getAsJsonArray("runs")
                        .get(0)
                        .getAsJsonObject()
                        .getAsJsonObject("identity")
                        .get("note")
                        .getAsString())
                .isEqualTo(ExampleRun.HOSTILE);
        assertThat(StreamSupport.stream(json.getAsJsonArray("charts").spliterator(), false)
                        .map(chart -> chart.getAsJsonObject().get("title").getAsString()))
                .containsExactly(
                        "Loss",
                        "Accuracy while training",
                        "Rank",
                        "Learning rate",
                        "Throughput",
                        "Reached part of the attainable rate",
                        "Where the time goes",
                        "Memory");
        JsonObject curves = json.getAsJsonArray("runs").get(0).getAsJsonObject().getAsJsonObject("curves");
        assertThat(curves.getAsJsonObject("loss").getAsJsonArray("values").size())
                .isBetween(1000, 2000);
        assertThat(curves.getAsJsonObject("loss").getAsJsonArray("values")).anyMatch(value -> value.isJsonNull());
        assertThat(curves.getAsJsonObject("epoch.loss").getAsJsonArray("steps").toString())
                .isEqualTo("[1000,2000,3000,4000,5000]");
        assertThat(html.length()).isLessThan(2_000_000);
    }

    @Test
    void spikesAndEndsSurviveThinning() {
        List<Curve.Point> points = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            points.add(
                    new Curve.Point(i, i == 54_321 ? 99 : i == 77_777 ? -99 : i == 12_345 ? Double.NaN : Math.sin(i)));
        }
        List<Curve.Point> kept = new Curve(points).thinned(400).points();
        assertThat(kept)
                .hasSizeLessThanOrEqualTo(400)
                .contains(points.get(54_321), points.get(77_777), points.get(12_345));
        assertThat(kept.get(0)).isEqualTo(points.get(0));
        assertThat(kept.get(kept.size() - 1)).isEqualTo(points.get(99_999));
        assertThat(kept.stream().map(Curve.Point::step)).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void whatIsNoRunOrDamagedIsNamed() throws IOException {
        assertThatThrownBy(() -> RecordedRun.read(folder))
                .isInstanceOf(UserError.class)
                .hasMessageContaining(folder.toString())
                .hasMessageContaining("run.json");
        Path run = ExampleRun.write(folder.resolve("b"), 1.0);
        Files.writeString(run.resolve("config.conf"), "a = {");
        assertThatThrownBy(() -> RecordedRun.read(run))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("config.conf");
        Files.writeString(run.resolve("run.json"), "{\"name\": ");
        assertThatThrownBy(() -> RecordedRun.read(run))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("run.json");
    }

    @Test
    void aRunThatHasJustBegunHasAPageToo() throws IOException {
        Path run = Files.createDirectories(folder.resolve("c"));
        Files.writeString(run.resolve("run.json"), "{\"status\": \"training\"}");
        JsonObject json = data(new ReportPage(List.of(RecordedRun.read(run))).html());
        assertThat(json.getAsJsonArray("charts")).isEmpty();
    }
}
