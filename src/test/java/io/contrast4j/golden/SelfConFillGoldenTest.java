package io.contrast4j.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** The rule that fills SelfCon's networks. */
@Tag("golden")
class SelfConFillGoldenTest {
    @TestFactory
    Stream<DynamicTest> items() {
        return Goldens.find("selfcon", "fill*.json")
                .flatMap(file -> Goldens.stream(Goldens.json(file).getAsJsonArray("items")))
                .map(JsonElement::getAsJsonObject)
                .map(item -> DynamicTest.dynamicTest(item.get("key").getAsString(), () -> check(item)));
    }

    private static void check(JsonObject item) {
        String key = item.get("key").getAsString();
        float[] values = Fill.he("").values(key, Goldens.longs(item.getAsJsonArray("shape")));
        double[] all = new double[values.length];
        Arrays.setAll(all, i -> values[i]);
        double[] first = Goldens.doubles(item.getAsJsonArray("first8"));
        double[] last = Goldens.doubles(item.getAsJsonArray("last4"));
        double squares = Arrays.stream(all).map(v -> v * v).sum();
        assertThat(Fill.crc(key)).isEqualTo(item.get("crc32").getAsLong());
        assertThat(Arrays.copyOf(all, first.length)).isEqualTo(first);
        assertThat(Arrays.copyOfRange(all, all.length - last.length, all.length))
                .isEqualTo(last);
        assertThat(Arrays.stream(all).sum())
                .isCloseTo(item.get("sum").getAsDouble(), within(1e-12 * (1 + Math.abs(squares))));
        assertThat(squares).isCloseTo(item.get("sum_of_squares").getAsDouble(), within(1e-12 * (1 + squares)));
    }
}
