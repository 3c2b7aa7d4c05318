package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.data.Fingerprint;
import io.contrast4j.dist.Alone;
import io.contrast4j.dist.ThreadRanks;
import io.contrast4j.spec.UserError;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SameDataTest {
    private static Map<String, Fingerprint> data(int train, String listing) {
        Map<String, Fingerprint> data = new LinkedHashMap<>();
        data.put("train", new Fingerprint(train, 10, "ab"));
        data.put("test", new Fingerprint(20, 10, listing));
        return data;
    }

    private static String said(Map<String, Fingerprint> first, Map<String, Fingerprint> last) {
        List<String> all = ThreadRanks.run(3, ranks -> {
            try {
                SameData.require(ranks, ranks.world().rank() == 2 ? last : first);
                return "nothing";
            } catch (UserError refused) {
                return refused.getMessage();
            }
        });
        assertThat(all).as("all ranks say the same").containsOnly(all.get(0));
        return all.get(0);
    }

    @Test
    void ranksWithOtherPicturesAreNamedByAll() {
        SameData.require(new Alone(), data(100, "cd"));
        assertThat(said(data(100, "cd"), data(100, "cd"))).isEqualTo("nothing");
        assertThat(said(data(100, "cd"), data(99, "cd")))
                .startsWith("Rank 2 has other train pictures than rank 0 (99 there, 100 at rank 0");
        assertThat(said(data(100, "cd"), data(100, "ce")))
                .startsWith("Rank 2 has other test pictures than rank 0 (20 there, 20 at rank 0");
    }
}
