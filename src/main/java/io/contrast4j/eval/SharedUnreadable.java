package io.contrast4j.eval;

import io.contrast4j.data.BatchLoader;
import io.contrast4j.dist.Exchange;
import io.contrast4j.dist.Ranks;
import java.util.LinkedHashMap;
import java.util.Map;

/** Pictures that could not be read: each of several processes comes upon some of them. */
public final class SharedUnreadable {
    private SharedUnreadable() {}

    /** All ranks know what one of them could not read; all call it at the same time. */
    public static void among(Ranks ranks, BatchLoader pictures) {
        if (ranks.world().isAlone()) {
            return;
        }
        Map<Long, String> all = new LinkedHashMap<>();
        for (String lines : Exchange.texts(ranks, lines(pictures))) {
            lines.lines().map(line -> line.split("\t", 2)).forEach(line -> all.put(Long.valueOf(line[0]), line[1]));
        }
        pictures.restore(Map.of("corrupt", all), "another rank");
    }

    private static String lines(BatchLoader pictures) {
        StringBuilder lines = new StringBuilder();
        Map<?, ?> corrupt = (Map<?, ?>) pictures.state().get("corrupt");
        corrupt.forEach((index, name) -> lines.append(index)
                .append('\t')
                // A file's name may have several lines.
                .append(String.valueOf(name).replaceAll("\\R", " "))
                .append('\n'));
        return lines.toString();
    }
}
