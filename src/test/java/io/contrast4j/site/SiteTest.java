package io.contrast4j.site;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import io.contrast4j.browser.Browser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The site that {@code tools/site} makes of this project's pages, and of made-up ones. */
class SiteTest {
    private static final Pattern ADDRESS = Pattern.compile("<(\\w+)[^>]*? (?:href|src)=[\"']([^\"']*)[\"']");
    private static final Pattern ANCHOR = Pattern.compile("<[^>]* (?:id|name)=[\"']([^\"']+)[\"']");

    @TempDir
    static Path folder;

    private static Documentation documentation = new Documentation(Path.of("."), new TreeMap<>());
    private static Path site = Path.of("site");

    @BeforeAll
    static void write() throws IOException {
        documentation = Documentation.ofThisProject();
        site = folder.resolve("site");
        Path api = Files.createDirectories(folder.resolve("javadoc"));
        Files.writeString(api.resolve("index.html"), "<title>Javadoc</title>");
        Site.write(documentation, site, Optional.of(api));
    }

    @Test
    void everyLinkOfTheSiteLeadsSomewhere() throws IOException {
        assertThat(broken(site)).isEmpty();
        assertThat(site.resolve("index.html")).content().contains("href=\"docs/methods/cmc.html\"");
        assertThat(site.resolve("conf/cmc/index.html")).exists();
        assertThat(site.resolve("LICENSE.html")).content().contains("id=\"L1\"");
        assertThat(site.resolve("docs/figures/flow.svg")).exists();
    }

    @Test
    void everyPageIsInTheNavigationAndInTheIndex() throws IOException {
        assertThat(documentation.pages().keySet())
                .containsAll(
                        Navigation.ORDER.values().stream().flatMap(List::stream).toList());
        List<String> indexed = new ArrayList<>();
        for (JsonElement page : index(site)) {
            indexed.add(page.getAsJsonObject().get("page").getAsString());
        }
        String navigation = Files.readString(site.resolve("index.html"));
        for (String page : documentation.pages().keySet()) {
            String file = Place.of(documentation.home(), page);
            assertThat(indexed).contains(file);
            assertThat(navigation).contains("<li><a href=\"" + file + "\"");
        }
        assertThat(indexed).hasSameSizeAs(documentation.pages().keySet());
    }

    private static JsonArray index(Path site) throws IOException {
        String script = Files.readAllLines(site.resolve("index.js")).get(0);
        assertThat(script).startsWith("globalThis.contrast4jIndex = ").endsWith(";");
        return JsonParser.parseString(script.substring(script.indexOf('['), script.length() - 1))
                .getAsJsonArray();
    }

    @Test
    void theSearchLeadsToThatOfTheJavadoc() throws IOException {
        assertThat(Files.readAllLines(site.resolve("index.js")).get(1))
                .isEqualTo("globalThis.contrast4jApi = \"api/index.html\";");
        Path api = Files.createDirectories(folder.resolve("javadoc-19"));
        Files.writeString(api.resolve("search.html"), "");
        assertThat(SearchIndex.javadoc(api)).isEqualTo("globalThis.contrast4jApi = \"api/search.html?q=\";\n");
    }

    /** Sections are called as their headings are; what all pages have must be called otherwise. */
    @Test
    void noNameIsGivenTwiceInAPage() throws IOException {
        for (String page : documentation.pages().keySet()) {
            String file = Place.of(documentation.home(), page);
            assertThat(ANCHOR.matcher(Files.readString(site.resolve(file)))
                            .results()
                            .map(found -> found.group(1)))
                    .as(file)
                    .doesNotHaveDuplicates();
        }
    }

