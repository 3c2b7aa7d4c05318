package io.contrast4j.site;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/** What all pages of the site have in common. */
final class Layout {
    private static final int SECTIONS_WORTH_A_LIST = 3;

    private final Documentation documentation;
    private final Navigation navigation;
    private final boolean api;
    private final String template = resource("page.html");

    /** @param api whether the Javadoc is part of the site */
    Layout(Documentation documentation, Navigation navigation, boolean api) {
        this.documentation = documentation;
        this.navigation = navigation;
        this.api = api;
    }

    static String resource(String name) {
        try (InputStream stream = Objects.requireNonNull(Layout.class.getResourceAsStream("/site/" + name), name)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(name, e);
        }
    }

    /**
     * A whole page.
     *
     * @param file in the site
     * @param source what it was made of
     * @param sections its headings
     * @param body its content
     */
    String page(String file, String source, String title, List<Page.Section> sections, String body) {
        String root =
                "../".repeat((int) file.chars().filter(letter -> letter == '/').count());
        return template.replace("{{title}}", escaped(title.equals("contrast4j") ? title : title + " – contrast4j"))
                .replace("{{root}}", root)
                .replace("{{source}}", escaped(source))
                .replace("{{navigation}}", tree(file))
                .replace("{{contents}}", contents(sections))
                .replace("{{body}}", body);
    }

    private String tree(String file) {
        StringBuilder html = new StringBuilder();
        navigation.groups().forEach((group, pages) -> {
            html.append("<h2>").append(escaped(group)).append("</h2>\n<ul>\n");
            for (Page page : pages) {
                String target = Place.of(documentation.home(), page.path());
                String title = page.path().equals("README.md") ? "Overview" : page.title();
                link(html, Place.address(file, target), target.equals(file), title);
            }
            if (api && group.equals("Reference")) {
                link(html, Place.address(file, "api/index.html"), false, "Javadoc");
            }
            html.append("</ul>\n");
        });
        return html.toString();
    }

    private static void link(StringBuilder html, String address, boolean here, String title) {
        html.append("<li><a href=\"")
                .append(escaped(address))
                .append(here ? "\" aria-current=\"page\">" : "\">")
                .append(escaped(title))
                .append("</a></li>\n");
    }

    /** The headings of the second and third level, where there are enough of them. */
    private static String contents(List<Page.Section> sections) {
        List<Page.Section> listed = sections.stream()
                .filter(section -> List.of(2, 3).contains(section.heading().getLevel()))
                .toList();
        if (listed.size() < SECTIONS_WORTH_A_LIST) {
            return "";
        }
        StringBuilder html = new StringBuilder("<details class=\"contents\"><summary>On this page</summary>\n<ul>\n");
        for (Page.Section section : listed) {
            html.append("<li class=\"level-")
                    .append(section.heading().getLevel())
                    .append("\"><a href=\"#")
                    .append(escaped(section.anchor()))
                    .append("\">")
                    .append(escaped(section.title()))
                    .append("</a></li>\n");
        }
        return html.append("</ul>\n</details>").toString();
    }

    static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
