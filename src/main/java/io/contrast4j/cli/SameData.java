package io.contrast4j.cli;

import io.contrast4j.data.Fingerprint;
import io.contrast4j.dist.Exchange;
import io.contrast4j.dist.Ranks;
import io.contrast4j.spec.UserError;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** All processes that share a run have the same pictures: with other numbers of them, they would wait for each other in vain. */
final class SameData {
    private SameData() {}

    /**
     * @param data fingerprints of the parts of the data, as this process sees them
     * @throws UserError on all ranks if one has others than rank 0
     */
    static void require(Ranks ranks, Map<String, Fingerprint> data) {
        if (ranks.world().isAlone()) {
            return;
        }
        List<List<String>> all = Exchange.texts(ranks, text(data)).stream()
                .map(text -> List.of(text.split("\n")))
                .toList();
        List<String> parts = new ArrayList<>(data.keySet());
        for (int rank = 1; rank < all.size(); rank++) {
            for (int part = 0; part < parts.size(); part++) {
                String first = all.get(0).get(part);
                String other = all.get(rank).get(part);
                if (!other.equals(first)) {
                    throw new UserError(
                            UserError.FAILED,
                            "Rank " + rank + " has other " + parts.get(part) + " pictures than rank 0 ("
                                    + count(other) + " there, " + count(first)
                                    + " at rank 0, with other names, labels or sizes of files); give all ranks the same data.");
                }
            }
        }
    }

    private static String text(Map<String, Fingerprint> data) {
        StringBuilder text = new StringBuilder();
        data.values()
                .forEach(print -> text.append(print.pictures())
                        .append(' ')
                        .append(print.classes())
                        .append(' ')
                        .append(print.listing())
                        .append('\n'));
        return text.toString();
    }

    private static String count(String line) {
        return line.substring(0, line.indexOf(' '));
    }
}
