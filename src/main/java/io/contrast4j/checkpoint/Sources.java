package io.contrast4j.checkpoint;

import com.google.gson.Gson;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** All layouts that are known, from the resources {@code sources/NAME.json} in the order of {@code order.txt}. */
public final class Sources {
    private static final String FOLDER = "sources/";
    private static final List<Source> ALL = read();

    private Sources() {}

    /** In the order in which they are looked for. */
    public static List<Source> all() {
        return ALL;
    }

    /** One that is known. */
    static Source named(String name) {
        return ALL.stream()
                .filter(source -> source.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static List<Source> read() {
        try (BufferedReader order = new BufferedReader(resource("order.txt"))) {
            return order.lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(Sources::read)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Source read(String name) {
        try (Reader json = resource(name + ".json")) {
            return new Gson().fromJson(json, Written.class).source();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Reader resource(String name) {
        InputStream in = Objects.requireNonNull(Sources.class.getResourceAsStream(FOLDER + name), name);
        return new InputStreamReader(in, StandardCharsets.UTF_8);
    }

    /** The JSON. What is missing is null. */
    private record Written(
            String name,
            String about,
            @Nullable List<String> top,
            List<String> state,
            List<String> detect,
            @Nullable List<String> without,
            List<WrittenPart> parts,
            @Nullable List<String> optional,
            Source.@Nullable Queue queue,
            @Nullable WrittenOptimizer optimizer,
            String epoch) {
        Source source() {
            return new Source(
                    name,
                    about,
                    orEmpty(top),
                    state,
                    patterns(detect),
                    patterns(without),
                    parts.stream().map(WrittenPart::part).toList(),
                    patterns(optional),
                    Optional.ofNullable(queue),
                    Optional.ofNullable(optimizer).map(WrittenOptimizer::trained),
                    epoch);
        }
    }

    private record WrittenPart(
            String name,
            @Nullable List<String> at,
            String keys,
            @Nullable String prefix,
            @Nullable List<List<String>> rename,
            @Nullable List<List<String>> torchvision,
            @Nullable List<String> transposed) {
        Source.Part part() {
            return new Source.Part(
                    name,
                    Optional.ofNullable(at),
                    Pattern.compile(keys),
                    Objects.requireNonNullElse(prefix, ""),
                    rules(rename),
                    rules(torchvision),
                    orEmpty(transposed));
        }

        private static List<Source.Rule> rules(@Nullable List<List<String>> pairs) {
            return orEmpty(pairs).stream()
                    .map(pair -> new Source.Rule(Pattern.compile(pair.get(0)), pair.get(1)))
                    .toList();
        }
    }

    private record WrittenOptimizer(
            List<String> at, List<String> parts, @Nullable List<String> names) {
        Source.Trained trained() {
            return new Source.Trained(at, parts, orEmpty(names));
        }
    }

    private static <T> List<T> orEmpty(@Nullable List<T> list) {
        return list == null ? List.of() : list;
    }

    private static List<Pattern> patterns(@Nullable List<String> texts) {
        return orEmpty(texts).stream().map(Pattern::compile).toList();
    }
}
