package io.contrast4j.site;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Follows what the pages refer to, without a network: files, anchors and pictures must be there, and an address on the
 * internet must only be one. Files named in the text are looked for too, and pages named in sources and configurations.
 */
final class LinkCheck {
    /** Where comments and messages name pages. */
    private static final List<String> SOURCES = List.of("conf", "src/main", "src/assembly", "examples", "tools", ".ci");

    private static final Set<String> TEXT =
            Set.of(".java", ".conf", ".html", ".js", ".json", ".properties", ".sh", ".py", "");
    private static final Pattern LINES = Pattern.compile("L[0-9]+(-L[0-9]+)?");
    /** A page that is named in a text. */
    static final Pattern PAGE = Pattern.compile("(?<![\\w/.-])(docs/[\\w/-]+\\.md)(?:#([\\w-]+))?");

    private final Documentation documentation;
    private final List<String> problems = new ArrayList<>();

    private LinkCheck(Documentation documentation) {
        this.documentation = documentation;
    }

    /** One sentence for everything that leads nowhere. */
    static List<String> problems(Documentation documentation) throws IOException {
        LinkCheck check = new LinkCheck(documentation);
        for (Page page : documentation.pages().values()) {
            for (String address : References.links(page)) {
                check.link(page, address);
            }
            for (String file : References.files(page)) {
                if (!Files.exists(documentation.home().resolve(file))) {
                    check.report(page.path(), "names " + file + ", which does not exist");
                }
            }
        }
        for (String folder : SOURCES) {
            check.sources(folder);
        }
        return List.copyOf(check.problems);
    }

    private void report(String file, String problem) {
        problems.add(file + " " + problem + ".");
    }

    private void link(Page page, String address) {
        Target target = Target.of(page.path(), address);
        if (target.external()) {
            external(page, address);
            return;
        }
        Path file = documentation.home().resolve(target.path());
        if (address.isBlank() || address.startsWith("/")) {
            report(page.path(), "has the link '" + address + "', which must be relative to the page");
        } else if (target.path().equals("..")) {
            report(page.path(), "links to " + address + ", which is outside of the project");
        } else if (!Files.exists(file)) {
            report(page.path(), "links to " + address + ", which does not exist");
        } else if (!target.anchor().isEmpty()) {
            anchor(page.path(), target);
        }
    }

    private void external(Page page, String address) {
        try {
            URI uri = new URI(address);
            String scheme = Optional.ofNullable(uri.getScheme()).orElse("");
            boolean web = Set.of("http", "https").contains(scheme) && uri.getHost() != null;
            if (!web && !scheme.equals("mailto")) {
                report(page.path(), "links to " + address + ", which is no address of http, https or mailto");
            }
        } catch (URISyntaxException e) {
            report(page.path(), "links to " + address + ", which is no address: " + e.getReason());
        }
    }

    private void anchor(String from, Target target) {
        Optional<Page> page = Optional.ofNullable(documentation.pages().get(target.path()));
        boolean there = page.isPresent()
                ? page.get().anchors().contains(target.anchor())
                : LINES.matcher(target.anchor()).matches();
        if (!there) {
            report(from, "links to " + target.path() + "#" + target.anchor() + ", where nothing has this anchor");
        }
    }

    private void sources(String folder) throws IOException {
        Path root = documentation.home().resolve(folder);
        if (!Files.isDirectory(root)) {
            return;
        }
        try (Stream<Path> files = Files.walk(root)) {
            files.filter(file -> Files.isRegularFile(file) && TEXT.contains(ending(file)))
                    .sorted()
                    .forEach(this::source);
        }
    }

    private static String ending(Path file) {
        String name = file.getFileName().toString();
        return name.contains(".") ? name.substring(name.lastIndexOf('.')) : "";
    }

    private void source(Path file) {
        String name = Documentation.relative(documentation.home(), file);
        try {
            Matcher matcher = PAGE.matcher(Files.readString(file));
            while (matcher.find()) {
                String anchor = Optional.ofNullable(matcher.group(2)).orElse("");
                Target target = new Target(matcher.group(), false, matcher.group(1), anchor);
                if (!documentation.pages().containsKey(target.path())) {
                    report(name, "names " + target.path() + ", which does not exist");
                } else if (!anchor.isEmpty()) {
                    anchor(name, target);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }
}
