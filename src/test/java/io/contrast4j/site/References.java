package io.contrast4j.site;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.commonmark.node.Code;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.HtmlBlock;
import org.commonmark.node.HtmlInline;
import org.commonmark.node.Image;
import org.commonmark.node.IndentedCodeBlock;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.node.Text;

/** What pages refer to: links, pictures, and files of the project that are named in their text. */
final class References {
    private static final Pattern HTML = Pattern.compile("(\\b(?:href|src|srcset)=[\"'])([^\"']*)([\"'])");
    /** A path that begins as those of the project do, up to what cannot be part of one. */
    private static final Pattern FILE = Pattern.compile(
            "(?<![\\w./:~$}…*-])(?:conf|docs|tools|examples|src|\\.ci|\\.mvn)/[^\\s`'\",;:()\\[\\]|#&]+");
    /** A name to be replaced, a pattern, or the beginning of something. */
    private static final Pattern PLACEHOLDER =
            Pattern.compile("[*…<>{}$=?\\\\^]|\\.\\.\\.|(?:^|/)[A-Z]+(?:/|\\.[a-z]+|$)");

    /** The language of blocks that say what a reader is to change, in files that may not be there yet. */
    private static final String CHANGE = "diff";

    private References() {}

    static Set<String> links(Page page) {
        Set<String> links = new LinkedHashSet<>();
        rewrite(page.document(), address -> {
            links.add(address);
            return address;
        });
        return links;
    }

    /** Replaces every address of a link or a picture by another. */
    static void rewrite(Node document, UnaryOperator<String> other) {
        Markdown.walk(document, node -> {
            if (node instanceof Link link) {
                link.setDestination(other.apply(link.getDestination()));
            } else if (node instanceof Image image) {
                image.setDestination(other.apply(image.getDestination()));
            } else if (node instanceof HtmlBlock block) {
                block.setLiteral(rewritten(block.getLiteral(), other));
            } else if (node instanceof HtmlInline inline) {
                inline.setLiteral(rewritten(inline.getLiteral(), other));
            }
        });
    }

    private static String rewritten(String html, UnaryOperator<String> other) {
        return HTML.matcher(html)
                .replaceAll(found ->
                        Matcher.quoteReplacement(found.group(1) + other.apply(found.group(2)) + found.group(3)));
    }

    /** The files that a page names without linking to them, in its text, its commands and between backticks. */
    static Set<String> files(Page page) {
        Set<String> files = new LinkedHashSet<>();
        Markdown.walk(page.document(), node -> {
            if (node instanceof Text text) {
                files.addAll(files(text.getLiteral()));
            } else if (node instanceof Code code) {
                files.addAll(files(code.getLiteral()));
            } else if (node instanceof FencedCodeBlock code && !code.getInfo().equals(CHANGE)) {
                files.addAll(files(code.getLiteral()));
            } else if (node instanceof IndentedCodeBlock code) {
                files.addAll(files(code.getLiteral()));
            }
        });
        return files;
    }

    static Set<String> files(String text) {
        Set<String> files = new LinkedHashSet<>();
        Matcher matcher = FILE.matcher(text);
        while (matcher.find()) {
            if (!PLACEHOLDER.matcher(matcher.group()).find()) {
                files.add(matcher.group().replaceAll("[./]+$", ""));
            }
        }
        return files;
    }
}
