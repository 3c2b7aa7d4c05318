package io.contrast4j.flags;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every option that was published ({@code published.json}) is mapped, and the pages in docs/flags are those of the map. */
class PublishedSourceTest {
    private static final Path PAGES = Path.of(System.getProperty("contrast4j.home", "."), "docs", "flags");

    @TestFactory
    Stream<DynamicTest> everyPublishedOptionIsMapped() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        try (Reader reader = new InputStreamReader(
                Objects.requireNonNull(getClass().getResourceAsStream("published.json")), StandardCharsets.UTF_8)) {
            JsonObject published = JsonParser.parseReader(reader).getAsJsonObject();
            published
                    .entrySet()
                    .forEach(source -> source.getValue()
                            .getAsJsonObject()
                            .entrySet()
                            .forEach(script -> tests.add(DynamicTest.dynamicTest(
                                    source.getKey() + "/" + script.getKey(),
                                    () -> assertMapped(
                                            source.getKey(),
                                            script.getKey(),
                                            script.getValue().getAsJsonArray())))));
        }
        assertThat(tests).hasSize(13);
        return tests.stream();
    }

    private static void assertMapped(String source, String name, JsonArray published) {
        Script script = PublishedSource.of(source).scripts().stream()
                .filter(one -> one.name().equals(name))
                .findFirst()
                .orElseThrow();
        for (JsonElement element : published) {
            JsonObject wanted = element.getAsJsonObject();
            List<String> names = wanted.getAsJsonArray("names").asList().stream()
                    .map(JsonElement::getAsString)
                    .toList();
            Option option = script.find(names.get(0)).orElseThrow(() -> new AssertionError(names + " is not mapped"));
            assertThat(option.names()).containsAll(names);
            assertThat(option.rules().isEmpty() && option.note().isBlank())
                    .as("neither a key nor a reason for " + names)
                    .isFalse();
            if (wanted.has("default")
                    && option.form() != Option.Form.SWITCH_ON
                    && option.form() != Option.Form.SWITCH_OFF) {
                JsonElement byDefault = wanted.get("default");
                String shown = byDefault.isJsonArray()
                        ? byDefault.getAsJsonArray().asList().stream()
                                .map(JsonElement::getAsString)
                                .collect(Collectors.joining(","))
                        : byDefault.isJsonNull() ? Option.NOTHING : byDefault.getAsString();
                assertThat(option.unset()).as("default of " + names).isEqualTo(shown);
            }
        }
    }

    @TestFactory
    Stream<DynamicTest> pagesAreUpToDate() {
        return PublishedSource.IDS.stream()
                .map(id -> DynamicTest.dynamicTest(id, () -> {
                    String page = FlagPage.markdown(PublishedSource.of(id));
                    Path file = PAGES.resolve(id + ".md");
                    if (Boolean.getBoolean("contrast4j.regenerate")) {
                        Files.createDirectories(PAGES);
                        Files.writeString(file, page);
                    }
                    assertThat(Files.exists(file) ? Files.readString(file) : "")
                            .as(file + " differs from the map; write it anew with"
                                    + " mvn test -Dtest=PublishedSourceTest -Dcontrast4j.regenerate=true")
                            .isEqualTo(page);
                }));
    }

    @Test
    void aCommandIsReadAsAShellReadsIt() {
        assertThat(PublishedCommand.words("A=1 python 'a b'.py \\\n --x=\"c \\\"d\\\"\" e\\ f  g"))
                .containsExactly("A=1", "python", "a b.py", "--x=c \"d\"", "e f", "g");
    }

    @Test
    void valuesComeInManyForms() {
        assertThat(new Rule(Map.of(), "$VALUE $TEXT $LIST $COUNT").with("1,2")).isEqualTo("1,2 \"1,2\" [1, 2] 2");
        assertThat(new Rule(Map.of(), "$EXITS").with("[False,True,True]")).isEqualTo("[2, 3]");
        assertThat(new Rule(Map.of(), "$LESS_ONE $CUBE").with("0.1")).isEqualTo("-0.9 0.001");
    }
}
