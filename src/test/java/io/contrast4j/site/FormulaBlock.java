package io.contrast4j.site;

import java.util.ArrayList;
import java.util.List;
import org.commonmark.node.Block;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.parser.SourceLine;
import org.commonmark.parser.block.AbstractBlockParser;
import org.commonmark.parser.block.AbstractBlockParserFactory;
import org.commonmark.parser.block.BlockContinue;
import org.commonmark.parser.block.BlockStart;
import org.commonmark.parser.block.MatchedBlockParser;
import org.commonmark.parser.block.ParserState;

/**
 * A formula between lines that begin and end with {@code $$}. It becomes what a fenced block of the language {@code math} is:
 * its underscores and asterisks are not markup.
 */
final class FormulaBlock extends AbstractBlockParser {
    private static final String MARK = "$$";

    private final FencedCodeBlock block = new FencedCodeBlock();
    private final List<String> lines = new ArrayList<>();
    private boolean complete;

    private FormulaBlock() {
        block.setInfo("math");
    }

    @Override
    public Block getBlock() {
        return block;
    }

    @Override
    public BlockContinue tryContinue(ParserState state) {
        return complete ? BlockContinue.none() : BlockContinue.atIndex(state.getIndex());
    }

    @Override
    public void addLine(SourceLine source) {
        String line = source.getContent().toString().strip();
        if (lines.isEmpty() && line.startsWith(MARK)) {
            line = line.substring(MARK.length());
        }
        if (line.endsWith(MARK)) {
            complete = true;
            line = line.substring(0, line.length() - MARK.length());
        }
        lines.add(line);
    }

    @Override
    public void closeBlock() {
        block.setLiteral(String.join("\n", lines).strip() + "\n");
    }

    /** Begins a formula where a line begins with two dollar signs. */
    static final class Factory extends AbstractBlockParserFactory {
        @Override
        public BlockStart tryStart(ParserState state, MatchedBlockParser matched) {
            String rest = state.getLine()
                    .getContent()
                    .subSequence(
                            state.getNextNonSpaceIndex(),
                            state.getLine().getContent().length())
                    .toString();
            return rest.startsWith(MARK) && state.getIndent() < 4
                    ? BlockStart.of(new FormulaBlock()).atIndex(state.getNextNonSpaceIndex())
                    : BlockStart.none();
        }
    }
}
