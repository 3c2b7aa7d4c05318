package io.contrast4j.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** The harness itself: every other golden test fills networks by this rule. */
@Tag("golden")
class FillRuleGoldenTest {
    @TestFactory
    Stream<DynamicTest> fillVectors() {
        return Goldens.find("cmc", "fill_vectors*.json")
                .flatMap(file -> Goldens.stream(Goldens.json(file).getAsJsonArray("vectors")))
                .map(vector -> DynamicTest.dynamicTest(
                        vector.getAsJsonObject().get("key").getAsString(), () -> check(vector.getAsJsonObject())));
    }

    private static void check(JsonObject vector) {
        String salt = vector.get("salt").getAsString();
        String key = vector.get("key").getAsString();
        long crc = Fill.crc(salt + key);
        float[] values = new Fill(salt).values(key, Goldens.longs(vector.getAsJsonArray("shape")));
        long[] indices = Goldens.longs(vector.getAsJsonArray("indices"));

        assertThat(crc).isEqualTo(vector.get("crc32").getAsLong());
        assertThat(values).hasSize(vector.get("numel").getAsInt());
        for (int i = 0; i < indices.length; i++) {
            int at = (int) indices[i];
            assertThat(Fill.hash(crc, at))
                    .isEqualTo(vector.getAsJsonArray("x_uint32").get(i).getAsLong());
            assertThat(Fill.uniform(crc, at))
                    .isEqualTo(vector.getAsJsonArray("u_float64").get(i).getAsDouble());
            assertThat((double) values[at])
                    .isEqualTo(vector.getAsJsonArray("value_float32").get(i).getAsDouble());
        }
        double sum = 0;
        double absolute = 0;
        for (float value : values) {
            sum += value;
            absolute += Math.abs(value);
        }
        checkSum(vector, "sum_float64_of_float32", sum, absolute);
        checkSum(vector, "abs_sum", absolute, absolute);
    }

    /** A vector may come without sums. */
    private static void checkSum(JsonObject vector, String name, double sum, double scale) {
        if (vector.has(name)) {
            assertThat(sum).as(name).isCloseTo(vector.get(name).getAsDouble(), within(1e-12 * scale));
        }
    }
}
