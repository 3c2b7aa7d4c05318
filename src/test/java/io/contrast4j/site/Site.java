package io.contrast4j.site;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.commonmark.ext.gfm.tables.TableBlock;
import org.commonmark.node.HtmlBlock;
import org.commonmark.node.HtmlInline;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.node.Text;

/**
 * The documentation as a static site: plain files that work from a disk as well as from a server, and load nothing from
 * elsewhere. Sources that pages link to become pages too.
 */
final class Site {
    private final Documentation documentation;
    private final Path folder;
    private final Layout layout;
    private final Set<String> done = new HashSet<>();
    private final Deque<String> waiting = new ArrayDeque<>();

    private Site(Documentation documentation, Path folder, Layout layout) {
        this.documentation = documentation;
        this.folder = folder;
        this.layout = layout;
    }

    /**
     * Writes it, over what is there. The trees of the pages become those of the site: read the documentation anew for
     * anything else.
     *
     * @param api the folder of the Javadoc
     */
    static void write(Documentation documentation, Path folder, Optional<Path> api) throws IOException {
        Navigation navigation = Navigation.of(documentation);
        Site site = new Site(documentation, folder, new Layout(documentation, navigation, api.isPresent()));
        site.put(
                "index.js",
                SearchIndex.script(documentation, navigation)
                        + api.map(SearchIndex::javadoc).orElse(""));
        for (String name : List.of("site.css", "site.js", "search.js")) {
            site.put(name, Layout.resource(name));
        }
        for (Page page : documentation.pages().values()) {
            site.page(page);
        }
        while (!site.waiting.isEmpty()) {
            site.source(site.waiting.remove());
        }
        if (api.isPresent()) {
            copy(api.get(), folder.resolve("api"));
        }
    }

