package io.contrast4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.contrast4j.golden.Goldens;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Scope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.opencv.opencv_core.Mat;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Cropping, resizing and mirroring against Pillow and torchvision: the same bytes. */
@Tag("golden")
class AugmentationGoldenTest {
    private static final Pattern RESIZE_AND_CROP = Pattern.compile("resize(\\d+)_centercrop(\\d+)");

    @TestFactory
    Stream<DynamicTest> everyOperation() {
        List<DynamicTest> tests = new ArrayList<>();
        Goldens.find("cmc", "augment/*.json").forEach(file -> {
            JsonObject json = Goldens.json(file);
            if (json.has("ops")) {
                for (JsonElement op : json.getAsJsonArray("ops")) {
                    tests.add(test(file.getParent(), json, op.getAsJsonObject()));
                }
            }
        });
        return tests.isEmpty()
                ? Stream.of(dynamicTest("operations", () -> Assumptions.abort("no operations in " + Goldens.root())))
                : tests.stream();
    }

    private static DynamicTest test(Path folder, JsonObject json, JsonObject op) {
        String name = op.get("op").getAsString();
        String expectedFile = op.get("file").getAsString();
        return dynamicTest(expectedFile, () -> {
            Transform transform = transform(name, op.getAsJsonObject("params"));
            String image = op.get("image").getAsString();
            JsonObject input = json.getAsJsonObject("images").getAsJsonObject(image);
            try (Scope scope = Scope.open()) {
                Mat rgb = read(folder, input);
                byte[] before = Mats.bytes(rgb);
                Mat actual = transform.apply(rgb, CounterRandom.of(0));
                JsonArray shape = op.getAsJsonArray("shape");
                assertThat(actual.rows()).isEqualTo(shape.get(0).getAsInt());
                assertThat(actual.cols()).isEqualTo(shape.get(1).getAsInt());
                assertThat(Mats.bytes(actual)).isEqualTo(Mats.bytes(read(folder, op)));
                assertThat(Mats.bytes(rgb)).as("the input is left alone").isEqualTo(before);
            }
        });
    }

    private static Transform transform(String name, JsonObject params) {
        Matcher resizeAndCrop = RESIZE_AND_CROP.matcher(name);
        if (resizeAndCrop.matches()) {
            return new Compose(
                    new Resize(Integer.parseInt(resizeAndCrop.group(1))),
                    new CenterCrop(Integer.parseInt(resizeAndCrop.group(2))));
        }
        return switch (name) {
            case "hflip" -> new HorizontalFlip(1);
            case "resized_crop" -> {
                Box box = new Box(
                        params.get("top").getAsInt(),
                        params.get("left").getAsInt(),
                        params.get("height").getAsInt(),
                        params.get("width").getAsInt());
                JsonArray out = params.getAsJsonArray("out");
                yield (rgb, rng) -> Resampling.resize(
                        rgb, box, out.get(0).getAsInt(), out.get(1).getAsInt());
            }
            default -> Assumptions.abort("there is no transform for " + name + " yet");
        };
    }

    private static Mat read(Path folder, JsonObject picture) throws IOException {
        Mat rgb = Decoder.read(folder.resolve(picture.get("file").getAsString()));
        long sum = 0;
        for (byte value : Mats.bytes(rgb)) {
            sum += value & 0xFF;
        }
        assertThat(sum).isEqualTo(picture.get("sum").getAsLong());
        return rgb;
    }
}
