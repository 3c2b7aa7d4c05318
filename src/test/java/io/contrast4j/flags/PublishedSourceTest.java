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
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every option that was published ({@code published.json}: those of programs, and ring's JSON files whole) is mapped, once and as
 * it was; nothing else is, but what only a documentation names ({@code documented.json}); and the pages in docs/flags are those of
 * the map.
 */
class PublishedSourceTest {
    private static final Path PAGES = Path.of(System.getProperty("contrast4j.home", "."), "docs", "flags");
    private static final String RING_FILES = "ring/config files";
    private static final String PRETRAININGS = "pretrain/";

    private static JsonObject resource(String name) throws IOException {
        try (Reader reader = new InputStreamReader(
                Objects.requireNonNull(PublishedSourceTest.class.getResourceAsStream(name)), StandardCharsets.UTF_8)) {
            return JsonParser.parseReader(reader).getAsJsonObject();
        }
    }

    /** The programs with their options; a key of ring's files is an option of the program that reads it. */
    private static Map<String, List<JsonObject>> published() throws IOException {
        Map<String, List<JsonObject>> scripts = new TreeMap<>();
        for (Map.Entry<String, JsonElement> script : resource("published.json").entrySet()) {
            if (!script.getKey().equals(RING_FILES)) {
                script.getValue()
                        .getAsJsonArray()
                        .forEach(option -> scripts.computeIfAbsent(script.getKey(), key -> new ArrayList<>())
                                .add(option.getAsJsonObject()));
            }
        }
        ringFiles().forEach((file, keys) -> {
            String script = file.startsWith(PRETRAININGS) ? "ring/run.py" : "ring/" + file;
            List<JsonObject> options = scripts.computeIfAbsent(script, key -> new ArrayList<>());
            for (String key : leaves("", keys).toList()) {
                JsonObject option = new JsonObject();
                JsonArray names = new JsonArray();
                names.add(key);
                option.add("names", names);
                if (!options.contains(option)) {
                    options.add(option);
                }
            }
        });
        return scripts;
    }

    private static Map<String, JsonObject> ringFiles() throws IOException {
        Map<String, JsonObject> files = new TreeMap<>();
        resource("published.json")
                .getAsJsonObject(RING_FILES)
                .entrySet()
                .forEach(file -> files.put(file.getKey(), file.getValue().getAsJsonObject()));
        return files;
    }

    private static Stream<String> leaves(String prefix, JsonObject object) {
        return object.entrySet().stream()
                .flatMap(entry -> entry.getValue() instanceof JsonObject inner
                        ? leaves(prefix + entry.getKey() + ".", inner)
                        : Stream.of(prefix + entry.getKey()));
    }

    private static PublishedSource source(String path) {
        return PublishedSource.of(path.substring(0, path.indexOf('/')).replace('_', '-'));
    }

    private static Script script(String path) {
        String name = path.substring(path.indexOf('/') + 1);
        List<Script> named = source(path).scripts().stream()
                .filter(one -> one.name().equals(name))
                .toList();
        assertThat(named).as(path).hasSize(1);
        return named.get(0);
    }

    private static List<String> names(JsonObject option) {
        return option.getAsJsonArray("names").asList().stream()
                .map(JsonElement::getAsString)
                .toList();
    }

    @TestFactory
    Stream<DynamicTest> everyPublishedOptionIsMappedOnce() throws IOException {
        JsonObject documented = resource("documented.json");
        List<DynamicTest> tests = new ArrayList<>();
        published()
                .forEach((path, options) -> tests.add(DynamicTest.dynamicTest(path, () -> {
                    Script script = script(path);
                    String page = FlagPage.markdown(source(path));
                    for (JsonObject wanted : options) {
                        assertMapped(script, wanted);
                        assertThat(rows(page, script.name(), names(wanted).get(0)))
                                .as("rows of " + names(wanted) + " on the page")
                                .isEqualTo(1);
                    }
                    List<String> known = options.stream()
                            .flatMap(option -> names(option).stream())
                            .collect(Collectors.toCollection(ArrayList::new));
                    if (documented.has(path)) {
                        documented.getAsJsonArray(path).forEach(name -> known.add(name.getAsString()));
                    }
                    assertThat(script.options().stream().flatMap(option -> option.names().stream()))
                            .as("names, each once, and no others")
                            .containsExactlyInAnyOrderElementsOf(known);
                })));
        assertThat(tests).hasSize(14);
        return tests.stream();
    }

    private static void assertMapped(Script script, JsonObject wanted) {
        List<String> names = names(wanted);
        Option option = script.find(names.get(0)).orElseThrow(() -> new AssertionError(names + " is not mapped"));
        assertThat(option.names()).containsExactlyInAnyOrderElementsOf(names);
        assertThat(option.rules().isEmpty() && option.note().isBlank())
                .as("neither a key nor a reason for " + names)
                .isFalse();
        assertThat(option.form()).as("form of " + names).isEqualTo(form(wanted));
        if (wanted.has("type")) {
            assertThat(option.type()).as("type of " + names).isEqualTo(text(wanted.get("type")));
        }
        if (wanted.has("choices") && wanted.get("choices").isJsonArray()) {
            assertThat(option.choices())
                    .as("choices of " + names)
                    .containsAll(wanted.getAsJsonArray("choices").asList().stream()
                            .map(JsonElement::getAsString)
                            .toList());
        }
        if (wanted.has("default")) {
            assertThat(option.unset()).as("default of " + names).isEqualTo(text(wanted.get("default")));
        }
    }

    private static Option.Form form(JsonObject wanted) {
        if (wanted.has("action")) {
            return text(wanted.get("action")).equals("store_true") ? Option.Form.SWITCH_ON : Option.Form.SWITCH_OFF;
        }
        return wanted.has("nargs") ? Option.Form.VALUES : Option.Form.VALUE;
    }

    private static String text(JsonElement value) {
        return value.isJsonArray()
                ? value.getAsJsonArray().asList().stream()
                        .map(JsonElement::getAsString)
                        .collect(Collectors.joining(","))
                : value.isJsonNull() ? Option.NOTHING : value.getAsString();
    }

    /** In the table of a program, those whose first cell has a name. */
    private static long rows(String page, String script, String name) {
        return page.lines()
                .dropWhile(line -> !line.equals("## " + script))
                .skip(1)
                .takeWhile(line -> !line.startsWith("## "))
                .filter(line -> line.startsWith("| ") && line.split(" \\| ")[0].contains("`" + name + "`"))
                .count();
    }

    /** What other tests import are the published files. */
    @Test
    void filesOfRingAreThePublishedOnes() throws IOException {
        Map<String, JsonObject> files = ringFiles();
        assertThat(files).hasSize(5);
        for (Map.Entry<String, JsonObject> file : files.entrySet()) {
            String name = file.getKey().substring(file.getKey().lastIndexOf('/') + 1);
            assertThat(resource("ring/" + name)).as(name).isEqualTo(file.getValue());
        }
    }

    /** MoCo's programs were not published; what differs from align-uniform's versions of them is marked. */
    @ParameterizedTest
    @ValueSource(strings = {"main_moco.py", "main_lincls.py"})
    void whatIsKnownOfMocoInGeneralIsMarked(String program) throws IOException {
        List<JsonObject> versions = published().getOrDefault("align_uniform/" + program, List.of());
        for (Option option : script("moco/" + program).options()) {
            boolean isPublished = versions.stream()
                    .filter(version -> names(version).contains(option.name()))
                    .anyMatch(version -> !version.has("default")
                            || text(version.get("default")).equals(option.unset()));
            boolean isOfShell = option.name().equals(PublishedCommand.GPUS);
            assertThat(option.note().startsWith("General knowledge"))
                    .as(option.names() + " is marked")
                    .isEqualTo(!isPublished && !isOfShell);
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
