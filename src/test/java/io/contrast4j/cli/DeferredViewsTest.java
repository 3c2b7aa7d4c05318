package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.contrast4j.config.ConfigFile;
import io.contrast4j.data.Batch;
import io.contrast4j.data.BatchLoader;
import io.contrast4j.data.Batches;
import io.contrast4j.data.Batching;
import io.contrast4j.data.CropViews;
import io.contrast4j.data.Dataset;
import io.contrast4j.data.EpochOrder;
import io.contrast4j.data.MemoryFormat;
import io.contrast4j.data.OnCorrupt;
import io.contrast4j.data.PhotoCrops;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import io.contrast4j.tensor.TestDevice;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The published systems' views, made on a device, against those of the CPU: the same but for rounding. */
class DeferredViewsTest {
    private static final Path CONF = Path.of("conf/quickstart.conf");

    @TestFactory
    Stream<DynamicTest> recipesGiveTheSameViews() {
        return recipes(TestDevice::cpu);
    }

    @TestFactory
    @Tag("gpu")
    Stream<DynamicTest> recipesGiveTheSameViewsOnAGpu() {
        return recipes(TestDevice::cuda);
    }

    private static Stream<DynamicTest> recipes(Supplier<Device> device) {
        Stream<String> names =
                ConfigFactory.parseResources("reference.conf").resolve().getObject("recipes").keySet().stream();
        Stream<String> spaces = Stream.of("rgb", "lab", "ycbcr", "yuv", "xyz", "ydbdr", "ypbpr", "yiq", "rgbcie");
        return Stream.concat(
                        names.map(name -> "views=${recipes." + name + "} { crops = 2 }"),
                        spaces.map(
                                space -> "views=${recipes.cmc} { space = " + space + ", groups = [[0], [1], [2, 0]] }"))
                .sorted()
                .filter(views -> views(views).obstacle().isEmpty())
                .map(views -> DynamicTest.dynamicTest(
                        views, () -> assertSame(views(views), MemoryFormat.CONTIGUOUS, device.get())));
    }

    private static CropViews.Config views(String views) {
        return ConfigFile.load(CONF, List.of(views, "eval.views=[]"))
                .bind(RunConfig.class)
                .views();
    }

    @Test
    void viewsHaveTheFormatOfTheLoader() {
        assertSame(views("views=${recipes.moco-v2}"), MemoryFormat.CHANNELS_LAST, TestDevice.cpu());
    }

    private static void assertSame(CropViews.Config views, MemoryFormat format, Device device) {
        Dataset data = new PhotoCrops.Config(96, 1, 1, 0.3).openTrain();
        EpochOrder order = new EpochOrder.Shuffled(data.size(), 3);
        Batching batching = new Batching(5, Batching.Last.DROP);
        BatchLoader.Config loading = new BatchLoader.Config(2, 2, OnCorrupt.FAIL, format, true, true);
        BatchLoader onCpu = new BatchLoader(data, views.random(), order, batching, 9, loading);
        BatchLoader onDevice = new BatchLoader(data, views.deferred(), order, batching, 9, loading);
        try (Scope scope = Scope.open();
                Batches expected = onCpu.epoch(1);
                Batches actual = onDevice.epoch(1);
                Batch batch = expected.next();
                Batch deferred = actual.next()) {
            assertThat(Tensors.longs(deferred.indices())).isEqualTo(Tensors.longs(batch.indices()));
            assertThat(Tensors.longs(deferred.labels())).isEqualTo(Tensors.longs(batch.labels()));
            List<Tensor> made = deferred.views(device);
            assertThat(made).hasSameSizeAs(batch.views());
            for (int view = 0; view < made.size(); view++) {
                assertThat(made.get(view).stride(1))
                        .isEqualTo(batch.views().get(view).stride(1));
                assertClose(
                        Tensors.floats(made.get(view)),
                        Tensors.floats(batch.views().get(view)));
            }
        }
    }

    /** The bytes are the same; their colours are rounded elsewhere. */
    private static void assertClose(float[] actual, float[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        float largest = 0;
        for (int i = 0; i < actual.length; i++) {
            largest = Math.max(largest, Math.abs(actual[i] - expected[i]));
        }
        assertThat(largest).isLessThan(2e-5f);
    }

    @Test
    void whatOnlyTheCpuCanMakeIsRefused() {
        refused("views.space=hed", "cpu with views.space = hed");
        refused("mixture { type = global }", "cpu with mixture.type = global");
        refused(
                "views=${recipes.selfcon-imagenet} { transforms = ${recipes.selfcon-imagenet.transforms} [{ type = cutout }] }",
                "cpu with cutout in views.transforms after the crop");
    }

    private static void refused(String override, String reason) {
        assertThatThrownBy(() -> ConfigFile.load(CONF, List.of("augment-on=device", override, "eval.views=[]"))
                        .bind(RunConfig.class))
                .hasMessageContaining("augment-on = device must be " + reason + ", which only the CPU can make");
    }
}
