package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import java.io.StringReader;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EvalResultsTest {
    @Test
    void whatIsNoNumberIsNull() {
        String text = EvalResults.json(Map.of(
                "rows",
                List.of(Map.of("per_class", List.of(12.5, Double.NaN)), Map.of("top1", Double.NEGATIVE_INFINITY))));
        assertThat(text).doesNotContain("NaN", "Infinity");
        JsonReader strict = new JsonReader(new StringReader(text));
        strict.setStrictness(Strictness.STRICT);
        JsonObject read = JsonParser.parseReader(strict).getAsJsonObject();
        assertThat(read.toString()).isEqualTo("{\"rows\":[{\"per_class\":[12.5,null]},{\"top1\":null}]}");
    }
}
