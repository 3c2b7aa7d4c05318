package io.contrast4j.site;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import org.commonmark.node.Heading;
import org.commonmark.node.Node;

/**
 * What the search looks through: all sections of all pages, as a script that sets a variable, because a page that was opened
 * from a disk may load scripts, but no data.
 */
final class SearchIndex {
    private final Documentation documentation;
    private final JsonArray pages = new JsonArray();

    private SearchIndex(Documentation documentation) {
        this.documentation = documentation;
    }

    static String script(Documentation documentation, Navigation navigation) {
        SearchIndex index = new SearchIndex(documentation);
        navigation.groups().forEach((group, pages) -> pages.forEach(page -> index.add(group, page)));
        return "globalThis.contrast4jIndex = " + index.pages + ";\n";
    }

    /** Where the Javadoc is searched: since Java 19 it has a page for that, before each of its pages has a field. */
    static String javadoc(Path api) {
        String page = Files.isRegularFile(api.resolve("search.html")) ? "search.html?q=" : "index.html";
        return "globalThis.contrast4jApi = \"api/" + page + "\";\n";
    }

    private void add(String group, Page page) {
        JsonObject entry = new JsonObject();
        entry.addProperty("page", Place.of(documentation.home(), page.path()));
        entry.addProperty("title", page.title());
        entry.addProperty("group", group);
        JsonArray sections = new JsonArray();
        String anchor = "";
        String heading = page.title();
        StringBuilder text = new StringBuilder();
        for (Node node : Markdown.children(page.document())) {
            if (node instanceof Heading) {
                section(sections, anchor, heading, text);
                Page.Section section = page.sections().stream()
                        .filter(each -> each.heading() == node)
                        .findFirst()
                        .orElseThrow();
                anchor = section.anchor();
                heading = section.title();
                text.setLength(0);
            } else {
                text.append(Markdown.text(node)).append(' ');
            }
        }
        section(sections, anchor, heading, text);
        entry.add("sections", sections);
        pages.add(entry);
    }

    /** Before the first heading there is usually nothing. */
    private static void section(JsonArray sections, String anchor, String heading, StringBuilder text) {
        if (!anchor.isEmpty() || !text.isEmpty()) {
            JsonArray section = new JsonArray();
            section.add(anchor);
            section.add(heading);
            section.add(text.toString().strip());
            sections.add(section);
        }
    }
}
