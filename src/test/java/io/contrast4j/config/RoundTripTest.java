package io.contrast4j.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueFactory;
import io.contrast4j.config.Example.Adam;
import io.contrast4j.config.Example.Constant;
import io.contrast4j.config.Example.Cosine;
import io.contrast4j.config.Example.Crop;
import io.contrast4j.config.Example.Data;
import io.contrast4j.config.Example.Ema;
import io.contrast4j.config.Example.Flip;
import io.contrast4j.config.Example.Optimizer;
import io.contrast4j.config.Example.Precision;
import io.contrast4j.config.Example.Schedule;
import io.contrast4j.config.Example.Sgd;
import io.contrast4j.config.Example.SomeOf;
import io.contrast4j.config.Example.Train;
import io.contrast4j.config.Example.Transform;
import io.contrast4j.config.Example.View;
import io.contrast4j.spec.TypeName;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Whatever a record holds: written down, loaded, rendered and loaded again, it is the same. */
class RoundTripTest {
    private static Path folder;

    @BeforeContainer
    static void makeFolder() throws IOException {
        folder = Files.createTempDirectory("config");
    }

    @AfterContainer
    static void deleteFolder() throws IOException {
        Files.deleteIfExists(folder.resolve("x.conf"));
        Files.delete(folder);
    }

    @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
    void renderingBindsToTheSameRecord(@ForAll("examples") Example example) throws IOException {
        String json = ConfigValueFactory.fromAnyRef(plain(example)).render(ConfigRenderOptions.concise());
        ConfigFile loaded = load(json, Example.REFERENCE);
        assertThat(loaded.bind(Example.class)).isEqualTo(example);

        String rendered = loaded.render(Example.class);
        assertThat(load(rendered, "config/empty.conf").bind(Example.class)).isEqualTo(example);
        ConfigFile again = load(rendered, Example.REFERENCE);
        assertThat(again.bind(Example.class)).isEqualTo(example);
        assertThat(again.render(Example.class)).isEqualTo(rendered);
    }

    private static ConfigFile load(String text, String reference) throws IOException {
        return ConfigFile.load(Files.writeString(folder.resolve("x.conf"), text), List.of(), reference);
    }

    /** The record as maps, lists and plain values; independent of the code under test. */
    private static Object plain(Object value) {
        if (value instanceof List<?> list) {
            return list.stream().map(RoundTripTest::plain).toList();
        } else if (value instanceof Map<?, ?> map) {
            Map<String, Object> entries = new LinkedHashMap<>();
            entries.put("all", null); // the default entry goes, unless the record has one
            map.forEach((k, v) -> entries.put((String) k, plain(v)));
            return entries;
        } else if (value instanceof Record r) {
            Map<String, Object> entries = new LinkedHashMap<>();
            TypeName name = r.getClass().getAnnotation(TypeName.class);
            if (name != null) {
                entries.put("type", name.value());
            }
            for (RecordComponent c : r.getClass().getRecordComponents()) {
                String key = c.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
                entries.put(key, plain(component(r, c)));
            }
            return entries;
        } else if (value instanceof Optional<?> optional) {
            return optional.map(RoundTripTest::plain).orElse(null);
        } else if (value instanceof Enum<?> constant) {
            return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
        } else if (value instanceof Duration duration) {
            return duration.toMillis() + "ms";
        }
        return value instanceof Number || value instanceof Boolean ? value : value.toString();
    }

    private static Object component(Record r, RecordComponent c) {
        try {
            c.getAccessor().setAccessible(true);
            return c.getAccessor().invoke(r);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    @Provide
    Arbitrary<Example> examples() {
        return Combinators.combine(texts(), Arbitraries.integers(), data(), optimizers(), emas().optional(), trains())
                .as(Example::new);
    }

    private static Arbitrary<Data> data() {
        Arbitrary<View> views = Combinators.combine(
                        texts(), Arbitraries.integers().list().ofMaxSize(3))
                .as(View::new);
        Arbitrary<Map<String, Double>> weights =
                Arbitraries.maps(texts(), Arbitraries.doubles()).ofMaxSize(3);
        return Combinators.combine(
                        paths(), transforms(2).list().ofMaxSize(3), views.list().ofMaxSize(2), weights)
                .as(Data::new);
    }

    private static Arbitrary<Transform> transforms(int depth) {
        Arbitrary<Transform> crops = Combinators.combine(
                        Arbitraries.integers().between(1, 999),
                        Arbitraries.doubles().between(0, 0.5),
                        Arbitraries.doubles().between(0.5, 1))
                .as(Crop::new);
        Arbitrary<Transform> flips = shares().map(Flip::new);
        if (depth == 0) {
            return Arbitraries.oneOf(List.of(crops, flips));
        }
        Arbitrary<Transform> groups = Arbitraries.lazy(() -> transforms(depth - 1))
                .list()
                .ofMaxSize(2)
                .map(list -> new SomeOf(list.size(), list));
        return Arbitraries.oneOf(List.of(crops, flips, groups));
    }

    private static Arbitrary<Optimizer> optimizers() {
        Arbitrary<Schedule> schedules =
                Arbitraries.oneOf(List.of(Arbitraries.create(Constant::new), shares().map(Cosine::new)));
        Arbitrary<Double> rates = Arbitraries.doubles().between(1e-300, 1e300).ofScale(300);
        Arbitrary<Optimizer> sgds = Combinators.combine(rates, shares(), Arbitraries.of(true, false), schedules)
                .as(Sgd::new);
        Arbitrary<Optimizer> adams = Combinators.combine(
                        rates, Arbitraries.doubles().list().ofSize(2))
                .as(Adam::new);
        return Arbitraries.oneOf(List.of(sgds, adams));
    }

    private static Arbitrary<Ema> emas() {
        return Combinators.combine(Arbitraries.doubles(), Arbitraries.integers().optional())
                .as(Ema::new);
    }

    private static Arbitrary<Train> trains() {
        return Combinators.combine(
                        Arbitraries.integers().greaterOrEqual(1),
                        Arbitraries.longs(),
                        Arbitraries.longs()
                                .between(-1_000_000_000_000L, 1_000_000_000_000L)
                                .map(Duration::ofMillis),
                        Arbitraries.of(Precision.class),
                        Arbitraries.floats(),
                        paths().optional(),
                        Arbitraries.integers().list().ofMaxSize(3).list().ofMaxSize(3))
                .as(Train::new);
    }

    private static Arbitrary<Double> shares() {
        return Arbitraries.doubles().between(0, 1).ofScale(20);
    }

    /** Anything, and what HOCON might take for something else. */
    private static Arbitrary<String> texts() {
        Arbitrary<String> any = Arbitraries.strings()
                .withCharRange(' ', '\u02ff')
                .withChars("\n\t\"\\$#")
                .ofMaxLength(12);
        Arbitrary<String> tricky = Arbitraries.of(
                "",
                "null",
                "true",
                "false",
                "nullable",
                "truest",
                "yes",
                "on",
                "include",
                "include x",
                "1",
                "-1e5",
                "1.50",
                "007",
                "10s",
                "a/b",
                "a//b",
                "a.b",
                ".",
                "a b",
                " a ",
                "${x}",
                "#",
                "a=b",
                "a:b",
                "{}",
                "[1]",
                "+=",
                "type",
                "\"",
                "\\",
                "\u00e9",
                "\ud83d\ude00");
        return Arbitraries.oneOf(any, tricky);
    }

    private static Arbitrary<Path> paths() {
        return Arbitraries.of("a", "/data/images", "a b/c#d", "../x.conf", "1", "null", "-", "C:")
                .map(Path::of);
    }
}
