package io.contrast4j.site;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.commonmark.Extension;
import org.commonmark.ext.gfm.tables.TableCell;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.node.Block;
import org.commonmark.node.Code;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.HardLineBreak;
import org.commonmark.node.IndentedCodeBlock;
import org.commonmark.node.Node;
import org.commonmark.node.SoftLineBreak;
import org.commonmark.node.Text;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.HtmlRenderer;

/** The Markdown of the documentation, as GitHub shows it: CommonMark with tables and formulas. */
final class Markdown {
    private static final List<Extension> EXTENSIONS = List.of(TablesExtension.create());
    private static final Parser PARSER = Parser.builder()
            .extensions(EXTENSIONS)
            .customBlockParserFactory(new FormulaBlock.Factory())
            .build();
    private static final HtmlRenderer RENDERER = HtmlRenderer.builder()
            .extensions(EXTENSIONS)
            .attributeProviderFactory(context -> Markdown::addAttributes)
            .build();
    /** What is not broken into lines, such as the name of an option. */
    private static final Pattern WORD = Pattern.compile("\\S{1,24}");
    /** Letters of a cell from which on it is given a width. */
    private static final int LONG = 60;

    private Markdown() {}

    static Node parse(String text) {
        return PARSER.parse(text);
    }

    static String html(Node node) {
        return RENDERER.render(node);
    }

    /** A node and all below it, in the order of the page. */
    static void walk(Node node, Consumer<Node> visit) {
        visit.accept(node);
        for (Node child : children(node)) {
            walk(child, visit);
        }
    }

    /** The children as they are now: the tree may be changed while they are gone through. */
    static List<Node> children(Node node) {
        List<Node> children = new ArrayList<>();
        for (Node child = node.getFirstChild(); child != null; child = child.getNext()) {
            children.add(child);
        }
        return children;
    }

    private static void addAttributes(Node node, String tag, Map<String, String> attributes) {
        if (node instanceof TableCell cell && !cell.isHeader()) {
            if (text(cell).length() >= LONG) {
                attributes.put("class", "long");
            }
            label(cell).filter(label -> !label.isEmpty()).ifPresent(label -> attributes.put("data-label", label));
        } else if (node instanceof Code code && WORD.matcher(code.getLiteral()).matches()) {
            attributes.put("class", "word");
        }
    }

    /** The head of its column, which a narrow screen shows beside the cell. */
    private static Optional<String> label(TableCell cell) {
        int column = children(cell.getParent()).indexOf(cell);
        List<Node> heads = children(
                cell.getParent().getParent().getParent().getFirstChild().getFirstChild());
        return column < heads.size() ? Optional.of(text(heads.get(column))) : Optional.empty();
    }

    /** What a reader reads of it, without markup; blocks and cells are set apart by a space. */
    static String text(Node node) {
        StringBuilder text = new StringBuilder();
        walk(node, part -> {
            if (part instanceof Text letters) {
                text.append(letters.getLiteral());
            } else if (part instanceof Code code) {
                text.append(code.getLiteral());
            } else if (part instanceof FencedCodeBlock code) {
                text.append(' ').append(code.getLiteral());
            } else if (part instanceof IndentedCodeBlock code) {
                text.append(' ').append(code.getLiteral());
            } else if (part instanceof SoftLineBreak
                    || part instanceof HardLineBreak
                    || part instanceof TableCell
                    || part instanceof Block) {
                text.append(' ');
            }
        });
        return text.toString().strip().replaceAll("\\s+", " ");
    }
}
