package io.contrast4j.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.contrast4j.browser.Browser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page as a person sees it. {@code -Dcontrast4j.pictures=DIR} keeps pictures of it there. */
class ReportBrowserTest {
    @TempDir
    static Path folder;

    private static Optional<Browser> started = Optional.empty();

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        Optional<Path> program = Browser.program();
        assumeTrue(program.isPresent(), "no Chromium here: see tools/test/chromium.sh");
        started = Optional.of(Browser.start(program.get(), Files.createDirectories(folder.resolve("profile"))));
    }

    @AfterAll
    static void stop() throws InterruptedException {
        if (started.isPresent()) {
            started.get().close();
        }
    }

    private static Browser show(String name, double... rates) throws IOException, InterruptedException {
        List<RecordedRun> runs = new ArrayList<>();
        for (double rate : rates) {
            runs.add(RecordedRun.read(ExampleRun.write(folder.resolve(name + "-" + rate), rate)));
        }
        Path page = folder.resolve(name + ".html");
        new ReportPage(runs).write(page);
        Browser browser = started.orElseThrow();
        browser.open(page);
        return browser;
    }

    private static void keep(Browser browser, String name) throws IOException {
        byte[] png = browser.picture();
        assertThat(png).hasSizeGreaterThan(20_000);
        String kept = System.getProperty("contrast4j.pictures", "");
        if (!kept.isEmpty()) {
            Files.write(Files.createDirectories(Path.of(kept)).resolve(name + ".png"), png);
        }
    }

    @Test
    void thePageOfASweepBeginsWithItsTables() throws IOException, InterruptedException {
        List<RecordedRun> runs = List.of(
                RecordedRun.read(ExampleRun.write(folder.resolve("sweep-1"), 1)),
                RecordedRun.read(ExampleRun.write(folder.resolve("sweep-2"), 2)));
        Comparison comparison = new Comparison(
                "rates",
                List.of(
                        new Comparison.Table(
                                "All runs, by linear",
                                List.of("run", "rate", "linear"),
                                List.of(List.of("b", "2", "72.00"), List.of("a", "1", ""))),
                        new Comparison.Table("Mean over the seeds", List.of("rate"), List.of(List.of("<b>")))));
        Path page = folder.resolve("sweep.html");
        new ReportPage(runs, comparison).write(page);
        Browser browser = started.orElseThrow();
        browser.open(page);
        assertThat(browser.text("document.querySelector('h1').textContent")).isEqualTo("rates");
        assertThat(browser.text("document.querySelector('#comparison-0').textContent"))
                .isEqualTo("runratelinearb272.00a1–");
        assertThat(browser.text("document.querySelector('#comparison-1').textContent"))
                .isEqualTo("rate<b>");
        assertThat(browser.count("#runs tbody tr")).isEqualTo(2);
        assertThat(browser.text("document.querySelector('#accuracies').textContent"))
                .contains("71.00", "72.00");
        keep(browser, "sweep");
    }

    @Test
    void aRunIsDrawnWithoutComplaintAndWithoutTheNetwork() throws IOException, InterruptedException {
        Browser browser = show("one", 1.5);
        assertThat(browser.text("document.querySelector('h1').textContent")).isEqualTo("example · one-1.5complete");
        assertThat(browser.count(".chart")).isEqualTo(8);
        assertThat(browser.count("#profile .stack span")).isEqualTo(2);
        assertThat(browser.text("document.querySelector('#profile .verdict').textContent"))
                .isEqualTo("75 % of the attainable 1,000 images/s in 40.0 s.");
        assertThat(browser.text("document.querySelector('#profile .shares').textContent"))
                .isEqualTo("data wait 25.0 %forward 75.0 %");
        assertThat(browser.count("#chart-loss path.series")).isEqualTo(3);
        // The gaps of the loss.
        assertThat(browser.text(
                        "document.querySelector('#chart-loss path.series').getAttribute('d').split('M').length"))
                .isEqualTo("7");
        assertThat(browser.count("#map .dot")).isEqualTo(60);
        assertThat(browser.count("#neighbours .query img")).isEqualTo(3);
        assertThat(browser.count("#neighbours .same")).isEqualTo(1);
        assertThat(browser.text("document.querySelector('#accuracies').textContent"))
                .contains("trained", "71.50", "60.00", "chance", "10.00");
        assertThat(browser.text("document.querySelector('#configuration').textContent"))
                .contains("optimizer.learning-rate", "[0.9,0.999]", "</script>");
        assertThat(browser.text("document.querySelector('#identity').textContent"))
                .contains("versions.contrast4j", ExampleRun.HOSTILE);
        assertThat(browser.text("document.documentElement.scrollWidth <= innerWidth"))
                .isEqualTo("true");
        assertThat(browser.complaints()).isEmpty();
        assertThat(browser.requests()).hasSize(1).allMatch(address -> address.startsWith("file:"));
        for (String scheme : List.of("light", "dark")) {
            browser.prefer(scheme);
            keep(browser, "one-" + scheme);
        }
        String dark = browser.text("getComputedStyle(document.body).backgroundColor");
        browser.prefer("light");
        assertThat(browser.text("getComputedStyle(document.body).backgroundColor"))
                .isNotEqualTo(dark);
    }

    @Test
    void controlsWork() throws IOException, InterruptedException {
        Browser browser = show("controls", 1.0);
        String series = "document.querySelector(\"#chart-loss path.series[data-key='loss']\")";
        String smooth = browser.text(series + ".getAttribute('d')");
        assertThat(browser.count("#chart-loss path.raw")).isEqualTo(2);

        browser.value("(() => { const s = document.querySelector('#smoothing'); s.value = 0;"
                + " s.dispatchEvent(new Event('input')); return 0; })()");
        String raw = browser.text(series + ".getAttribute('d')");
        assertThat(raw).isNotEqualTo(smooth);
        assertThat(browser.count("#chart-loss path.raw")).isZero();

        browser.click("#chart-loss .switch");
        assertThat(browser.text("document.querySelector('#chart-loss .switch').getAttribute('aria-pressed')"))
                .isEqualTo("true");
        assertThat(browser.text(series + ".getAttribute('d')")).isNotEqualTo(raw);
        browser.click("#log-all");
        assertThat(browser.text("document.querySelector('#chart-learning-rate .switch').getAttribute('aria-pressed')"))
                .isEqualTo("true");
        browser.click("#log-all");
        assertThat(browser.text(series + ".getAttribute('d')")).isEqualTo(raw);

        browser.click("#chart-loss .legend button[data-key=loss]");
        assertThat(browser.text(series)).isEqualTo("null");
        browser.click("#chart-loss .legend button[data-key=loss]");
        assertThat(browser.text(series + ".getAttribute('d')")).isEqualTo(raw);

        browser.pointAt("#chart-loss .plot");
        assertThat(browser.text("document.querySelector('#tip').hidden")).isEqualTo("false");
        assertThat(browser.text("document.querySelector('#tip').textContent"))
                .containsPattern("^step 2,[23]\\d\\d")
                .contains("loss.l", "epoch.loss");
        assertThat(browser.count("#chart-loss .cursor")).isEqualTo(1);
        browser.pointAt("h1");
        assertThat(browser.text("document.querySelector('#tip').hidden")).isEqualTo("true");

        browser.pointAt("#map .dot:last-of-type");
        assertThat(browser.text("document.querySelector('#tip').textContent")).contains("picture ");
        browser.click("#map .legend button[data-label=\"11\"]");
        assertThat(browser.text(
                        "[...document.querySelectorAll('#map .dot')].filter(d => d.style.display === 'none').length"))
                .isEqualTo("5");

        browser.value("(() => { const s = document.querySelector('#configuration input'); s.value = 'learning';"
                + " s.dispatchEvent(new Event('input')); return 0; })()");
        assertThat(browser.count("#configuration tbody tr")).isEqualTo(1);
        assertThat(browser.complaints()).isEmpty();
    }

    @Test
    void runsAreComparedInTheSamePictures() throws IOException, InterruptedException {
        Browser browser = show("two", 0.5, 1.25);
        assertThat(browser.text("document.querySelector('h1').textContent")).isEqualTo("2 runs compared");
        assertThat(browser.count("#chart-loss path.series[data-key=loss]")).isEqualTo(2);
        assertThat(browser.count("#accuracies tbody tr")).isEqualTo(6);
        assertThat(browser.count("#profile .stack")).isEqualTo(2);
        // Only what differs.
        assertThat(browser.text("document.querySelector('#configuration tbody').textContent"))
                .isEqualTo("optimizer.learning-rate0.51.25");
        browser.click("#configuration .switch");
        assertThat(browser.count("#configuration tbody tr")).isEqualTo(8);
        keep(browser, "two");
        browser.click("#run-legend button");
        assertThat(browser.count("#chart-loss path.series[data-key=loss]")).isEqualTo(1);
        assertThat(browser.count("#gallery-run option")).isEqualTo(2);
        assertThat(browser.complaints()).isEmpty();
    }
}
