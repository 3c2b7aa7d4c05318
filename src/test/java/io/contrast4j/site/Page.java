package io.contrast4j.site;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.commonmark.node.Heading;
import org.commonmark.node.HtmlBlock;
import org.commonmark.node.HtmlInline;
import org.commonmark.node.Node;

/**
 * A Markdown file.
 *
 * @param path from the project's folder, with slashes
 * @param document its tree
 * @param sections its headings, in their order
 */
record Page(String path, Node document, List<Section> sections) {
    private static final Pattern HTML_ANCHOR = Pattern.compile("\\b(?:id|name)=[\"']([^\"']+)[\"']");

    /**
     * A heading and its name in addresses.
     *
     * @param heading the node
     * @param title without markup
     * @param anchor what stands behind {@code #}
     */
    record Section(Heading heading, String title, String anchor) {}

    static Page parse(String path, String text) {
        Node document = Markdown.parse(text);
        List<Section> sections = new ArrayList<>();
        Set<String> taken = new HashSet<>();
        Markdown.walk(document, node -> {
            if (node instanceof Heading heading) {
                String title = Markdown.text(heading);
                String name = anchor(title);
                String anchor = name;
                for (int number = 1; !taken.add(anchor); number++) {
                    anchor = name + "-" + number;
                }
                sections.add(new Section(heading, title, anchor));
            }
        });
        return new Page(path, document, List.copyOf(sections));
    }

    /** GitHub's rule: in small letters, without punctuation but for hyphens and underscores, and with hyphens for spaces. */
    static String anchor(String title) {
        return title.toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{M}\\p{N}\\p{Pc} -]", "")
                .replace(' ', '-');
    }

    /** The first heading. */
    String title() {
        return sections.isEmpty() ? path : sections.get(0).title();
    }

    /** Everything that an address may point to within the page. */
    Set<String> anchors() {
        Set<String> anchors = new HashSet<>();
        sections.forEach(section -> anchors.add(section.anchor()));
        Markdown.walk(document, node -> {
            String html = node instanceof HtmlBlock block
                    ? block.getLiteral()
                    : node instanceof HtmlInline inline ? inline.getLiteral() : "";
            Matcher matcher = HTML_ANCHOR.matcher(html);
            while (matcher.find()) {
                anchors.add(matcher.group(1));
            }
        });
        return anchors;
    }
}