    private void put(String file, String text) throws IOException {
        Path path = folder.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private void page(Page page) throws IOException {
        String file = Place.of(documentation.home(), page.path());
        References.rewrite(page.document(), address -> address(page, file, address));
        for (Page.Section section : page.sections()) {
            section.heading()
                    .prependChild(inline("<a class=\"anchor\" id=\"" + Layout.escaped(section.anchor()) + "\" href=\"#"
                            + Layout.escaped(section.anchor()) + "\" aria-label=\"Link to this section\"></a>"));
        }
        Markdown.walk(page.document(), node -> {
            if (node instanceof Text text) {
                linkPages(file, text);
            } else if (node instanceof TableBlock) {
                node.insertBefore(block("<div class=\"table\" tabindex=\"0\">"));
                node.insertAfter(block("</div>"));
            }
        });
        put(file, layout.page(file, page.path(), page.title(), page.sections(), Markdown.html(page.document())));
    }

    /** A page that is only named, as comments of configurations do, becomes a link to it. */
    private void linkPages(String file, Text text) {
        if (text.getParent() instanceof Link) {
            return;
        }
        String letters = text.getLiteral();
        int end = 0;
        Matcher matcher = LinkCheck.PAGE.matcher(letters);
        while (matcher.find()) {
            Target target = Target.of("README.md", matcher.group());
            if (isPage(target.path())) {
                text.insertBefore(new Text(letters.substring(end, matcher.start())));
                String anchor = target.anchor().isEmpty() ? "" : "#" + target.anchor();
                Link link = new Link(Place.address(file, Place.of(documentation.home(), target.path())) + anchor, null);
                link.appendChild(new Text(matcher.group()));
                text.insertBefore(link);
                end = matcher.end();
            }
        }
        text.setLiteral(letters.substring(end));
    }

    private static Node inline(String html) {
        HtmlInline node = new HtmlInline();
        node.setLiteral(html);
        return node;
    }

    private static Node block(String html) {
        HtmlBlock node = new HtmlBlock();
        node.setLiteral(html);
        return node;
    }

    /** What a link of a page is in the site; what it leads to will be part of it. */
    private String address(Page page, String file, String address) {
        Target target = Target.of(page.path(), address);
        if (target.external()) {
            return address;
        }
        String anchor = target.anchor().isEmpty() ? "" : "#" + target.anchor();
        if (target.path().equals(page.path())) {
            return anchor.isEmpty() ? Place.address(file, file) : anchor;
        }
        waiting.add(target.path());
        return Place.address(file, Place.of(documentation.home(), target.path())) + anchor;
    }

    private boolean isPage(String path) {
        return documentation.pages().containsKey(path);
    }

    /** A picture, a text or a folder. */
    private void source(String path) throws IOException {
        Path file = documentation.home().resolve(path);
        String readme = path.isEmpty() ? "README.md" : path + "/README.md";
        if (isPage(path) || isPage(readme) || !Files.exists(file) || !done.add(path)) {
            return;
        }
        if (Files.isDirectory(file)) {
            folder(path);
        } else if (Place.isPicture(path)) {
            Path copy = folder.resolve(path);
            Files.createDirectories(copy.getParent());
            Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
        } else {
            text(path, Files.readString(file));
        }
    }

    private void text(String path, String text) throws IOException {
        StringBuilder html = new StringBuilder("<h1 class=\"path\">")
                .append(Layout.escaped(path))
                .append("</h1>\n<pre class=\"source\"><code>");
        int number = 0;
        for (String line : text.lines().toList()) {
            number++;
            html.append("<span id=\"L")
                    .append(number)
                    .append("\">")
                    .append(Layout.escaped(line))
                    .append("\n</span>");
        }
        String file = Place.of(documentation.home(), path);
        put(
                file,
                layout.page(
                        file,
                        path,
                        path,
                        List.of(),
                        html.append("</code></pre>\n").toString()));
    }

    /** A list of the files in it, each with its first line where that is a comment. */
    private void folder(String path) throws IOException {
        String file = Place.of(documentation.home(), path);
        StringBuilder html = new StringBuilder("<h1 class=\"path\">")
                .append(Layout.escaped(path))
                .append("/</h1>\n<div class=\"table\" tabindex=\"0\"><table>\n");
        for (Path entry : entries(documentation.home().resolve(path))) {
            String name = Documentation.relative(documentation.home(), entry);
            waiting.add(name);
            html.append("<tr><td><a href=\"")
                    .append(Layout.escaped(Place.address(file, Place.of(documentation.home(), name))))
                    .append("\"><code>")
                    .append(Layout.escaped(entry.getFileName().toString()))
                    .append(Files.isDirectory(entry) ? "/" : "")
                    .append("</code></a></td><td>")
                    .append(Layout.escaped(firstComment(entry)))
                    .append("</td></tr>\n");
        }
        put(
                file,
                layout.page(
                        file,
                        path,
                        path + "/",
                        List.of(),
                        html.append("</table></div>\n").toString()));
    }

    private SortedSet<Path> entries(Path parent) throws IOException {
        try (Stream<Path> entries = Files.list(parent)) {
            return entries.filter(entry -> !entry.getFileName().toString().startsWith("."))
                    .filter(entry -> !entry.toString().endsWith(".md")
                            || isPage(Documentation.relative(documentation.home(), entry)))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static String firstComment(Path file) throws IOException {
        if (!Files.isRegularFile(file) || Place.isPicture(file.toString())) {
            return "";
        }
        try (Stream<String> lines = Files.lines(file)) {
            return lines.findFirst()
                    .filter(line -> line.startsWith("# "))
                    .map(line -> line.substring(2))
                    .orElse("");
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    /** {@code HOME FOLDER [JAVADOC]}, as {@code tools/site} calls it. */
    public static void main(String[] args) throws IOException {
        Optional<Path> api =
                args.length > 2 ? Optional.of(Path.of(args[2])).filter(Files::isDirectory) : Optional.empty();
        write(Documentation.read(Path.of(args[0]).toAbsolutePath().normalize()), Path.of(args[1]), api);
    }
}
