package io.contrast4j.site;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Links, anchors, pictures and named files of every page. */
class LinksTest {
    @TempDir
    Path folder;

    @Test
    void everythingThatThePagesReferToIsThere() throws IOException {
        Documentation documentation = Documentation.ofThisProject();
        assertThat(documentation.pages())
                .containsKeys("README.md", "CHANGELOG.md", "docs/configuration.md", "docs/flags/moco.md");
        assertThat(LinkCheck.problems(documentation)).isEmpty();
    }

    private List<String> problems(String readme) throws IOException {
        write("README.md", readme);
        return LinkCheck.problems(Documentation.read(folder));
    }

    private void write(String file, String text) throws IOException {
        Path path = folder.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    @Test
    void whatLeadsSomewhereIsNotReported() throws IOException {
        write("docs/a b.md", "# Of all, `x.y`\n\n[up](../README.md#top-of-it) ![p](p.svg)\n");
        write("docs/p.svg", "<svg/>");
        write("conf/a.conf", "# docs/sub/c.md#here\n");
        write(
                "docs/sub/c.md",
                "# Here\n## Same\n## Same\n[a](../a%20b.md#of-all-xy), [b](#same-1), [c](..), <a id='by-hand'></a>\n");
        assertThat(problems("""
                        # Top of it

                        [page](docs/sub/c.md#by-hand) <img src="docs/p.svg"> [out](https://example.org/a?b=c#d) <https://example.org>
                        [mail](mailto:a@example.org), `tools/NAME conf/a.conf conf/*.conf conf/…`, `https://example.org/docs/none.md`
                        """)).isEmpty();
    }

    @Test
    void whatLeadsNowhereIsReported() throws IOException {
        write("docs/a.md", "# A\n\n[b](../LICENSE#L3) [c](../LICENSE#licence)\n");
        write("LICENSE", "free\n");
        write("conf/a.conf", "# see docs/a.md#b and docs/gone.md\n");
        assertThat(problems("""
                                # B

                                [1](docs/b.md) [2](docs/a.md#b) [3](#c) [4](/docs/a.md) [5](../other/README.md) ![6](p.png) [7](http://)
                                [8](ftp://example.org/x) <a href="docs/c.md">9</a> `tools/none`, conf/none.conf.

                                ```
                                tools/run conf/gone.conf
                                ```
                                """))
                .containsExactlyInAnyOrder(
                        "README.md links to docs/b.md, which does not exist.",
                        "README.md links to docs/a.md#b, where nothing has this anchor.",
                        "README.md links to README.md#c, where nothing has this anchor.",
                        "README.md has the link '/docs/a.md', which must be relative to the page.",
                        "README.md links to ../other/README.md, which is outside of the project.",
                        "README.md links to p.png, which does not exist.",
                        "README.md links to http://, which is no address: Expected authority.",
                        "README.md links to ftp://example.org/x, which is no address of http, https or mailto.",
                        "README.md links to docs/c.md, which does not exist.",
                        "README.md names tools/none, which does not exist.",
                        "README.md names conf/none.conf, which does not exist.",
                        "README.md names tools/run, which does not exist.",
                        "README.md names conf/gone.conf, which does not exist.",
                        "docs/a.md links to LICENSE#licence, where nothing has this anchor.",
                        "conf/a.conf links to docs/a.md#b, where nothing has this anchor.",
                        "conf/a.conf names docs/gone.md, which does not exist.");
    }

    @Test
    void anchorsAreThoseOfGitHub() {
        assertThat(Page.anchor("What each method exchanges")).isEqualTo("what-each-method-exchanges");
        assertThat(Page.anchor("`eval linear`: A/B, 1.0 – 2_x?")).isEqualTo("eval-linear-ab-10--2_x");
        assertThat(Page.anchor("Größe α")).isEqualTo("größe-α");
    }

    @Test
    void formulasAreNotMarkup() {
        Page page =
                Page.parse("a.md", "# A\n\n$$\nL_i = a_i * b_i * c\n$$\nafter\n\n$$x_1 = y_1$$\n\nend $5 and $$6\n");
        assertThat(Markdown.html(page.document())).isEqualTo("""
                        <h1>A</h1>
                        <pre><code class="language-math">L_i = a_i * b_i * c
                        </code></pre>
                        <p>after</p>
                        <pre><code class="language-math">x_1 = y_1
                        </code></pre>
                        <p>end $5 and $$6</p>
                        """);
    }
}