    /** What leads nowhere, and what would be loaded from elsewhere. */
    private static List<String> broken(Path site) throws IOException {
        Map<String, String> pages = new HashMap<>();
        try (Stream<Path> files = Files.walk(site)) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(".html")).toList()) {
                pages.put(Documentation.relative(site, file), Files.readString(file));
            }
        }
        Map<String, Set<String>> anchors = new HashMap<>();
        pages.forEach((name, html) -> anchors.put(
                name,
                new HashSet<>(ANCHOR.matcher(html)
                        .results()
                        .map(found -> found.group(1))
                        .toList())));
        List<String> broken = new ArrayList<>();
        pages.forEach((name, html) -> ADDRESS.matcher(html).results().forEach(found -> {
            if (!leads(site, name, found, anchors)) {
                broken.add(name + ": " + found.group(2));
            }
        }));
        return broken;
    }

    private static boolean leads(Path site, String page, MatchResult found, Map<String, Set<String>> anchors) {
        String address = found.group(2).replace("&amp;", "&");
        if (address.equals("data:,")) {
            return true;
        }
        Target target = Target.of(page, address);
        if (target.external()) {
            return found.group(1).equals("a");
        }
        return Files.isRegularFile(site.resolve(target.path()))
                && (target.anchor().isEmpty()
                        || anchors.getOrDefault(target.path(), Set.of()).contains(target.anchor()));
    }

    private Path example(String name, Map<String, String> files) throws IOException {
        Path home = folder.resolve(name);
        for (Map.Entry<String, String> file : files.entrySet()) {
            Path path = home.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue());
        }
        Path made = folder.resolve(name + "-site");
        Site.write(Documentation.read(home), made, Optional.empty());
        return made;
    }

    @Test
    void addressesBecomeThoseOfTheSite() throws IOException {
        Path made = example(
                "small",
                Map.of(
                        "README.md",
                        "# A <b>\n\n[b](docs/b.md#x-y) [c](conf) [d](docs) [e](https://example.org/e.md)\n\n|x|\n|-|\n|`<i>`|\n",
                        "docs/b.md",
                        "# B\n## X, y\n[up](../README.md) [here](#b) (docs/b.md#b, docs/c.md), <img src='p%20q.png' alt='p'>\n\n$$\na_1 * b_1 < c\n$$\n",
                        "docs/p q.png",
                        "png",
                        "conf/a b.conf",
                        "# what it is\nx = \"<&>\"\n",
                        "conf/sub/c.inc",
                        "y = 1\n"));
        assertThat(broken(made)).isEmpty();
        assertThat(made.resolve("index.html"))
                .content()
                .contains(
                        "<a href=\"docs/b.html#x-y\">b</a> <a href=\"conf/index.html\">c</a> <a href=\"docs/index.html\">d</a>"
                                + " <a href=\"https://example.org/e.md\">e</a>",
                        "<div class=\"table\" tabindex=\"0\">\n<table>",
                        "<td data-label=\"x\"><code class=\"word\">&lt;i&gt;</code></td>");
        assertThat(made.resolve("docs/b.html"))
                .content()
                .contains(
                        "<title>B – contrast4j</title>",
                        "href=\"../index.html\">up</a> <a href=\"#b\">here</a> (<a href=\"b.html#b\">docs/b.md#b</a>, docs/c.md), <img src='p%20q.png'",
                        "id=\"x-y\"",
                        "<code class=\"language-math\">a_1 * b_1 &lt; c\n");
        assertThat(made.resolve("conf/index.html"))
                .content()
                .contains("href=\"a%20b.conf.html\"", "what it is", "href=\"sub/index.html\"");
        assertThat(made.resolve("conf/a b.conf.html"))
                .content()
                .contains("<span id=\"L2\">x = &quot;&lt;&amp;&gt;&quot;");
        assertThat(index(made).toString())
                .contains("[\"x-y\",\"X, y\",\"up here (docs/b.md#b, docs/c.md), a_1 * b_1 < c\"]", "\"title\":\"B\"");
    }

    @Test
    void aBrokenSiteIsFound() throws IOException {
        Path made = example(
                "broken",
                Map.of(
                        "README.md",
                        "# A\n\n[1](none.md) [2](#none) [3](docs/b.md#none) ![4](https://example.org/p.png) [5](#a)\n",
                        "docs/b.md",
                        "# B\n"));
        assertThat(broken(made))
                .containsExactlyInAnyOrder(
                        "index.html: none.html",
                        "index.html: #none",
                        "index.html: docs/b.html#none",
                        "index.html: https://example.org/p.png");
    }

    @Test
    void aPersonFindsASectionByTheKeyboardAndByTheMouse() throws IOException, InterruptedException {
        Optional<Path> program = Browser.program();
        assumeTrue(program.isPresent(), "no Chromium here: see tools/test/chromium.sh");
        try (Browser browser = Browser.start(program.get(), Files.createDirectories(folder.resolve("profile")))) {
            browser.open(site.resolve("docs/methods/moco.html"));
            browser.type("/");
            browser.await("document.activeElement.id === 'site-search'");
            browser.type("troubleshooting");
            browser.await("document.querySelectorAll('#site-found a').length > 1");
            // Its title comes before the pages that only mention it.
            assertThat(browser.text("document.querySelector('#site-found a').getAttribute('href')"))
                    .isEqualTo("../../docs/troubleshooting.html");
            assertThat(browser.text("document.querySelector('#site-found a mark').textContent"))
                    .isEqualTo("Troubleshooting");
            assertThat(browser.text("document.querySelector('#site-found .javadoc a').getAttribute('href')"))
                    .isEqualTo("../../api/index.html");
            browser.press("ArrowDown");
            assertThat(browser.text("document.querySelector('#site-found a[aria-selected=true]').id"))
                    .isEqualTo("site-found-1");
            browser.press("ArrowUp");
            browser.press("Enter");
            browser.await(
                    "location.pathname.endsWith('/docs/troubleshooting.html') && document.readyState === 'complete'");

            browser.click("#site-search");
            browser.type("deliberate differences");
            browser.await("document.querySelectorAll('#site-found a').length > 0");
            assertThat(browser.text("document.querySelector('#site-found a .snippet').textContent"))
                    .isNotEmpty();
            browser.click("#site-found a");
            browser.await("location.hash === '#deliberate-differences-from-the-published-code'");
            browser.await("document.readyState === 'complete'");

            browser.click("#site-search");
            browser.type("zzqx <b>");
            browser.await("document.querySelector('#site-found p') !== null");
            browser.press("Escape");
            assertThat(browser.text("document.querySelector('#site-found').hidden"))
                    .isEqualTo("true");
            assertThat(browser.complaints()).isEmpty();
            assertThat(browser.requests()).allMatch(address -> address.startsWith("file:"));

            // Nothing but tables and code is wider than a phone.
            browser.size(390, 844);
            for (String page : List.of("index", "docs/configuration", "docs/methods/cmc", "docs/flags/cmc")) {
                browser.open(site.resolve(page + ".html"));
                assertThat(browser.text("document.documentElement.scrollWidth"))
                        .as(page)
                        .isEqualTo("390");
            }
            browser.click(".menu");
            browser.await("getComputedStyle(document.querySelector('#site-tree')).display === 'block'");
        }
    }
}
