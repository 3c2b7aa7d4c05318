package io.contrast4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.contrast4j.checkpoint.SafeTensors;
import io.contrast4j.golden.Fill;
import io.contrast4j.golden.Goldens;
import io.contrast4j.image.Box;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Mixtures against the published implementation, with its random choices in its order. */
@Tag("golden")
class MixtureGoldenTest {
    @TestFactory
    Stream<DynamicTest> mixtures() {
        return Goldens.find("cmc", "im/im*.json").flatMap(file -> {
            JsonObject golden = Goldens.json(file);
            return Goldens.stream(golden.getAsJsonArray("cases"))
                    .map(JsonElement::getAsJsonObject)
                    .map(one -> DynamicTest.dynamicTest(one.get("name").getAsString(), () -> check(file, golden, one)));
        });
    }

    private static void check(Path file, JsonObject golden, JsonObject one) {
        int[] shape = Goldens.stream(golden.getAsJsonArray("shape"))
                .mapToInt(JsonElement::getAsInt)
                .toArray();
        Fill fill = new Fill(golden.get("salt").getAsString());
        List<String> names = Goldens.stream(golden.getAsJsonArray("image_fill_names"))
                .map(JsonElement::getAsString)
                .toList();
        IntFunction<float[]> image = i -> fill.values(names.get(i), shape[0], shape[1], shape[2]);
        Recorded chance = new Recorded(one.getAsJsonArray("requests"));
        Mixture mixture = mixture(one.getAsJsonArray("wrappers_inner_first"), Math.min(shape[1], shape[2]));
        try (Scope scope = Scope.open()) {
            // Each channel is a view of its own: whatever is done must be done to all views alike.
            List<Mat> views = planes(image.apply(one.get("item").getAsInt()), shape);
            mixture.mix(views, c -> planes(image.apply(c.partner(names.size())), shape), chance);
            float[] mixed = values(views, shape);
            float[] expected = Tensors.floats(SafeTensors.read(Goldens.sibling(file, ".safetensors"))
                    .get(one.get("name").getAsString()));
            assertThat(mixed).containsExactly(expected, within(1e-6f));
            assertThat(chance.requests).as("requests that were not made").isEmpty();
        }
    }

    private static Mixture mixture(JsonArray wrappers, int side) {
        List<Mixture> inner = Goldens.stream(wrappers)
                .map(JsonElement::getAsJsonObject)
                .map(w -> wrapper(w, side))
                .toList();
        return inner.size() == 1
                ? inner.get(0)
                : new Mixture.Both((Mixture.Global) inner.get(0), (Mixture.Region) inner.get(1));
    }

    private static Mixture wrapper(JsonObject wrapper, int side) {
        double probability = wrapper.get("prob").getAsDouble();
        String kind = wrapper.get("kind").getAsString();
        return switch (kind) {
            case "global" ->
                new Mixture.Global(
                        wrapper.get("alpha").getAsDouble(), wrapper.get("num").getAsInt(), probability);
            case "region" ->
                new Mixture.Region(
                        wrapper.get("beta").getAsDouble(),
                        wrapper.get("num").getAsInt(),
                        probability,
                        wrapper.get("decay").getAsDouble());
            case "cutout" ->
                new Mixture.Cutout(
                        wrapper.get("size").getAsDouble() / side,
                        probability,
                        wrapper.get("inside").getAsBoolean(),
                        wrapper.get("colour").getAsDouble());
            case "erasing" ->
                new Mixture.RandomErasing(
                        probability,
                        wrapper.getAsJsonArray("area_range").get(0).getAsDouble(),
                        wrapper.getAsJsonArray("area_range").get(1).getAsDouble(),
                        wrapper.get("min_aspect").getAsDouble(),
                        wrapper.get("max_attempt").getAsInt());
            default -> throw new AssertionError("a mixture of kind " + kind);
        };
    }

    @TestFactory
    Stream<DynamicTest> boxes() {
        return Goldens.find("cmc", "im/boxes*.json")
                .map(file -> DynamicTest.dynamicTest(
                        file.getFileName().toString(),
                        () -> Goldens.stream(Goldens.json(file).getAsJsonArray("rows"))
                                .map(JsonElement::getAsJsonObject)
                                .forEach(MixtureGoldenTest::checkBox)));
    }

    private static void checkBox(JsonObject row) {
        int top = row.get("row_lo").getAsInt();
        int left = row.get("col_lo").getAsInt();
        Box expected = new Box(
                top, left, row.get("row_hi").getAsInt() - top, row.get("col_hi").getAsInt() - left);
        assertThat(Mixture.Region.box(
                        row.get("height").getAsInt(),
                        row.get("width").getAsInt(),
                        row.get("lam").getAsDouble(),
                        row.get("row_centre").getAsInt(),
                        row.get("col_centre").getAsInt()))
                .as("%s", row)
                .isEqualTo(expected);
    }

    private static List<Mat> planes(float[] values, int[] shape) {
        int plane = shape[1] * shape[2];
        return IntStream.range(0, shape[0])
                .mapToObj(channel -> {
                    Mat view = new Mat(shape[1], shape[2], opencv_core.CV_32FC1);
                    new FloatPointer(view.data()).put(values, channel * plane, plane);
                    return view;
                })
                .toList();
    }

    private static float[] values(List<Mat> views, int[] shape) {
        int plane = shape[1] * shape[2];
        float[] values = new float[shape[0] * plane];
        for (int channel = 0; channel < shape[0]; channel++) {
            new FloatPointer(views.get(channel).data()).get(values, channel * plane, plane);
        }
        return values;
    }

    /** What the published implementation drew. */
    private static final class Recorded implements Chance {
        private final Deque<JsonObject> requests = new ArrayDeque<>();

        Recorded(JsonArray requests) {
            Goldens.stream(requests).map(JsonElement::getAsJsonObject).forEach(this.requests::add);
        }

        private double next(String call, double... arguments) {
            JsonObject request = requests.remove();
            assertThat(request.get("call").getAsString()).isEqualTo(call);
            double[] recorded = Goldens.doubles(request.getAsJsonArray("args"));
            List<Double> asked = new ArrayList<>();
            // Of an integer below n only n is recorded where it starts at 0.
            int skipped = arguments.length - recorded.length;
            assertThat(IntStream.range(0, skipped)
                            .mapToDouble(i -> arguments[i])
                            .sum())
                    .isZero();
            for (int i = skipped; i < arguments.length; i++) {
                asked.add(arguments[i]);
            }
            for (int i = 0; i < recorded.length; i++) {
                assertThat(asked.get(i)).as("%s of %s", i, request).isCloseTo(recorded[i], within(1e-12));
            }
            return request.get("value").getAsDouble();
        }

        @Override
        public double unit() {
            return next("uniform01");
        }

        @Override
        public double uniform(double low, double high) {
            return next("uniform", low, high);
        }

        @Override
        public int integer(int low, int high) {
            return (int) next("integer", low, high);
        }

        @Override
        public double beta(double alpha) {
            return next("beta", alpha, alpha);
        }

        @Override
        public int partner(int samples) {
            return (int) next("partner", samples);
        }
    }
}
